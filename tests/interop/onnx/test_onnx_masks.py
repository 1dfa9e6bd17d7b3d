"""Padding in onnxruntime as in nnctl: masks that layers make, and lengths that come with the rows."""

import json

import numpy as np
import pytest
from golden import read

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from in_onnxruntime import by_nnctl, check, fill, run, session_of

from nnctl import config
from nnctl.engine.graph import Graph
from nnctl.engine.program import Program

GOLDEN = read("masks")
LOOPED = {"activation": "gelu", "recurrent_activation": "hard_silu"}  # which ONNX's own operators do not have
STEPS = {"units": 3, "return_sequences": True}
# Layers over a sequence with lengths; the last one is the output.
OVER_LENGTHS = {
    "lstm": [{"LSTM": {"units": 3}}],
    "lstm_steps_backwards": [{"LSTM": {**STEPS, "go_backwards": True}}],
    "lstm_looped": [{"LSTM": {**STEPS, **LOOPED}}],
    "lstm_looped_backwards": [{"LSTM": {"units": 3, "go_backwards": True, **LOOPED}}],
    "gru": [{"GRU": STEPS}, {"GRU": {"units": 2, "reset_after": False}}],
    "simple": [{"SimpleRNN": STEPS}, {"SimpleRNN": {"units": 2, "activation": "relu"}}],
    "bidirectional": [{"Bidirectional": {"layer": {"LSTM": STEPS}}}, {"Dense": {"units": 3, "activation": "softmax"}}],
    "bidirectional_last": [{"Bidirectional": {"layer": {"GRU": {"units": 3}}, "merge_mode": "mul"}}],
    "attention": [{"MultiHeadAttention": {"num_heads": 2, "key_dim": 2, "use_causal_mask": True}}, "Flatten"],
    "each_step": [{"TimeDistributed": {"layer": {"Dense": {"units": 2}}}}, "GlobalAveragePooling1D"],
    "convolution": [{"Conv1D": {"filters": 2, "kernel_size": 3}}, "GlobalMaxPooling1D"],
}


def program_of(inputs, entries, weights=None):
    described = config.loads(json.dumps({
        "dataset": "iris", "optimizer": "sgd", "epochs": 1, "loss": "mse", "layers": entries,
        "inputs": {name: {"shape": list(shape)} for name, shape in inputs.items()},
    }))  # fmt: skip
    program = Program(Graph.build(described.nodes, inputs, described.outputs))
    fill(program)
    for name, w in (weights or {}).items():
        program.view(name)[...] = w
    return program


def named(entries):
    for number, entry in enumerate(entries):
        [(kind, arguments)] = (entry if isinstance(entry, dict) else {entry: {}}).items()
        yield {kind: {"name": f"layer{number}"} | arguments}


@pytest.mark.parametrize("case", GOLDEN.cases)
def test_masks_that_layers_make(case):
    xs = GOLDEN.under(f"{case}/x")
    inputs = {name: x.shape[1:] for name, x in xs.items()}
    program = program_of(inputs, list(named(GOLDEN.cases[case]["layers"])), GOLDEN.under(f"{case}/w"))
    check(program, xs)


@pytest.mark.parametrize("case", OVER_LENGTHS)
def test_lengths(case):
    program = program_of({"x": (5, 3)}, list(named(OVER_LENGTHS[case])))
    x = np.random.default_rng(0).normal(size=(6, 5, 3))
    check(program, {"x": x}, {"x": np.array([2, 5, 1, 4, 3, 5])}, rows=(6, 1))


@pytest.mark.parametrize("looped", [{}, LOOPED])
def test_rows_of_padding_alone(looped):
    entries = [{"Embedding": {"input_dim": 4, "output_dim": 3, "mask_zero": True}}, {"LSTM": {**STEPS, **looped}},
               {"GRU": {"units": 2, **looped}}]  # fmt: skip
    ids = np.array([[0, 0, 0, 0], [0, 3, 0, 1], [1, 2, 0, 0], [0, 0, 2, 2], [0, 0, 0, 0]])
    check(program_of({"x": (4,)}, list(named(entries))), {"x": ids})


@pytest.mark.parametrize("looped", [{}, LOOPED])
def test_rows_of_padding_alone_keep_their_initial_state(looped):
    lstm = {"units": 3, "from": ["ids"], "initial_state": ["h", "c"], "return_state": True, "name": "lstm", **looped}
    entries = [
        {"Embedding": {"input_dim": 4, "output_dim": 3, "mask_zero": True, "from": "x", "name": "ids"}}, {"LSTM": lstm},
        {"Concatenate": {"from": ["lstm", "lstm.h", "lstm.c"]}},
    ]  # fmt: skip
    rng = np.random.default_rng(0)
    ids = np.array([[0, 0, 0, 0], [0, 3, 0, 1], [1, 2, 0, 0], [0, 0, 2, 2], [0, 0, 0, 0]])
    program = program_of({"x": (4,), "h": (3,), "c": (3,)}, entries)
    check(program, {"x": ids, "h": rng.normal(size=(5, 3)), "c": rng.normal(size=(5, 3))})


# Layers whose number of time steps varies from batch to batch; the first one's input is (steps, 3).
OF_ANY_LENGTH = {
    **{name: entries for name, entries in OVER_LENGTHS.items() if name not in ("attention", "convolution")},
    "attention": [{"MultiHeadAttention": {"num_heads": 2, "key_dim": 2, "use_causal_mask": True}}],
    "convolution": [{"Conv1D": {"filters": 2, "kernel_size": 3, "strides": 2, "padding": "same"}}, "UpSampling1D"],
    "causal": [{"Conv1D": {"filters": 2, "kernel_size": 3, "padding": "causal", "dilation_rate": 2}}, "ZeroPadding1D"],
    "pooling": ["MaxPooling1D", {"Cropping1D": {"cropping": 1}}, "GlobalMaxPooling1D"],
    "transposed": [{"Conv1DTranspose": {"filters": 2, "kernel_size": 3, "strides": 2}}],
    "each_step_of_images": [{"TimeDistributed": {"layer": {"Dense": {"units": 4}}}}, "LayerNormalization"],
    "masking": ["Masking", {"GRU": {"units": 3, **LOOPED}}],
    "groups": [{"GroupNormalization": {"groups": 3}}, {"PositionEmbedding": {"sequence_length": 9}}],
}


@pytest.mark.parametrize("case", OF_ANY_LENGTH)
def test_any_number_of_time_steps(case):
    program = program_of({"x": (None, 3)}, list(named(OF_ANY_LENGTH[case])))
    session = session_of(program, {"x": "f"})
    for steps in (7, 6, 9):
        x = np.random.default_rng(steps).normal(size=(3, steps, 3))
        [expected], [found] = by_nnctl(program, {"x": x}).values(), run(session, {"x": x}).values()
        np.testing.assert_allclose(found, expected, atol=1e-4)
