"""The table of layers: what a layer of nnctl is in Keras.

nnctl has Keras' names, arguments, defaults and weights, so most rows say nothing. A new layer is one row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from nnctl.components.component import Declared
from nnctl.errors import InputError
from nnctl.interop.keras.objects import KerasObject, activation, initializer, is_own, regularizer
from nnctl.nn.activations.base import Activation
from nnctl.nn.initializers import Initializer
from nnctl.nn.layers.base import Layer
from nnctl.nn.layers.recurrent.bidirectional import Bidirectional
from nnctl.nn.regularizers import Regularizer

Places = Callable[[Layer, Sequence[str]], dict[str, str]]


def in_group(group: str) -> Places:
    """All weights in one group, by their numbers."""
    return lambda layer, names: {name: f"{group}/{number}" for number, name in enumerate(names)}


OWN = in_group("vars")


def of_inner_layer(layer: Any, names: Sequence[str]) -> dict[str, str]:
    return {name: f"layer/{path}" for name, path in weight_paths(layer.layer, names).items()}


def of_both_directions(layer: Any, names: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for direction in ("forward", "backward"):
        own = [name.removeprefix(f"{direction}/") for name in names if name.startswith(f"{direction}/")]
        paths = weight_paths(layer.layer, own)
        found |= {f"{direction}/{name}": f"{direction}_layer/{path}" for name, path in paths.items()}
    return found


def of_projections(layer: Layer, names: Sequence[str]) -> dict[str, str]:
    groups = {"query": "query_dense", "key": "key_dense", "value": "value_dense", "attention_output": "output_dense"}
    return {name: f"{groups[name.partition('/')[0]]}/vars/{int(name.endswith('/bias'))}" for name in names}


@dataclass(frozen=True)
class Row:
    """A layer of the same name in Keras.

    renamed: arguments that have another name in Keras. call: arguments that Keras takes when the layer is called.
    inputs: how Keras takes several tensors: "list", "arguments" of their own, or a tensor and the "states".
    weights: where a .keras file has the weights, see `weight_paths`.
    masks: the arguments of the call that take masks: one for each tensor, or one list for all.
    frozen: whether Keras takes `trainable`, which says nothing of a layer without weights. required: arguments that
    have no default in Keras.
    """

    renamed: Mapping[str, str] = field(default_factory=dict)
    call: tuple[str, ...] = ()
    inputs: str = "list"
    weights: Places = OWN
    masks: tuple[str, ...] = ()
    frozen: bool = True
    required: tuple[str, ...] = ()


SAME = Row()
MASKED = Row(masks=("mask",))
RECURRENT = Row(inputs="states", weights=in_group("cell/vars"), masks=("mask",))
SCORED = Row(call=("use_causal_mask",), masks=("mask",))

ROWS: dict[str, Row] = {
    **dict.fromkeys(("Activation", "ReLU", "LeakyReLU", "ELU", "Softmax"), SAME),
    **dict.fromkeys(("Dense", "Embedding", "Masking", "Rescaling"), SAME),
    **dict.fromkeys(("Conv1D", "Conv2D", "Conv1DTranspose", "Conv2DTranspose"), SAME),
    **dict.fromkeys(("DepthwiseConv1D", "DepthwiseConv2D", "SeparableConv1D", "SeparableConv2D"), SAME),
    **dict.fromkeys(("MaxPooling1D", "MaxPooling2D"), SAME),
    **dict.fromkeys(("AveragePooling1D", "AveragePooling2D"), Row(required=("pool_size",))),
    **dict.fromkeys(("GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalAveragePooling2D"), SAME),
    "GlobalAveragePooling1D": MASKED,
    **dict.fromkeys(("ZeroPadding1D", "ZeroPadding2D", "Cropping1D", "Cropping2D"), SAME),
    **dict.fromkeys(("UpSampling1D", "UpSampling2D"), SAME),
    **dict.fromkeys(("Flatten", "Reshape", "Permute", "RepeatVector"), SAME),
    "BatchNormalization": MASKED,
    **dict.fromkeys(("LayerNormalization", "GroupNormalization", "RMSNormalization", "UnitNormalization"), SAME),
    **dict.fromkeys(("Dropout", "AlphaDropout", "GaussianDropout", "GaussianNoise"), SAME),
    **dict.fromkeys(("SpatialDropout1D", "SpatialDropout2D"), Row(frozen=False)),
    **dict.fromkeys(("RandomFlip", "RandomRotation", "RandomTranslation", "RandomZoom"), SAME),
    **dict.fromkeys(("RandomBrightness", "RandomContrast"), SAME),
    **dict.fromkeys(("Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract", "Concatenate", "Dot"), SAME),
    **dict.fromkeys(("LSTM", "GRU", "SimpleRNN"), RECURRENT),
    "Bidirectional": Row(inputs="states", weights=of_both_directions, masks=("mask",)),
    "TimeDistributed": Row(weights=of_inner_layer, masks=("mask",)),
    **dict.fromkeys(("Attention", "AdditiveAttention"), SCORED),
    "MultiHeadAttention": Row(
        renamed={"output_features": "output_shape"}, call=("use_causal_mask",), inputs="arguments",
        weights=of_projections, masks=("query_mask", "value_mask", "key_mask"),
    ),
}  # fmt: skip
# Layers that Keras does not have, with what to use instead.
MISSING = {
    "PositionEmbedding": "it is in KerasHub, not in Keras; leave it out, or export to ONNX or PyTorch",
}


def row_of(layer: Layer) -> Row:
    """Raises InputError for a layer that Keras does not have."""
    if layer.kind in ROWS and is_own(layer):
        return ROWS[layer.kind]
    hint = MISSING.get(layer.kind, "Keras would need its code: use another layer, or export to another format")
    raise InputError(f"Keras has no layer {layer.kind}", hint=hint)


def keras_layer(layer: Layer) -> KerasObject:
    """The layer in Keras, without its name. Raises InputError for what Keras does not have."""
    row = row_of(layer)
    made = KerasObject.of("keras.layers", layer.kind, layer, value=keras_value, renamed=row.renamed,
                          without=(*row.call, "trainable"))  # fmt: skip
    made = replace(made, defaults={name: value for name, value in made.defaults.items() if name not in row.required})
    if isinstance(layer, Bidirectional):
        made = _with_backward_layer(layer, made)
    if layer.trainable or not row.frozen:
        return made
    # in Keras, the argument of a wrapper does not reach the layer inside
    inside = {name: _frozen(value) for name, value in made.arguments.items() if isinstance(value, KerasObject)}
    return made.with_arguments(**inside, trainable=False)


def _with_backward_layer(layer: Bidirectional, made: KerasObject) -> KerasObject:
    """The same with its backward layer. Without one, Keras makes a copy of the layer, which fails if the layer runs
    backward itself. While a file is loaded, that copy may also be another object of the file: Keras looks it up by the
    address of the layer, which Python may have used before."""
    backward = keras_layer(layer.both[1])
    usual = {} if layer.layer.go_backwards else {"backward_layer": backward}
    return replace(made, arguments={**made.arguments, "backward_layer": backward}, defaults={**made.defaults, **usual})


def keras_value(value: Any) -> Any:
    """An argument of a layer as Keras takes it."""
    if isinstance(value, Layer):
        return keras_layer(value)
    if isinstance(value, Activation):
        return activation(value)
    if isinstance(value, Initializer):
        return initializer(value)
    if isinstance(value, Regularizer):
        return regularizer(value)
    assert not isinstance(value, Declared), f"no table for {value!r}"
    return value


def _frozen(value: KerasObject) -> KerasObject:
    """A layer inside of one that is not trained; another object as it is."""
    if value.module != "keras.layers" or value.name not in ROWS or not ROWS[value.name].frozen:
        return value
    return value.with_arguments(trainable=False)


def weight_paths(layer: Layer, names: Sequence[str]) -> dict[str, str]:
    """Where a .keras file has each weight, below the layer's own group: {"kernel": "vars/0", ...}.

    names: of the weights, in Keras' order.
    """
    return row_of(layer).weights(layer, names)
