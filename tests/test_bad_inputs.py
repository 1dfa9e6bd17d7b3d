"""Everything a user can get wrong gets one message with the place and the mend, exit code 2, and no traceback."""

import io
import pickle
import re
import zipfile

import numpy as np
import pytest
from click.testing import CliRunner

from nnctl import cli

GOOD = """dataset: iris
layers:
  - Dense: {units: 8, activation: relu}
  - Dense: {units: 3, activation: softmax}
loss: sparse_categorical_crossentropy
optimizer: adam
epochs: 2
"""


def swap(old, new):
    assert old in GOOD
    return GOOD.replace(old, new)


def with_data(dataset, head="Dense: {units: 1}", loss="mse"):
    return f"dataset: {dataset}\nlayers:\n  - {head}\nloss: {loss}\noptimizer: sgd\nepochs: 1\n"


ALIAS_BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join(['*' + chr(97 + i)] * 10)}]\n" for i in range(9)
)
DIGITS = "Dense: {units: 2, activation: softmax}"
SPARSE = "sparse_categorical_crossentropy"

# id: (config, what the message must hold: the place first, then the mistake and the mend)
CONFIGS = {
    # names
    "key": (swap("epochs: 2", "epoch: 2"), [":7:1", "epoch", "epochs"]),
    "dataset name": (swap("iris", "irirs"), ["irirs", "did you mean iris"]),
    "layer": (swap("- Dense: {units: 8", "- Dens: {units: 8"), [":3:", "Dens", "did you mean Dense"]),
    "argument": (swap("units: 8", "unit: 8"), [":3:", "unit", "units"]),
    "layer inside": (swap("Dense: {units: 8,", "TimeDistributed: {Dense: {units: 8}}\n  - Dense: {units: 8,"),
                     [":3:", "write layer: {Dense: ...}"]),
    "activation": (swap("relu", "rely"), [":3:", "rely", "relu"]),
    "loss": (swap("sparse_categorical_crossentropy", "sparse_crossentropy"),
             [":5:", "sparse_crossentropy", "did you mean"]),
    "optimizer": (swap("adam", "adamm"), [":6:", "adamm", "did you mean adam"]),
    "optimizer argument": (swap("optimizer: adam", "optimizer: {adam: {lr: 0.1}}"), [":6:", "lr", "learning_rate"]),
    "metric": (GOOD + "metrics: [acuracy]\n", [":8:", "acuracy", "accuracy"]),
    "callback": (GOOD + "callbacks: [EarlyStoping]\n", [":8:", "EarlyStoping", "EarlyStopping"]),
    "initializer": (swap("activation: relu", "kernel_initializer: he_norml"), [":3:", "he_norml", "he_normal"]),
    "initializer of a bias": (swap("activation: relu", "bias_initializer: orthogonal"),
                              [":3:", "'dense'", "bias", "matrices"]),
    "regularizer": (swap("activation: relu", "kernel_regularizer: l3"), [":3:", "l3"]),
    "dataset key": (swap("dataset: iris", "dataset: {name: iris, targt: species}"), [":1:", "targt", "target"]),
    "split key": (swap("dataset: iris", "dataset: {name: iris, split: {tests: 0.2}}"), [":1:", "tests", "test"]),
    "monitor": (GOOD + "callbacks: [{EarlyStopping: {monitor: val_los}}]\n", ["val_los", "val_loss"]),
    # ranges
    "no units": (swap("units: 8", "units: 0"), [":3:", "units", "at least 1", "0"]),
    "negative units": (swap("units: 8", "units: -4"), [":3:", "at least 1", "-4"]),
    "no epochs": (swap("epochs: 2", "epochs: 0"), [":7:", "at least 1"]),
    "no batch": (GOOD + "batch_size: 0\n", [":8:", "batch_size"]),
    "rate of 1": (swap("- Dense: {units: 8, activation: relu}", "- Dropout: {rate: 1.0}"), [":3:", "rate", "below 1"]),
    "negative learning rate": (swap("optimizer: adam", "optimizer: {adam: {learning_rate: -0.1}}"),
                               [":6:", "learning_rate"]),
    "beta of 1": (swap("optimizer: adam", "optimizer: {adam: {beta_1: 1.0}}"), [":6:", "beta_1", "below 1"]),
    "nan": (swap("optimizer: adam", "optimizer: {adam: {learning_rate: .nan}}"), [":6:", "learning_rate"]),
    "infinite": (swap("optimizer: adam", "optimizer: {adam: {learning_rate: .inf}}"), [":6:", "learning_rate"]),
    "split of 1": (swap("dataset: iris", "dataset: {name: iris, split: {test: 1.0}}"), [":1:", "test", "below 1"]),
    "nothing left": (swap("dataset: iris", "dataset: {name: iris, split: {test: 0.6, validation: 0.4}}"),
                     ["0.6", "train"]),
    # types
    "words for a number": (swap("units: 8", "units: sixteen"), [":3:", "whole number", "sixteen"]),
    "text for a number": (swap("units: 8", 'units: "8"'), [":3:", "whole number"]),
    "a fraction": (swap("units: 8", "units: 8.5"), [":3:", "whole number", "8.5"]),
    "true": (swap("units: 8", "units: true"), [":3:", "whole number"]),
    "a list": (swap("units: 8", "units: [8]"), [":3:", "whole number"]),
    "layers as text": (swap(GOOD[GOOD.index("layers"):GOOD.index("loss")], "layers: Dense\n"), [":2:", "layers"]),
    "no list of layers": (swap(GOOD[GOOD.index("layers"):GOOD.index("loss")], "layers: []\n"), [":2:", "layers"]),
    "units left out": (swap("units: 8, ", ""), [":3:", "units"]),
    "a list for a config": ("- dataset\n- layers\n", [":1:"]),
    # what is not there
    "no layers": ("dataset: iris\nloss: mse\n", ["layers"]),
    "no loss": (swap("loss: sparse_categorical_crossentropy\n", ""), ["loss"]),
    "no dataset": (swap("dataset: iris\n", ""), ["dataset"]),
    # the graph
    "unknown source": (swap("units: 3,", "units: 3, from: dens,"), [":4:", "dens", "dense"]),
    "twice one name": (GOOD.replace("activation:", "name: a, activation:"), [":4:", "a"]),
    "a cycle": (swap("units: 8,", "units: 8, name: a, from: b,").replace("units: 3,", "units: 3, name: b, from: a,"),
                ["b"]),
    "unused": (swap("units: 3,", "units: 3, from: input,"), [":3:", "dense"]),
    "two into one": (swap("units: 3,", "units: 3, from: [input, dense],"), [":4:", "Concatenate"]),
    "add of two sizes": (swap("loss:", "  - Add: {from: [dense, dense_1]}\nloss:"), [":5:", "(None, 8)", "(None, 3)"]),
    "reshape": (swap("loss:", "  - Reshape: {target_shape: [2, 2]}\nloss:"), [":5:", "3 values"]),
    "unknown output": (GOOD + "outputs: [kind]\n", [":8:", "kind"]),
    # loss, activation, labels
    "classes at every step": (with_data("japanese_vowels",
                                        "LSTM: {units: 9, activation: softmax, return_sequences: true}", SPARSE),
                              [":3:", "(None, 29, 9)", "29 places", "one class number for", "return_sequences"]),
    "classes at every pixel": (with_data("digits_images", "Dense: {units: 10, activation: softmax}", SPARSE),
                               [":3:", "(None, 8, 8, 10)", "64 places", "one class number for", "Flatten"]),
    "softmax over 1": (swap("units: 3", "units: 1"), [":4:", "softmax", "sigmoid"]),
    "units for classes": (swap("units: 3", "units: 4"), [":4:", "3 classes", "units: 3"]),
    "tanh for sparse": (swap("softmax", "tanh"), [":4:", "softmax"]),
    "no softmax": (swap(", activation: softmax", ""), [":4:", "from_logits"]),
    "softmax twice": (swap("loss: sparse_categorical_crossentropy",
                           "loss: {sparse_categorical_crossentropy: {from_logits: true}}"), [":4:", "from_logits"]),
    "binary for three": (swap("units: 3, activation: softmax", "units: 1, activation: sigmoid")
                         .replace(SPARSE, "binary_crossentropy"), ["3", SPARSE]),
    "text for mse": (with_data("iris"), ["species", "text", SPARSE]),
    "accuracy of numbers": (with_data("diabetes") + "metrics: [accuracy]\n", ["accuracy"]),
    "continuous for classes": (with_data("diabetes", DIGITS, SPARSE), ["progression", "loss: mse"]),
    "class weight": (GOOD + "class_weight: {rose: 2}\n", [":8:", "rose", "setosa"]),
    # YAML
    "key twice": (GOOD + "epochs: 3\n", [":8:1", "epochs"]),
    "tab": (swap("  - Dense: {units: 8", "\t- Dense: {units: 8"), [":3:", "tab"]),
    "open bracket": (swap("units: 8, activation: relu}", "units: 8, activation: relu"), [":"]),
    "two documents": (GOOD + "---\n" + GOOD, [":8:"]),
    "empty": ("", ["empty"]),
    "comments only": ("# nothing\n", ["empty"]),
    "alias bomb": (ALIAS_BOMB, ["alias"]),
    "deep": ("layers: " + "[" * 10_000 + "]" * 10_000, ["deep"]),
    "a python object": ("dataset: !!python/object/apply:os.system [echo]\n", [":1:"]),
}  # fmt: skip


