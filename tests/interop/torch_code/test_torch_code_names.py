"""Names that Python or PyTorch would not take; models of other packages' components; float64."""

import json
import runpy

import numpy as np
import pytest
import torch_code_cases as tc

from nnctl import config
from nnctl.errors import InputError
from nnctl.interop.torch_code.builder import Builder
from nnctl.interop.torch_code.data import Described
from nnctl.interop.torch_code.file import file_of
from nnctl.interop.torch_code.module_names import ATTRIBUTES
from nnctl.interop.torch_code.python_text import class_name, fitted, literal, quoted
from nnctl.nn.activations import Activation
from nnctl.nn.layers import Layer, layers
from nnctl.nn.losses.base import ElementwiseLoss
from nnctl.training.model import Model, load_data

torch = pytest.importorskip("torch")

STRANGE = ["train", "half", "2nd", "class", "x", "y", "F", "nn", "self", "visible", "lengths", "a-b", "a_b", "größe",
           "forward", "real_steps", "_hidden", "__init__", "rnn", "rnn_forward", "weight", "print"]  # fmt: skip


def test_layers_may_have_any_names(tmp_path):
    entries = [{"Dense": {"units": 3, "name": name, "activation": "tanh", **({"from": "in put"} if not number else {})}}
               for number, name in enumerate(STRANGE) if name != "rnn"]  # fmt: skip
    entries += [{"Reshape": {"target_shape": [3, 1]}},
                {"Bidirectional": {"name": "rnn", "layer": {"LSTM": {"units": 2, "activation": "relu"}}}}]  # fmt: skip
    entries = json.loads(json.dumps(entries).replace("in put", "model"))
    spec = tc.spec_of({"model": [3], "loss": [3]}, [*entries, {"Add": {"from": ["train", "loss"], "name": "rows"}}],
                      ["rnn", "rows"])  # fmt: skip
    rng = np.random.default_rng(0)
    inputs = {name: rng.normal(size=(2, 3)) for name in ("model", "loss")}
    tc.agree_on(tc.program_of(spec, inputs), inputs, tmp_path)


def test_all_attributes_of_a_module_are_known():
    free = {name for name in dir(torch.nn.Module()) if not name.startswith("_")}
    assert free - ATTRIBUTES == set()


@pytest.mark.parametrize("name, expected", [
    ("digits_cnn", "DigitsCnn"), ("iris", "Iris"), ("2 inputs", "Model2Inputs"), ("", "Model"), ("none", "ModelNone"),
    ("größe-1", "Größe1"),
])  # fmt: skip
def test_the_class_is_called_as_the_config(name, expected):
    assert class_name(name) == expected


@pytest.mark.parametrize("text", ["plain", "it's", 'a "b"', "\"'", "a\\b", "tab\t", "größe", '"""', "\x00\u2028"])
def test_texts_are_literals(text):
    assert eval(quoted(text)) == text
    assert eval(literal((text, 1, 0.1, 1e-7, 1e20, True, None))) == (text, 1, 0.1, 1e-7, 1e20, True, None)


def test_long_lines_keep_their_meaning():
    line = 'x = f("a, b (" , [1, 2], ' + ", ".join(f"name{n}=({n}, {n})" for n in range(20)) + ")"
    names = {"f": lambda *given, **named: (given, named)}
    exec(line, names)
    expected = names.pop("x")
    lines = fitted(line, "    ")
    assert max(map(len, lines)) <= 88
    exec("if True:\n" + "\n".join(lines), names)
    assert names["x"] == expected


class Foreign(Layer):
    kind = "Foreign"


class Strange(Activation):
    kind = "strange"


class Quantile(ElementwiseLoss):
    """A loss of another package."""

    kind = "quantile"
    labels = "number"
    predicts = "numbers"

    def each(self, y, p):
        return np.abs(p - y)


@pytest.mark.parametrize("layer, message", [
    (Foreign(), r"layer 'layer' \(Foreign\) cannot be written in PyTorch"),
    (layers.build({"Dense": {"units": 2}}).model_copy(update={"activation": Strange()}),
     "the activation 'strange' cannot be written in PyTorch"),
    (layers.build({"Conv1D": {"filters": 2, "kernel_size": 3, "strides": 2, "padding": "same"}}),
     r"layer 'layer' \(Conv1D\) needs to know the length of its input"),
])  # fmt: skip
def test_what_cannot_be_written_is_refused_by_name(layer, message):
    from nnctl.engine.graph import Graph, Node

    graph = Graph.build([Node("layer", layer, ("x",))], {"x": (None, 2)}, ["layer"])
    weights = {f"layer/{name}": np.zeros(weight.shape) for name, weight in graph.weights["layer"].items()}
    with pytest.raises(InputError, match=message):
        Builder(graph, weights, weights, (), ())


def model_of(**changes):
    spec = config.loads(json.dumps(
        {"dataset": "diabetes", "loss": "mse", "optimizer": "sgd", "epochs": 1,
         "layers": [{"Dense": {"units": 1}}]} | changes
    ))  # fmt: skip
    data = load_data(spec)
    return Model.build(spec, data.input_shapes, data.targets), Described(data.preprocessing)


def test_a_loss_of_another_package_leaves_out_train_only(tmp_path):
    model, described = model_of()
    [output] = model.spec.losses
    model.spec.losses[output] = Quantile()
    file = file_of(model, described, "net.safetensors")
    assert file.notes == ("in the file, there is no function train, because the loss 'quantile' cannot be written in "
                          "PyTorch",)  # fmt: skip
    assert "# There is no function train" in file.text and "def train" not in file.text
    compile(file.text, "net.py", "exec")


def test_a_model_in_float64(tmp_path):
    model, described = model_of(engine={"dtype": "float64"}, layers=[
        {"Dense": {"units": 4, "activation": "tanh"}}, "BatchNormalization", {"Dense": {"units": 1}},
    ])  # fmt: skip
    file = file_of(model, described, "net.safetensors")
    from safetensors.numpy import save_file

    (tmp_path / "net.py").write_text(file.text, encoding="utf-8")
    save_file(file.weights, tmp_path / "net.safetensors")
    module = runpy.run_path(str(tmp_path / "net.py"), run_name="__main__")["model"]
    x = np.random.default_rng(0).normal(size=(5, *model.graph.shapes["input"]))
    [expected] = tc.by_numpy(model.program, {"input": x}).values()
    with torch.no_grad():
        np.testing.assert_allclose(module(torch.from_numpy(x)), expected, rtol=1e-12)
