"""docs/coming_from_keras.md: the Keras code runs, and its models have the YAML's parameters and output shapes."""

import re

import pytest
from docs.blocks import ROOT, blocks
from docs.prepared import prepare
from docs.yaml_blocks import build, text_of
from interop.keras.real_keras import keras

from nnctl import config

PAGE = ROOT / "docs" / "coming_from_keras.md"
# in the table of optimizers: | name | `optimizer: ...` | `keras.optimizers...` |
OPTIMIZERS = re.findall(r"^\| ([\w ]+) \| `(optimizer: .*)` \| `(keras\.optimizers\..*)` \|$",
                        PAGE.read_text(encoding="utf-8"), re.M)  # fmt: skip


def known(shape, like):
    """A shape without the sizes that are not known in the other one: in Keras, of sequences of any length."""
    return tuple(None if other is None else size for size, other in zip(shape, like, strict=True))


def test_each_model_is_that_of_the_yaml_above_it(tmp_path, monkeypatch):
    pytest.importorskip("pandas")
    monkeypatch.chdir(tmp_path)
    prepare(PAGE, "coming_from_keras.md")
    program, compared, text = {}, 0, None
    for block in blocks(PAGE, "yaml", "python"):
        if block.language == "yaml":
            text = text_of(block)
            continue
        exec(compile(block.text, block.id, "exec"), program)
        if re.search(r"^model = keras\.(Sequential|Model)\(", block.text, re.M):
            model = program["model"]
            shapes = [tuple(output.shape[1:]) for output in model.outputs]
            parameters, outputs = build(text, block.id)
            assert model.count_params() == parameters, block.id
            assert [known(shape, other) for shape, other in zip(outputs.values(), shapes, strict=True)] == shapes
            compared += 1
    assert compared == 11


@pytest.mark.parametrize(("name", "line", "code"), OPTIMIZERS, ids=[name for name, *_ in OPTIMIZERS])
def test_an_optimizer_is_that_of_the_line(name, line, code):
    [written] = re.findall(r"{(\w+):", line)[:1]
    ours = config.loads(f"dataset: iris\nlayers: [Dense: {{units: 1}}]\nloss: mse\n{line}\n").optimizer
    optimizer = eval(code, {"keras": keras})
    theirs = optimizer.get_config()
    assert type(optimizer).__name__.lower() == {"momentum": "sgd", "nag": "sgd"}.get(written, written)
    assert theirs.get("nesterov", False) == (name == "NAG")
    for argument in ("learning_rate", "momentum", "rho", "beta_1", "beta_2", "epsilon"):
        if hasattr(ours, argument) and argument in theirs:
            assert getattr(ours, argument) == pytest.approx(theirs[argument]), argument


def test_the_table_has_all_optimizers_of_a_first_course():
    assert len(OPTIMIZERS) == 8
