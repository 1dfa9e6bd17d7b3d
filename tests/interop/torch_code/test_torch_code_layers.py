"""Every layer and activation as PyTorch code gives the NumPy engine's outputs."""

import numpy as np
import pytest
import torch_code_cases as tc
from cases import CASES
from contract import check_rows
from golden import read

from nnctl.interop.torch_code.activations import ACTIVATIONS
from nnctl.interop.torch_code.layers import LAYERS
from nnctl.nn.activations import activations
from nnctl.nn.layers import layers

pytest.importorskip("torch")
ROWS = 4
FUNCTIONS = read("activations")


def inputs_of(case):
    """(rows, ...) for each input: numbers, or token ids."""
    _, shapes, *words = CASES[case]
    rng = np.random.default_rng(1)
    found = {}
    for number, shape in enumerate(shapes):
        limit = words[0][number] if words else 0
        x = rng.integers(0, limit, (ROWS, *shape)) if limit else rng.normal(size=(ROWS, *shape)).astype(np.float32)
        found[f"in{number}"] = x
    return found


@pytest.mark.parametrize("case", CASES)
def test_a_layer(case, tmp_path):
    entry, shapes, *_ = CASES[case]
    program, inputs = tc.of_one_layer(entry, shapes), inputs_of(case)
    builder = tc.builder_of(program)
    tc.agree(tc.by_torch(builder, tc.written(builder, tmp_path), inputs), tc.by_numpy(program, inputs))


def test_every_layer_has_a_row_and_a_function():
    covered = {layers.build(entry).kind for entry, *_ in CASES.values()}
    check_rows(layers, covered, "tests/nn/layers/cases or tests/golden")
    check_rows(layers, LAYERS, "LAYERS in nnctl/interop/torch_code/layers")


@pytest.mark.parametrize("case", FUNCTIONS.cases)
def test_an_activation(case, tmp_path):
    x = {"in0": FUNCTIONS["x"].astype(np.float32)}
    program = tc.of_one_layer({"Activation": {"activation": FUNCTIONS.cases[case]}}, [x["in0"].shape[1:]])
    builder = tc.builder_of(program)
    found, expected = tc.by_torch(builder, tc.written(builder, tmp_path), x), tc.by_numpy(program, x)
    np.testing.assert_allclose(found["layer"], expected["layer"], rtol=1e-5, atol=1e-5)


def test_every_activation_has_a_row():
    covered = {activations.build(entry).kind for entry in FUNCTIONS.cases.values()}
    check_rows(activations, covered, "tests/golden/activations.py")
    check_rows(activations, ACTIVATIONS, "ACTIVATIONS in nnctl/interop/torch_code/activations.py")


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "SimpleRNN"])
@pytest.mark.parametrize("more", [{}, {"activation": "softsign"}], ids=["usual", "cell"])
@pytest.mark.parametrize("each", [True, False], ids=["steps", "last"])
@pytest.mark.parametrize("both", [False, True], ids=["one", "both"])
def test_rows_of_padding_alone_keep_the_initial_state(kind, more, each, both, tmp_path):
    layer = {"units": 3, "return_state": True, "return_sequences": each, **more}
    states = ["h", "c"][: 2 if kind == "LSTM" else 1]
    names = [f"{way}_{state}" for way in ("forward", "backward") for state in states] if both else states
    place = {"name": "rnn", "from": "masked", "initial_state": [f"start_{name}" for name in names]}
    entries = [
        {"Masking": {"from": "x", "name": "masked"}},
        {"Bidirectional": {"layer": {kind: layer}} | place} if both else {kind: layer | place},
        *({"Activation": {"activation": "linear", "from": f"rnn.{name}", "name": f"last_{name}"}} for name in names),
    ]
    starts = {f"start_{name}": [3] for name in names}
    spec = tc.spec_of({"x": [4, 2], **starts}, entries, ["rnn", *(f"last_{name}" for name in names)])
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4, 4, 2))
    x[0] = 0
    x[1, :2] = 0
    x[2, 1] = x[3, 2:] = 0
    inputs = {"x": x, **{name: rng.normal(size=(4, 3)) for name in starts}}
    tc.agree_on(tc.program_of(spec, inputs), inputs, tmp_path)
