"""Every layer and every activation gives in onnxruntime what it gives in nnctl."""

import numpy as np
import pytest
from contract import check_rows
from golden import read

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from in_onnxruntime import check, fill, session_of

from nnctl.engine.graph import Graph, Node, states_of
from nnctl.engine.program import Program
from nnctl.errors import InputError
from nnctl.interop.onnx.activations import ACTIVATIONS
from nnctl.interop.onnx.layers import LAYERS
from nnctl.interop.onnx.masks import RULES
from nnctl.nn.activations import activations
from nnctl.nn.layers import layers
from nnctl.nn.layers.base import Layer

GOLDEN = read("layers", "sequences", "images", "tokens")
FUNCTIONS = read("activations")
LOOPED = {"activation": "gelu", "recurrent_activation": "hard_silu"}  # which ONNX's own operators do not have
# Rows that no other table has: layer as a config writes it, input shapes.
MORE = {
    "AlphaDropout": ({"AlphaDropout": {"rate": 0.3}}, [(5,)]),
    "Dropout": ({"Dropout": {"rate": 0.3}}, [(5,)]),
    "GaussianDropout": ({"GaussianDropout": {"rate": 0.3}}, [(5,)]),
    "GaussianNoise": ({"GaussianNoise": {"stddev": 0.3}}, [(5,)]),
    "SpatialDropout1D": ({"SpatialDropout1D": {"rate": 0.3}}, [(4, 5)]),
    "SpatialDropout2D": ({"SpatialDropout2D": {"rate": 0.3}}, [(4, 5, 2)]),
    "RandomFlip": ("RandomFlip", [(3, 4, 2)]),
    "RandomContrast": ({"RandomContrast": {"factor": 0.4}}, [(3, 4, 2)]),
    "LSTM_states": ({"LSTM": {"units": 3, "return_state": True, "return_sequences": True}}, [(4, 2), (3,), (3,)]),
    "LSTM_looped": ({"LSTM": {"units": 3, "return_state": True, **LOOPED}}, [(4, 2), (3,), (3,)]),
    "LSTM_softmax": ({"LSTM": {"units": 3, "activation": "softmax", "recurrent_activation": "softmax"}}, [(4, 2)]),
    "GRU_looped": ({"GRU": {"units": 3, "return_sequences": True, "go_backwards": True, **LOOPED}}, [(4, 2)]),
    "GRU_looped_before": ({"GRU": {"units": 3, "reset_after": False, **LOOPED}}, [(4, 2)]),
    "GRU_states": ({"GRU": {"units": 3, "return_state": True, "go_backwards": True}}, [(4, 2), (3,)]),
    "SimpleRNN_linear": ({"SimpleRNN": {"units": 3, "activation": "linear", "return_state": True}}, [(4, 2)]),
    "Bidirectional_both": (
        {"Bidirectional": {"layer": {"GRU": {"units": 3, "return_state": True, "return_sequences": True}},
                           "merge_mode": None}},
        [(4, 2)],
    ),
    "Bidirectional_other": (
        {"Bidirectional": {"layer": {"LSTM": {"units": 3}},
                           "backward_layer": {"LSTM": {"units": 3, "go_backwards": True, **LOOPED}}}},
        [(4, 2)],
    ),
    "MultiHeadAttention_causal": (
        {"MultiHeadAttention": {"num_heads": 2, "key_dim": 3, "use_causal_mask": True, "output_features": 5}}, [(5, 4)],
    ),
    "Attention_causal": ({"Attention": {"use_causal_mask": True}}, [(4, 3), (6, 3)]),
    "TimeDistributed_twice": (
        {"TimeDistributed": {"layer": {"TimeDistributed": {"layer": {"Dense": {"units": 3, "activation": "relu"}}}}}},
        [(2, 3, 4)],
    ),
    "GroupNormalization_steps": ({"GroupNormalization": {"groups": 2}}, [(5, 4)]),
    "AveragePooling1D_same": ({"AveragePooling1D": {"pool_size": 3, "strides": 2, "padding": "same"}}, [(8, 2)]),
    "Conv1D_all": ({"Conv1D": {"filters": 2, "kernel_size": 4, "padding": "same", "activation": "softmax"}}, [(8, 2)]),
}  # fmt: skip


