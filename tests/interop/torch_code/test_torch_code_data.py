"""The docstring says how raw data become the inputs: done by hand as it says, the predictions are nnctl's."""

import ast
import json
import re
import runpy

import numpy as np
import pytest

import nnctl
from nnctl.interop.torch_code import export

torch = pytest.importorskip("torch")

ROWS = """size,color,floor,rooms,price
50,red,1,2,100.5
70,blue,2,3,140.25
,green,1,2,120.0
65,red,3,4,150.0
80,blue,2,3,175.5
55,red,1,1,90.0
62,green,4,2,133.0
58,red,2,2,101.0
49,blue,1,1,88.0
77,red,3,4,160.0
"""


def exported(folder, config):
    """(run, what the file defines, its docstring in one line)."""
    run = nnctl.train(config | {"epochs": 1, "optimizer": "sgd"}, folder=folder / "run")
    export(run, folder / "net.py")
    text = (folder / "net.py").read_text(encoding="utf-8")
    return run, runpy.run_path(str(folder / "net.py")), " ".join(ast.get_docstring(ast.parse(text)).split())


def predicted(names, *inputs):
    with torch.no_grad():
        return names["load"]()(*(torch.from_numpy(np.asarray(x)) for x in inputs)).numpy()


def test_a_table(tmp_path):
    (tmp_path / "rows.csv").write_text(ROWS, encoding="utf-8")
    run, names, words = exported(tmp_path, {
        "dataset": {"path": str(tmp_path / "rows.csv"), "target": "price", "missing": {"size": "median"},
                    "normalize": {"size": "standard", "price": "standard", "floor": "none", "rooms": "none"}},
        "layers": [{"Dense": {"units": 1}}], "loss": "mse",
    })  # fmt: skip
    assert "x (rows, 6): the columns size: " in words
    shift, scale, fill = re.search(r"size: \(value - (\S+)\) / (\S+); a missing value is (\S+)", words).groups()
    [colors] = re.findall(r'color: 3 numbers, 1 for the category and 0 for the others, of ("[^f]*") floor', words)
    assert "floor and rooms, unchanged" in words
    slope, base = re.search(r"price\. In the units of the data it is (\S+) \* output \+ (\S+)\.", words + " ").groups()
    x = []
    for line in ROWS.splitlines()[1:]:
        size, color, floor, rooms, _ = line.split(",")
        onehot = [float(color == each) for each in json.loads(f"[{colors}]")]
        x.append([(float(size or fill) - float(shift)) / float(scale), *onehot, float(floor), float(rooms)])
    found = float(slope) * predicted(names, np.array(x, np.float32))[:, 0] + float(base)
    np.testing.assert_allclose(found, run.predict(str(tmp_path / "rows.csv")), rtol=1e-5)


def test_texts(tmp_path):
    run, names, words = exported(tmp_path, {
        "dataset": {"name": "reviews", "text": {"column": "review"}}, "loss": "binary_crossentropy",
        "layers": [{"Embedding": {"input_dim": 200, "output_dim": 4, "mask_zero": True}}, {"GRU": {"units": 3}},
                   {"Dense": {"units": 1, "activation": "sigmoid"}}],
    })  # fmt: skip
    assert "They count from 2 in the order of WORDS; 1 is any other, and 0 fills up short texts" in words
    assert "the probability of CLASSES[1]" in words
    known = names["WORDS"].split()
    ids = [known.index(word) + 2 if word in known else 1 for word in ["the", "film", "was", "unheardof"]]
    length = int(re.search(r"x \(rows, (\d+)\)", words)[1])
    found = predicted(names, np.array([ids + [0] * (length - len(ids))]))
    expected = run.predict_proba({"review": ["The film was unheardof!"]})
    assert names["CLASSES"] == run.classes
    np.testing.assert_allclose(found[0, 0], expected[0, 1], rtol=1e-5)


def test_sequences_with_lengths(tmp_path):
    run, names, words = exported(tmp_path, {
        "dataset": {"name": "japanese_vowels", "normalize": "standard"}, "loss": "sparse_categorical_crossentropy",
        "layers": [{"LSTM": {"units": 4}}, {"Dense": {"units": 9, "activation": "softmax"}}],
    })  # fmt: skip
    shift, scale = (np.array(json.loads(each), np.float32)
                    for each in re.search(r"shift (\[.*?\]) and scale (\[.*?\])", words).groups())  # fmt: skip
    assert "lengths (rows,): how many steps of each row are real; the others are padding." in words
    raw = np.random.default_rng(0).normal(size=(3, 29, 12)).astype(np.float32)
    lengths = np.array([29, 3, 10])
    x = (raw - shift) / scale
    padded = np.arange(29) >= lengths[:, None]
    raw[padded] = x[padded] = 0
    expected = run.predict_proba({"x": raw, "lengths": lengths})
    np.testing.assert_allclose(predicted(names, x, lengths), expected, atol=1e-5)
