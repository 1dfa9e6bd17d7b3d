"""Every layer's output, mask, states and gradients are those of the NumPy engine, by table."""

import numpy as np
import pytest

pytest.importorskip("torch")

from cases import CASES
from passes import Case, agree, by_numpy, by_torch

from nnctl.nn.layers import layers
from nnctl.torch_engine.lowering.table import LAYERS

EXACT, SINGLE = {"rtol": 1e-10, "atol": 1e-10}, {"rtol": 1e-4, "atol": 1e-4}
LSTM = {"LSTM": {"units": 3, "return_state": True}}
GRU = {"GRU": {"units": 3, "return_state": True, "return_sequences": True}}
# What the table of all layers does not have: (layer, shapes of the inputs)
MORE = {
    "LSTM_states": (LSTM, [(5, 2)]),
    "LSTM_states_starts": ({"LSTM": LSTM["LSTM"] | {"go_backwards": True}}, [(5, 2), (3,), (3,)]),
    "LSTM_states_dropout": ({"LSTM": LSTM["LSTM"] | {"recurrent_dropout": 0.4}}, [(5, 2), (3,), (3,)]),
    "LSTM_states_no_bias": ({"LSTM": LSTM["LSTM"] | {"use_bias": False}}, [(5, 2)]),
    "LSTM_softmax": ({"LSTM": {"units": 3, "recurrent_activation": "softmax", "activation": None}}, [(5, 2)]),
    "GRU_states": (GRU, [(5, 2)]),
    "GRU_states_starts": (GRU, [(5, 2), (3,)]),
    "GRU_states_before": ({"GRU": GRU["GRU"] | {"reset_after": False, "use_bias": False}}, [(5, 2), (3,)]),
    "SimpleRNN_relu": ({"SimpleRNN": {"units": 3, "activation": "relu", "return_state": True}}, [(5, 2), (3,)]),
    "SimpleRNN_linear": ({"SimpleRNN": {"units": 3, "activation": None, "use_bias": False}}, [(5, 2)]),
    "SimpleRNN_no_bias": ({"SimpleRNN": {"units": 3, "use_bias": False}}, [(5, 2)]),
    "Bidirectional_apart": (
        {"Bidirectional": {"layer": {"GRU": {"units": 2, "return_sequences": True}}, "merge_mode": None}},
        [(4, 2)],
    ),
    "Bidirectional_states": ({"Bidirectional": {"layer": LSTM}}, [(4, 2), (3,), (3,), (3,), (3,)]),
    "Bidirectional_states_apart": ({"Bidirectional": {"layer": GRU, "merge_mode": None}}, [(4, 2)]),
    "Bidirectional_two": (
        {"Bidirectional": {"layer": {"GRU": {"units": 2}},
                           "backward_layer": {"LSTM": {"units": 2, "go_backwards": True}}}},
        [(4, 2)],
    ),
    "GlobalAveragePooling1D_keepdims": ({"GlobalAveragePooling1D": {"keepdims": True}}, [(4, 3)]),
    "GroupNormalization_bare": ({"GroupNormalization": {"groups": 2, "scale": False, "center": False}}, [(4, 4)]),
    "MaxPooling1D_same": ({"MaxPooling1D": {"pool_size": 2, "padding": "same"}}, [(7, 2)]),
    "MaxPooling2D_same_strides": ({"MaxPooling2D": {"pool_size": 3, "strides": 1, "padding": "same"}}, [(5, 4, 2)]),
    "AveragePooling2D_same_one": ({"AveragePooling2D": {"pool_size": 2, "strides": 1, "padding": "same"}}, [(5, 4, 2)]),
    "RandomTranslation_nearest": (
        {"RandomTranslation": {"height_factor": 0.9, "width_factor": 0.9, "fill_mode": "nearest"}}, [(4, 5, 2)],
    ),
    "RandomTranslation_far": ({"RandomTranslation": {"height_factor": 0.9, "width_factor": 0.9}}, [(4, 5, 2)]),
    "RandomTranslation_zeros": (
        {"RandomTranslation": {"height_factor": 0.9, "width_factor": 0.9, "fill_mode": "constant"}}, [(4, 5, 1)],
    ),
    "RandomZoom_wrap_value": (
        {"RandomZoom": {"height_factor": 0.9, "interpolation": "nearest", "fill_mode": "constant", "fill_value": 0.5}},
        [(4, 5, 2)],
    ),
    "RandomFlip_vertical": ({"RandomFlip": {"mode": "vertical"}}, [(3, 4, 2)]),
    "Attention_causal_drop": ({"Attention": {"use_causal_mask": True, "dropout": 0.3}}, [(4, 3), (5, 2), (5, 3)]),
    "Maximum_four": ("Maximum", [(3, 2), (3, 2), (3, 2), (3, 2)]),
}  # fmt: skip
ALL = CASES | MORE
# by the mask's name: which of 5 steps are real in 4 of the rows
PADDED = {
    "at the end": [[1, 1, 1, 1, 1], [1, 1, 0, 0, 0], [0, 0, 0, 0, 0], [1, 0, 0, 0, 0]],
    "anywhere": [[0, 0, 1, 0, 1], [0, 0, 0, 0, 0], [1, 0, 0, 1, 0], [0, 1, 1, 1, 1]],
}


