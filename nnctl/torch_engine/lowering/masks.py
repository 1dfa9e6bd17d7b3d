"""Masks of padded time steps: which steps of a layer's output are real."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

import torch
from torch import Tensor

Masks = Sequence[Tensor | None]


def mask_of(layer: Any, x: Any, masks: Masks) -> Tensor | None:
    """The mask of a layer's output, (rows, steps) bool, from its input (a list where it merges) and their masks.

    The same as `Layer.output_mask`, of which most work with tensors as they are; those that call NumPy have a row in
    MASKS, by the name of the layer.
    """
    if not layer.makes_mask and all(mask is None for mask in masks):
        return None
    return MASKS.get(layer.kind, _own)(layer, x, masks)


def _own(layer, x, masks):
    return layer.output_mask(x, masks)


def is_real(layer, x: Tensor) -> Tensor:
    """(rows, steps), whether a step has a feature that is not the mask_value of the layer Masking."""
    return (x != layer.mask_value).any(dim=-1)


def _masking(layer, x, masks):
    return is_real(layer, x)


def _merge(layer, xs, masks):
    return None if any(mask is None for mask in masks) else reduce(torch.logical_or, masks)


def _concatenate(layer, xs, masks):
    # a step counts if any input counts there; an input without a mask always does
    wide = [
        torch.ones_like(x, dtype=torch.bool)
        if mask is None
        else mask.reshape(*mask.shape, *(1,) * (x.ndim - mask.ndim)).expand_as(x)
        for x, mask in zip(xs, masks, strict=True)
    ]
    return torch.cat(wide, dim=layer.axis).any(dim=-1)


MASKS = {
    "Masking": _masking,
    "Concatenate": _concatenate,
    **dict.fromkeys(("Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract"), _merge),
}