def rows():
    for case, config in GOLDEN.cases.items():
        yield case, config, [x.shape[1:] for x in GOLDEN.under(f"{case}/x").values()]
    for case, (config, shapes) in MORE.items():
        yield case, config, shapes


ROWS = [(case, layers.build(config), shapes) for case, config, shapes in rows()]


def program_of(layer, shapes):
    inputs = dict(zip("abcde", shapes, strict=False))
    node = Node("layer", layer, tuple(inputs))
    # a state can be an output only of a layer that takes it
    linear = layers.build({"Activation": {"activation": "linear"}})
    ends = [Node(f"end_{at}", linear, (state,)) for at, state in enumerate(states_of(node))]
    graph = Graph.build([node, *ends], inputs, ["layer", *(end.name for end in ends)])
    program = Program(graph)
    fill(program)
    return program


def values(layer, shapes, seed=1):
    rng = np.random.default_rng(seed)
    inner = getattr(layer, "layer", layer)
    if inner.kind == "Embedding":
        return {"a": rng.integers(0, inner.input_dim, (5, *shapes[0]))}
    drawn = {name: rng.normal(0.3, 1.5, (5, *shape)) for name, shape in zip("abcde", shapes, strict=False)}
    if layer.kind == "Masking":
        drawn["a"][rng.random((5, shapes[0][0])) < 0.5] = layer.mask_value
    return drawn


@pytest.mark.parametrize(("case", "layer", "shapes"), ROWS, ids=[case for case, _, _ in ROWS])
def test_layer(case, layer, shapes):
    check(program_of(layer, shapes), values(layer, shapes))


def test_every_layer_has_a_function_and_a_row():
    check_rows(layers, LAYERS, "a table of nnctl/interop/onnx/layers")
    check_rows(layers, {layer.kind for _, layer, _ in ROWS} | UNCHANGED, "MORE in this file")


# The other augmentations of images, of which two have rows: all do nothing outside of training.
UNCHANGED = {"RandomBrightness", "RandomRotation", "RandomTranslation", "RandomZoom", "PositionEmbedding"}


def test_every_layer_that_makes_or_ends_masks_by_its_own_rule_has_one():
    own = {name for name, cls in layers.items()
           if cls.output_mask is not Layer.output_mask and cls.__module__.startswith("nnctl.")}  # fmt: skip
    assert own == set(RULES)


@pytest.mark.parametrize("case", FUNCTIONS.cases)
def test_activation(case):
    layer = layers.build({"Activation": {"activation": FUNCTIONS.cases[case]}})
    x = FUNCTIONS["x"]
    check(program_of(layer, [x.shape[1:]]), {"a": np.clip(x, -80, 80)}, rows=(len(x), 1))  # exp(88) is infinite


@pytest.mark.parametrize("case", FUNCTIONS.cases)
def test_activation_after_a_convolution(case):
    layer = layers.build({"Conv2D": {"filters": 3, "kernel_size": 2, "activation": FUNCTIONS.cases[case]}})
    check(program_of(layer, [(4, 3, 2)]), values(layer, [(4, 3, 2)]))


def test_every_activation_has_a_function_and_a_row():
    check_rows(activations, ACTIVATIONS, "ACTIVATIONS in nnctl/interop/onnx/activations.py")
    assert {activations.build(each).kind for each in FUNCTIONS.cases.values()} == set(ACTIVATIONS)


def test_a_layer_that_is_not_in_the_table_is_named():
    class Doubled(Layer):
        kind = "Doubled"  # as registering it would set

        def forward(self, w, x, call):
            return 2 * x, None

    with pytest.raises(InputError, match="layer 'layer': Doubled cannot be written as ONNX"):
        session_of(program_of(Doubled(), [(3,)]), {"a": "f"})