def complained(result, *words):
    """Exit code 2, no traceback, one message that holds every word."""
    assert result.exit_code == 2, result.output
    assert "Traceback" not in result.output and "bug in nnctl" not in result.stderr
    text = re.sub(r"\s+", " ", result.stderr)
    for word in words:
        assert word in text, f"{word!r} is not in: {text}"
    assert len(re.findall(r"^\s*error", result.stderr, re.M)) == 1, result.stderr


def nnctl(*arguments):
    return CliRunner().invoke(cli.program, [str(a) for a in arguments])


@pytest.mark.parametrize("name", CONFIGS)
def test_bad_config(name, tmp_path):
    text, words = CONFIGS[name]
    path = tmp_path / "bad.yaml"
    path.write_text(text, encoding="utf-8")
    complained(nnctl("train", path, "--run", tmp_path / "run"), *words)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"\x00\x01\x02\xff\xfe", ["bad.yaml"]), (b"caf\xe9: 1\n", ["UTF-8"]), (b"a" * 5_000_000, ["4 MiB"])],
)
def test_config_that_is_no_text(content, words, tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_bytes(content)
    complained(nnctl("train", path), *words)


def test_config_that_is_not_there(tmp_path):
    (tmp_path / "mine.yaml").write_text(GOOD, encoding="utf-8")
    complained(nnctl("train", tmp_path / "mien.yaml"), "mien.yaml")
    complained(nnctl("train", tmp_path), str(tmp_path))
    complained(nnctl("train", "irsi"), "iris")
    (tmp_path / "rows.json").write_text('[{"a": 1}]', encoding="utf-8")
    complained(nnctl("train", tmp_path / "rows.json"), f"nnctl init --from {tmp_path / 'rows.json'}")


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("epochs", ["epochs", "="]),
        ("epohcs=3", ["--set", "epohcs", "epochs"]),
        ("layers.7.Dense.units=3", ["--set", "7"]),
        ("layers.0.Dense.units=x", ["--set", "whole number"]),
        ("optimizer.adam.learning_rate=-1", ["--set", "learning_rate"]),
        ("epochs=[1", ["--set"]),
    ],
)
def test_bad_setting(setting, words, tmp_path):
    path = tmp_path / "good.yaml"
    path.write_text(GOOD, encoding="utf-8")
    complained(nnctl("train", path, "--run", tmp_path / "run", "--set", setting), *words)


