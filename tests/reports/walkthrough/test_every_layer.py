"""Every layer is shown, forward and backward, with the engine's output among its numbers."""

import io

import pytest

from nnctl.nn.layers.base import layers
from nnctl.reports.terminal import Terminal
from nnctl.reports.walkthrough.forward import attention
from nnctl.reports.walkthrough.numbers import number
from nnctl.reports.walkthrough.sections import by_node, write_layer, write_layer_back
from nnctl.reports.walkthrough.text_page import TextPage
from nnctl.reports.walkthrough.trace import trace
from tests.reports.walkthrough.walked import HEAD, model_of, row_of

VECTOR, STEPS, IMAGE = (4,), (5, 3), (4, 4, 2)
# layer -> its arguments, the shape of a row
LAYERS = {
    "Activation": ("activation: tanh", VECTOR),
    "Conv1D": ("filters: 2, kernel_size: 3", STEPS),
    "Conv1DTranspose": ("filters: 2, kernel_size: 3", STEPS),
    "Conv2D": ("filters: 2, kernel_size: 3, activation: relu", IMAGE),
    "Conv2DTranspose": ("filters: 2, kernel_size: 3", IMAGE),
    "Cropping1D": ("cropping: 1", STEPS),
    "Cropping2D": ("cropping: 1", IMAGE),
    "Dense": ("units: 4, activation: gelu", STEPS),
    "DepthwiseConv1D": ("kernel_size: 3", STEPS),
    "DepthwiseConv2D": ("kernel_size: 3", IMAGE),
    "Dot": ("axes: 1, from: [input, input]", VECTOR),
    "GroupNormalization": ("groups: 2", IMAGE),
    "LayerNormalization": ("center: false", STEPS),
    "MultiHeadAttention": ("num_heads: 2, key_dim: 3", STEPS),
    "Permute": ("dims: [2, 1]", STEPS),
    "PositionEmbedding": ("sequence_length: 5", STEPS),
    "RepeatVector": ("n: 3", VECTOR),
    "Rescaling": ("scale: 2", VECTOR),
    "Reshape": ("target_shape: [3, 5]", STEPS),
    "SeparableConv1D": ("filters: 2, kernel_size: 3", STEPS),
    "SeparableConv2D": ("filters: 2, kernel_size: 3", IMAGE),
    "TimeDistributed": ("layer: {Dense: {units: 3, activation: relu}}", STEPS),
    "Bidirectional": ("layer: {GRU: {units: 2}}", STEPS),
    **dict.fromkeys(["GRU", "LSTM", "SimpleRNN"], ("units: 2, return_sequences: true", STEPS)),
    **dict.fromkeys(["AlphaDropout", "Dropout", "GaussianDropout"], ("rate: 0.5", VECTOR)),
    "SpatialDropout1D": ("rate: 0.5", STEPS),
    "SpatialDropout2D": ("rate: 0.5", IMAGE),
    "GaussianNoise": ("stddev: 1", VECTOR),
    **dict.fromkeys(["RandomBrightness", "RandomContrast", "RandomRotation"], ("factor: 0.1", IMAGE)),
    "RandomFlip": ("mode: horizontal", IMAGE),
    "RandomTranslation": ("height_factor: 0.1, width_factor: 0.1", IMAGE),
    "RandomZoom": ("height_factor: 0.1", IMAGE),
    **dict.fromkeys(["Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract", "Concatenate"],
                    ("from: [input, one]", VECTOR)),
    **dict.fromkeys(["Attention", "AdditiveAttention"], ("from: [input, input]", STEPS)),
    **dict.fromkeys(["Masking", "UpSampling1D", "ZeroPadding1D", "MaxPooling1D", "AveragePooling1D", "Flatten",
                     "GlobalAveragePooling1D", "GlobalMaxPooling1D"], ("", STEPS)),
    **dict.fromkeys(["UpSampling2D", "ZeroPadding2D", "MaxPooling2D", "AveragePooling2D", "GlobalAveragePooling2D",
                     "GlobalMaxPooling2D"], ("", IMAGE)),
}  # fmt: skip


def shown(kind):
    """The text about a layer, and what the engine computed."""
    arguments, shape = LAYERS.get(kind, ("", VECTOR))
    before = ["Dense: {units: 4, name: one}"] if "one]" in arguments else []
    embeds = kind == "Embedding"
    layer = "Embedding: {input_dim: 9, output_dim: 3, name: x}" if embeds else f"{kind}: {{{arguments}}}"
    model = model_of(*before, layer, "Flatten", HEAD, shape=(4,) if embeds else shape)
    row = row_of(model)
    if embeds:
        row.inputs["input"][...] = [[3, 1, 8, 1]]
    traced = trace(model, row)
    stream = io.StringIO()
    page = TextPage(Terminal(stream, False, False, True, 80))
    nodes = list(by_node(traced))
    [(at, (node, steps))] = [(at, each) for at, each in enumerate(nodes) if each[0].layer.kind == kind][:1]
    write_layer(at, node, steps, traced, page)
    forward = stream.getvalue()
    write_layer_back(at, node, steps, traced, page)
    return forward, stream.getvalue(), steps