def test_every_layer_has_a_row():
    without = [name for name, cls in layers.items() if cls.__module__.startswith("nnctl.") and not LAYERS.find(cls)]
    assert not without, "write a function for them in nnctl/torch_engine/lowering/layers/"


def inputs(entry, shapes, words=None, rows=7):
    """Away from 0, where relu and similar functions have no derivative."""
    rng = np.random.default_rng(3)
    for shape, n in zip(shapes, words or [0] * len(shapes), strict=True):
        x = rng.normal(size=(rows, *shape))
        yield rng.integers(0, n, (rows, *shape)) if n else x + 0.05 * np.sign(x)


def masks_of(xs, padding, every):
    """A mask for each input that has steps of features, or for the first only."""
    masks = []
    for number, x in enumerate(xs):
        rows = np.roll(np.resize(PADDED[padding], (len(x), 5)), number, axis=0).astype(bool)
        masks.append(rows[:, : x.shape[1]] if x.ndim > 2 and (every or number == 0) else None)
    return masks


def padded_cases():
    for name, (entry, shapes, *_) in ALL.items():
        if len(shapes[0]) == 2 or (layers.build(entry).kind == "TimeDistributed" and len(shapes[0]) > 2):
            several = sum(len(shape) > 1 for shape in shapes) > 1
            yield from ((name, padding, every) for padding in PADDED for every in (True, False)[: 1 + several])


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", ALL)
def test_agrees_with_the_numpy_engine(name, training):
    case = Case.of(ALL[name][0], list(inputs(*ALL[name])), training=training)
    agree(by_numpy(case), by_torch(case), **EXACT)


@pytest.mark.parametrize("name", ALL)
def test_agrees_in_float32(name):
    case = Case.of(ALL[name][0], list(inputs(*ALL[name])))
    agree(by_numpy(case, np.float32), by_torch(case, np.float32), **SINGLE)


@pytest.mark.parametrize(("name", "padding", "every"), list(padded_cases()))
def test_agrees_with_padding(name, padding, every):
    xs = [x[:, :5] for x in inputs(*ALL[name])]
    case = Case.of(ALL[name][0], xs, masks_of(xs, padding, every))
    agree(by_numpy(case), by_torch(case), **EXACT)


@pytest.mark.parametrize("name", ALL)
def test_no_rows(name):
    """A rank may have none of the rows of the last batch."""
    entry, shapes, *words = ALL[name]
    none, some = (Case.of(entry, list(inputs(entry, shapes, *words, rows=rows))) for rows in (0, 2))
    assert by_torch(none).ys[0].shape == (0, *by_torch(some).ys[0].shape[1:])
