"""Masks of padded time steps as tensors of their own.

In Keras, a mask goes along with a tensor, and how far depends on the version and on what else a layer is given. Files
that Keras saves have each mask as a tensor that operations compute and layers take; so have ours, which makes them
independent of those rules.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nnctl.engine.graph import Node
from nnctl.errors import InputError
from nnctl.interop.keras.graph import Tensor
from nnctl.interop.keras.objects import KerasObject
from nnctl.nn.layers.base import Layer, Shape

OPERATIONS = "keras.src.ops.numpy"
Apply = Callable[[str, KerasObject, tuple[Any, ...], Shape], Tensor]


@dataclass(frozen=True)
class Differs:
    """Steps at which x is not `value`; with `features`, those at which any of its features is not."""

    x: Tensor
    value: float
    features: bool


@dataclass(frozen=True)
class All:
    """Every step of x."""

    x: Tensor


@dataclass(frozen=True)
class AnyOf:
    """Steps that one of the masks has."""

    masks: tuple[Mask, ...]


@dataclass(frozen=True)
class Joined:
    """One mask after another, along the time steps."""

    masks: tuple[Mask, ...]
    steps: int | None


Mask = Differs | All | AnyOf | Joined


def mask_after(node: Node, taken: list[Tensor], masks: list[Mask | None]) -> Mask | None:
    """The mask of a node's output, as `Layer.output_mask` says, from its sources and their masks."""
    layer: Any = node.layer
    if layer.kind == "Masking":
        return Differs(taken[0], layer.mask_value, True)
    if layer.kind == "Embedding":
        return Differs(taken[0], 0, False) if layer.mask_zero else None
    if all(mask is None for mask in masks):
        return None
    if layer.kind == "Concatenate":
        return _concatenated(node, taken, masks)
    if layer.kind in ("Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract"):
        real = tuple(mask for mask in masks if mask is not None)
        return _any_of(real) if len(real) == len(masks) else None
    recurrent = getattr(layer, "layer", layer)
    if hasattr(recurrent, "return_sequences") and layer.kind != "TimeDistributed":
        return masks[0] if recurrent.return_sequences else None
    if layer.passes_mask or layer.kind in ("MultiHeadAttention", "Attention", "AdditiveAttention"):
        return masks[0]
    return None


def _concatenated(node: Node, taken: list[Tensor], masks: list[Mask | None]) -> Mask:
    layer: Any = node.layer
    whole = tuple(All(x) if mask is None else mask for x, mask in zip(taken, masks, strict=True))
    rank = len(taken[0].shape)
    axis = layer.axis % (rank + 1)
    if axis == rank:
        return _any_of(whole)
    if axis == 1 and rank == 2:
        steps = [x.shape[0] for x in taken]
        return Joined(whole, None if None in steps else sum(step or 0 for step in steps))
    raise InputError(f"layer {node.name!r}: Keras has no mask of a Concatenate along axis {layer.axis}", node.where,
                     "end the mask before it, with a Reshape for example")  # fmt: skip


def _any_of(masks: tuple[Mask, ...]) -> Mask:
    different = tuple(dict.fromkeys(masks))
    return different[0] if len(different) == 1 else AnyOf(different)


def mask_tensor(mask: Mask, apply: Apply) -> Tensor:
    """The mask as a tensor. apply: adds an operation (a name for it, the operation, its arguments, the shape)."""
    if isinstance(mask, Differs):
        shape = mask.x.shape
        unequal = apply("differs", KerasObject(OPERATIONS, "NotEqual"), (mask.x, mask.value), shape)
        return _of_any_feature(unequal, apply) if mask.features else unequal
    if isinstance(mask, All):
        same = apply("all", KerasObject(OPERATIONS, "Equal"), (mask.x, mask.x), mask.x.shape)
        return _of_any_feature(same, apply)
    tensors = [mask_tensor(each, apply) for each in mask.masks]
    if isinstance(mask, Joined):
        joined = KerasObject(OPERATIONS, "Concatenate", {"axis": 1})
        return apply("masks", joined, (tensors,), (mask.steps,))
    both = tensors[0]
    for other in tensors[1:]:
        both = apply("or", KerasObject(OPERATIONS, "LogicalOr"), (both, other), both.shape)
    return both


def _of_any_feature(x: Tensor, apply: Apply) -> Tensor:
    return apply("any", KerasObject(OPERATIONS, "Any", {"axis": -1, "keepdims": False}), (x,), x.shape[:-1])


def may_do_nothing(layer: Layer, before: Shape, after: Shape) -> bool:
    """Whether a layer may return the very tensor that it is given, with its mask, though its output has none."""
    return before == after and layer.kind in (
        "Reshape", "Permute", "ZeroPadding1D", "ZeroPadding2D", "Cropping1D", "Cropping2D", "UpSampling1D",
        "UpSampling2D", "MaxPooling1D", "MaxPooling2D", "AveragePooling1D", "AveragePooling2D",
    )  # fmt: skip