@pytest.mark.parametrize("kind", layers.names())
def test_a_layer_is_shown(kind):
    forward, both, steps = shown(kind)
    assert max(map(len, both.splitlines())) <= 80
    if "In prediction it does nothing" not in forward:
        assert number(steps[-1].y.reshape(-1)[0]) in forward
    for gradient in steps[0].gradients.values():
        assert number(gradient.reshape(-1)[0]) in both.removeprefix(forward)


def test_attention_is_a_weighted_mean():
    model = model_of("MultiHeadAttention: {num_heads: 2, key_dim: 3}", "Flatten", HEAD, shape=STEPS)
    step = trace(model, row_of(model)).steps[0]
    _xs, _q, _k, v, scores, _attended, _keep, mixed = step.saved
    mean = attention.weighted_mean(scores[0, 0], v[0, 0], float(mixed[0, 0, 0, 0]))
    assert mean.total == pytest.approx(mean.result, rel=1e-5) and scores[0, 0, 0].sum() == pytest.approx(1)


def text_of(*layers, shape, **options):
    """The whole text about the layers of a model, forward and backward."""
    model = model_of(*layers, shape=shape, **options)
    traced = trace(model, row_of(model))
    stream = io.StringIO()
    page = TextPage(Terminal(stream, False, False, True, 100))
    nodes = list(by_node(traced))
    for at, (node, steps) in enumerate(nodes, 1):
        write_layer(at, node, steps, traced, page)
    for at, (node, steps) in enumerate(nodes, 1):
        write_layer_back(at, node, steps, traced, page)
    return stream.getvalue()


@pytest.mark.parametrize("layer, formula", [
    ("LSTM: {units: 2, use_bias: false}", "a = x W + h U   with"),
    ("LSTM: {units: 2}", "a = x W + h U + b   with"),
    ("GRU: {units: 2, use_bias: false}", "g = tanh(x W_g + r × (h U_g))"),
    ("GRU: {units: 2}", "g = tanh(x W_g + b_g + r × (h U_g + b'_g))"),
    ("GRU: {units: 2}", "(h U_g + b'_g) (2):"),
    ("GRU: {units: 2, reset_after: false, use_bias: false}", "g = tanh(x W_g + (r × h) U_g)"),
    ("SimpleRNN: {units: 2, use_bias: false}", "new h = tanh(x W + h U)"),
    ("SimpleRNN: {units: 2}", "W (3, 2), for the inputs\n"),
    ("MultiHeadAttention: {num_heads: 2, key_dim: 3, use_bias: false}", "y = [A V of every head] W_o\n"),
    ("Conv1D: {filters: 2, kernel_size: 3, use_bias: false}", "the sum over all channels:\n"),
])  # fmt: skip
def test_a_formula_has_a_bias_where_the_layer_has_one(layer, formula):
    vector = layer.startswith(("LSTM", "GRU", "Simple"))
    assert formula in text_of(layer, *([] if vector else ["Flatten"]), HEAD, shape=STEPS)


@pytest.mark.parametrize("kind, shape", [("Average", STEPS), ("Max", STEPS), ("Average", IMAGE), ("Max", IMAGE)])
def test_a_global_pooling_that_keeps_its_axes(kind, shape):
    name = f"Global{kind}Pooling{len(shape) - 1}D"
    text = text_of(f"{name}: {{keepdims: true}}", "Flatten", HEAD, shape=shape)
    assert f"y1 = {'max' if kind == 'Max' else 'mean'}(" in text


def test_an_output_before_its_activation_is_called_z_and_so_is_its_gradient():
    text = text_of("DepthwiseConv1D: {kernel_size: 3, activation: tanh}", "Conv1D: {filters: 2, kernel_size: 1}",
                   "Activation: {activation: tanh}", "Flatten", HEAD, shape=STEPS)  # fmt: skip
    depthwise, _conv, activation = (text.split(f". {name}")[1] for name in ("depthwise", "conv1d:", "activation:"))
    assert depthwise.index("   z (3, 3)\n") < depthwise.index("   y (3, 3)\n")
    assert "   z (3, 2), from conv1d\n" in activation
    back = text.split(". conv1d:")[2]
    assert "   dL/dz (3, 2)\n" in back.split("dL/dW")[0] and "dL/dy" not in back.split(". activation")[0]


def test_uses_of_an_output_and_of_weights_are_added_up():
    text = text_of("Dense: {units: 4, name: a}", "shared: {layer: a, name: b}", "Multiply: {from: [b, b]}", HEAD,
                   shape=VECTOR)  # fmt: skip
    assert "What comes back from the inputs of multiply is added up." in " ".join(text.split())
    assert text.count("those of this use; the optimizer takes the sum over a, b.") == 2
