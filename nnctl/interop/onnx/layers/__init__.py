"""The layers as ONNX operators: a function for each, in the table of its family."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nnctl.errors import InputError
from nnctl.interop.onnx.builder import Builder, Tensor, Weights
from nnctl.interop.onnx.layers import attention, core, merging, normalization, recurrent, windows

# (builder, layer, its weights, its input, or a list of them where it merges) -> the name of its output, or a list with
# the further outputs (states) too. The layer's `activation` comes later, as in nnctl's own program.
Lowering = Callable[[Builder, Any, Weights, Any], str | list[str]]


def time_distributed(b: Builder, layer: Any, w: Weights, x: Tensor) -> str:
    """The time steps as rows of the inner layer, which sees no mask."""
    inner = layer.layer
    flat = Tensor(_joined(b, x.name, [-1], x.shape[1:], 2), x.shape[1:])
    [y] = lower_layer(b, inner, w, [flat])
    shape = inner.output_shape([flat.shape] if inner.merges else flat.shape)
    if x.shape[0] is not None:
        return _joined(b, y, [-1, x.shape[0]], shape, 1)
    steps = b.add("Slice", b.add("Shape", x), [0], [2])
    return b.add("Reshape", y, b.add("Concat", steps, b.add("Slice", b.add("Shape", y), [1], [2**31]), axis=0))


def _joined(b: Builder, x: str, begin: list[int], rest: Sequence[int | None], axes: int) -> str:
    """x with other first axes. rest: the sizes of those that stay, which come after `axes` axes of x."""
    if all(n is not None for n in rest):
        return b.reshape(x, [*begin, *(n or 0 for n in rest)])
    kept = b.add("Slice", b.add("Shape", x), [axes], [2**31])
    return b.add("Reshape", x, b.add("Concat", begin, kept, axis=0))


LAYERS: Mapping[str, Lowering] = {
    **attention.LAYERS,
    **core.LAYERS,
    **merging.LAYERS,
    **normalization.LAYERS,
    **recurrent.LAYERS,
    **windows.LAYERS,
    "TimeDistributed": time_distributed,
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