def test_every_problem_of_a_file_is_said_at_once(tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text(
        GOOD.replace("units: 8", "units: 0").replace("adam", "adamm").replace("epochs", "epoch"), encoding="utf-8"
    )
    result = nnctl("train", path)
    assert result.exit_code == 2
    for place in (":3:", ":6:", ":7:"):
        assert f"bad.yaml{place}" in re.sub(r"\s+", "", result.stderr)


def npz(**arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


class Evil:
    def __reduce__(self):
        return print, ("unpickled",)


def pickled_npz():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        array = io.BytesIO()
        np.lib.format.write_array_header_1_0(array, {"descr": "|O", "fortran_order": False, "shape": (1,)})
        array.write(pickle.dumps(Evil()))
        archive.writestr("x.npy", array.getvalue())
    return file.getvalue()


ROWS = "".join(f"{i},{i % 3},{i * 0.5}\n" for i in range(30))
X = np.random.default_rng(0).normal(size=(30, 4))
WORDS = "Embedding: {input_dim: 55, output_dim: 2}\n  - Flatten\n  - Dense: {units: 1}"

# id: (file name, content, dataset's further keys, last layer, loss, what the message must hold)
DATA = {
    "empty csv": ("d.csv", b"", "target: y", None, "mse", ["d.csv"]),
    "header only": ("d.csv", b"a,b,y\n", "target: y", None, "mse", ["d.csv", "no rows"]),
    "ragged": ("d.csv", f"a,b,y\n{ROWS}1,2\n{ROWS}", "target: y", None, "mse", ["d.csv", "32"]),
    "no such column": ("d.csv", f"a,b,y\n{ROWS}", "target: z", None, "mse", ["z", "a, b"]),
    "no such feature": ("d.csv", f"a,b,y\n{ROWS}", "target: y, features: [a, c]", None, "mse", ["c"]),
    "missing value": ("d.csv", f"a,b,y\n{ROWS}1,,2\n", "target: y", None, "mse", ['"b"', "31", "missing"]),
    "missing target": ("d.csv", f"a,b,y\n{ROWS}1,2,\n", "target: y", None, "mse", ['"y"', "drop"]),
    "infinite": ("d.csv", f"a,b,y\n{ROWS}1,inf,2\n", "target: y", None, "mse", ['"b"', "31"]),
    "nul bytes": ("d.csv", b"a,b,y\n1,\x00,3\n", "target: y", None, "mse", ["NUL"]),
    "too few rows": ("d.csv", "a,b,y\n1,2,3\n2,3,4\n", "target: y", None, "mse", ["2 rows"]),
    "one class": ("d.csv", "a,y\n" + "1,k\n" * 20, "target: y", DIGITS, SPARSE, ["one value"]),
    "broken parquet": ("d.parquet", b"PAR1 no PAR1", "target: y", None, "mse", ["d.parquet"]),
    "broken json": ("d.json", b"{[", "target: y", None, "mse", ["d.json"]),
    "broken npz": ("d.npz", b"PK\x03\x04 broken", "", None, "mse", ["d.npz"]),
    "pickled npz": ("d.npz", pickled_npz(), "", None, "mse", ["objects"]),
    "no x": ("d.npz", npz(a=X, y=X[:, 0]), "", None, "mse", ["x"]),
    "rows differ": ("d.npz", npz(x=X, y=X[:9, 0]), "", None, "mse", ["30", "9"]),
    "nan in x": ("d.npz", npz(x=np.where(X > 2, np.nan, X), y=X[:, 0]), "", None, "mse", ["NaN"]),
    "negative label": ("d.npz", npz(x=X, y=np.arange(30) % 3 - 1), "", "Dense: {units: 3, activation: softmax}",
                       SPARSE, ["0 or more"]),
    "fractional label": ("d.npz", npz(x=X, y=X[:, 0]), "", DIGITS, SPARSE, ["whole"]),
    "one-hot for integer": ("d.npz", npz(x=X, y=np.eye(3)[np.arange(30) % 3]), "",
                            "Dense: {units: 3, activation: softmax}", SPARSE, ["categorical_crossentropy"]),
    "integer for one-hot": ("d.npz", npz(x=X, y=np.arange(30) % 3), "", "Dense: {units: 3, activation: softmax}",
                            "categorical_crossentropy", [SPARSE]),
    "target of another shape": ("d.npz", npz(x=X, y=X[:, :3]), "", None, "mse", ["units: 3"]),
    "word beyond": ("d.npz", npz(x=np.arange(60).reshape(30, 2) % 57, y=X[:, 0]), "", WORDS, "mse",
                    ["row ", "'embedding'", "0 to 54", "input_dim: 57"]),
    "half a word": ("d.npz", npz(x=np.full((30, 2), 0.5), y=X[:, 0]), "normalize: none", WORDS, "mse",
                    ["0.5 is not one", "whole numbers"]),
    "bad query": ("d.csv", f"a,b,y\n{ROWS}", "target: y, query: selec * from data", None, "mse", ["query"]),
}  # fmt: skip


@pytest.mark.parametrize("name", DATA)
def test_bad_data(name, tmp_path, capfd):
    file, content, keys, head, loss, words = DATA[name]
    path = tmp_path / file
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    dataset = "{" + ", ".join([f"path: {path}", *([keys] if keys else [])]) + "}"
    config = tmp_path / "config.yaml"
    config.write_text(with_data(dataset, head or "Dense: {units: 1}", loss), encoding="utf-8")
    complained(nnctl("train", config, "--run", tmp_path / "run"), *words)
    assert "unpickled" not in capfd.readouterr().out


def test_data_that_are_not_there(tmp_path):
    (tmp_path / "prices.csv").write_text("a,y\n1,2\n", encoding="utf-8")
    config = tmp_path / "price.yaml"  # no suggestion, though it has the very name
    for path, word in ((tmp_path / "price.csv", "prices.csv"), (tmp_path / "*.tsv", "tsv"), (tmp_path, str(tmp_path))):
        config.write_text(with_data(f"{{path: '{path}', target: y}}"), encoding="utf-8")
        complained(nnctl("train", config), word)
