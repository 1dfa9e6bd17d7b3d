"""Merges of tensors whose padded steps do not count."""

# mypy: ignore-errors
# like the users' own code that it becomes part of, it has no types

import torch


def of_real_steps(choose, tensors, masks):
    """torch.maximum or torch.minimum of tensors, each with its mask or None.

    Where a step of one is padding, it is that of the others.
    """
    masks = [None if mask is None else mask[..., None] for mask in masks]
    y, seen = tensors[0], masks[0]
    for x, real in zip(tensors[1:], masks[1:], strict=True):
        second = x if real is None else torch.where(real, x, y)
        first = y if seen is None else torch.where(seen, y, second)
        y = choose(first, second)
        seen = None if seen is None or real is None else seen | real
    return y


def product_of_real_steps(tensors, masks):
    """The product of tensors, each with its mask or None.

    A padded step counts as 1; one that is padding in all tensors becomes 0.
    """
    masks = [None if mask is None else mask[..., None] for mask in masks]
    y = 1
    for x, real in zip(tensors, masks, strict=True):
        y = y * (x if real is None else torch.where(real, x, 1))
    if None in masks:
        return y
    return y * torch.stack(torch.broadcast_tensors(*masks)).any(dim=0)


def joined_mask(tensors, masks, dim):
    """The mask of joined tensors: a step is real where it is real in any of them."""
    wide = []
    for x, mask in zip(tensors, masks, strict=True):
        if mask is None:
            wide.append(torch.ones_like(x, dtype=torch.bool))
        else:
            wide.append(
                mask.reshape(*mask.shape, *(1,) * (x.ndim - mask.ndim)).expand_as(x)
            )
    return torch.cat(wide, dim=dim).any(dim=-1)
