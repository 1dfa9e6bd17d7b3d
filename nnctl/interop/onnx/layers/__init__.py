"""The layers as ONNX operators: a function for each, in the table of its family."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nnctl.errors import InputError
from nnctl.interop.onnx.builder import Builder, Tensor, Weights
from nnctl.interop.onnx.layers import core

# (builder, layer, its weights, its input, or a list of them where it merges) -> the name of its output, or a list with
# the further outputs (states) too. The layer's `activation` comes later, as in nnctl's own program.
Lowering = Callable[[Builder, Any, Weights, Any], str | list[str]]

LAYERS: Mapping[str, Lowering] = {
    **core.LAYERS,
}


def lower_layer(b: Builder, layer: Any, w: Weights, inputs: Sequence[Tensor]) -> list[str]:
    """Writes a layer's nodes; returns the names of its output and of its further outputs."""
    if layer.kind not in LAYERS:
        raise InputError(
            f"layer {b.scope!r}: {layer.kind} cannot be written as ONNX",
            hint="train with a layer of nnctl itself in its place, or use the model in Python: nnctl.load",
        )
    found = LAYERS[layer.kind](b, layer, w, list(inputs) if layer.merges else inputs[0])
    return [found] if isinstance(found, str) else found
