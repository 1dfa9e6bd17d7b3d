"""Layers that merge several tensors."""

from __future__ import annotations

from string import ascii_lowercase

from nnctl.interop.torch_code.python_text import call as code


def inputs(call):
    """(the variables of all inputs, in one order of axes; whether their features come right after the rows)."""
    first = all(tensor.first for tensor in call.tensors) and not any(tensor.mask for tensor in call.tensors)
    return [call.x(number, first=first) for number in range(len(call.tensors))], first


def with_masks(call, tensors):
    """A list of the tensors and a list of their masks, or None, as code."""
    return f"[{', '.join(tensors)}], [{', '.join(str(tensor.mask) for tensor in call.tensors)}]"


def any_mask(call):
    """The mask of a merge: a step is real where it is in any input; None where one has no mask."""
    masks = [tensor.mask for tensor in call.tensors]
    if any(mask is None for mask in masks):
        return None
    different = list(dict.fromkeys(masks))
    return different[0] if len(different) == 1 else call.let("mask", " | ".join(different))


def joined_by(sign):
    def merge(call):
        tensors, first = inputs(call)
        return call.result(f" {sign} ".join(tensors), first=first, mask=any_mask(call))

    return merge


def average(call):
    tensors, first = inputs(call)
    return call.result(f"({' + '.join(tensors)}) / {len(tensors)}", first=first, mask=any_mask(call))


def multiply(call):
    tensors, first = inputs(call)
    if any(tensor.mask for tensor in call.tensors):
        return call.result(f"product_of_real_steps({with_masks(call, tensors)})", mask=any_mask(call))
    return call.result(" * ".join(tensors), first=first)


def extreme(name):
    def merge(call):
        tensors, first = inputs(call)
        if any(tensor.mask for tensor in call.tensors):
            return call.result(f"of_real_steps(torch.{name}, {with_masks(call, tensors)})", mask=any_mask(call))
        y, *others = tensors
        for x in others:
            y = f"torch.{name}({y}, {x})"
        return call.result(y, first=first)

    return merge


def concatenate(call):
    rank = len(call.shape)
    axis = call.layer.axis % (rank + 1)
    tensors, first = inputs(call)
    dim = axis if not first else 1 if axis == rank else axis + 1
    joined = f"[{', '.join(tensors)}]"
    mask = joined_mask(call, axis, tensors)
    return call.result(code("torch.cat", joined, dim=-1 if dim == rank else dim), first=first, mask=mask)


def joined_mask(call, axis, tensors):
    masks = [tensor.mask for tensor in call.tensors]
    rank = len(call.shape)
    if not any(masks) or (rank == 2 == axis and None in masks):  # an input without a mask always counts
        return None
    if rank == 2 and None not in masks:
        return any_mask(call) if axis == 2 else call.let("mask", f"torch.cat([{', '.join(masks)}], dim=1)")
    return call.let("mask", f"joined_mask({with_masks(call, tensors)}, dim={axis})")


def dot(call):
    ranks = [len(tensor.shape) + 1 for tensor in call.tensors]
    axes = call.layer._axes(ranks)
    tensors = [call.x(number) for number in range(2)]
    if call.layer.normalize:
        tensors = [code("F.normalize", x, dim=axis, eps=1e-6) for x, axis in zip(tensors, axes, strict=True)]
    letters = iter(ascii_lowercase.replace("b", "").replace("k", ""))
    names = [["b", *(("k" if at == axis else next(letters)) for at in range(1, rank))]
             for rank, axis in zip(ranks, axes, strict=True)]  # fmt: skip
    out = "b" + "".join(letter for name in names for letter in name if letter not in "bk")
    product = f'torch.einsum("{"".join(names[0])},{"".join(names[1])}->{out}", {tensors[0]}, {tensors[1]})'
    if out == "b":
        return call.result(f"{call.let('products', product, passing=True)}[:, None]")
    return call.result(product)


LAYERS = {
    "Add": joined_by("+"),
    "Subtract": joined_by("-"),
    "Average": average,
    "Multiply": multiply,
    "Maximum": extreme("maximum"),
    "Minimum": extreme("minimum"),
    "Concatenate": concatenate,
    "Dot": dot,
}
