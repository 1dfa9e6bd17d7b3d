"""config.json of a .keras file: a Sequential or a Functional model as Keras serializes it."""

from __future__ import annotations

from typing import Any

from nnctl.interop.keras.graph import Call, KerasLayer, KerasModel, Tensor
from nnctl.interop.keras.layer_order import layer_order
from nnctl.interop.keras.objects import KerasObject


def model_config(model: KerasModel) -> dict[str, Any]:
    """The whole model, without how it is compiled."""
    config: dict[str, Any] = {"name": model.name, "trainable": True}
    if model.sequential:
        config["layers"] = [_layer(layer) for layer in model.layers.values()]
        return KerasObject("keras", "Sequential").to_json() | {"config": config}
    config["layers"] = [
        {**_layer(model.layers[name]), "name": name, "inbound_nodes": [_node(call) for call in model.calls_of(name)]}
        for name in layer_order(model)
    ]
    config["input_layers"] = _places(model.inputs)
    config["output_layers"] = _places(model.outputs)
    return KerasObject("keras.src.models.functional", "Functional").to_json() | {
        "config": config,
        "registered_name": "Functional",
    }


def _layer(layer: KerasLayer) -> dict[str, Any]:
    made = layer.made
    named = KerasObject(made.module, made.name, {"name": layer.name, **made.arguments}).to_json()
    return named if layer.is_layer else {**named, "registered_name": made.name}


def _node(call: Call) -> dict[str, Any]:
    return {"args": [_argument(value) for value in call.arguments],
            "kwargs": {name: _argument(value) for name, value in call.named.items()}}  # fmt: skip


def _argument(value: Any) -> Any:
    if isinstance(value, list):
        return [_argument(item) for item in value]
    if not isinstance(value, Tensor):
        return value
    shape = [None, *value.shape]
    config = {"shape": shape, "dtype": value.dtype, "keras_history": _place(value)}
    return {"class_name": "__keras_tensor__", "config": config}


def _places(tensors: list[Tensor]) -> list[Any]:
    """One tensor bare, several as a list."""
    return [_place(tensor) for tensor in tensors] if len(tensors) > 1 else _place(tensors[0])


def _place(tensor: Tensor) -> list[Any]:
    return [tensor.layer, tensor.call, tensor.output]
