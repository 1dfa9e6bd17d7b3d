"""Layers that change the shape, or add, cut off or repeat positions."""

from __future__ import annotations

from nnctl.interop.torch_code.python_text import call as code


def flatten(call):
    return call.result(f"{call.x()}.flatten(1)" if call.shape else f"{call.x()}[:, None]")


def reshape(call):
    return call.result(code(f"{call.x()}.reshape", -1, *call.output))


def permute(call):
    return call.result(code(f"{call.x()}.permute", 0, *call.layer.dims))


def repeat_vector(call):
    return call.result(f"{call.x()}[:, None].repeat(1, {call.layer.n}, 1)")


def zero_padding(call):
    return call.alike(code("F.pad", call.same(), pads(pairs(call.layer.padding), first=call.first)))


def cropping(call):
    slices = [sliced(*pair) for pair in pairs(call.layer.cropping)]
    before, after = (":, :", "") if call.first else (":", ", :")
    return call.alike(f"{call.same()}[{before}, {', '.join(slices)}{after}]")


def upsampling(call):
    size = call.layer.size
    mode = getattr(call.layer, "interpolation", "nearest")
    module = code("nn.Upsample", scale_factor=one_or_each(size), mode=None if mode == "nearest" else '"bilinear"')
    return call.result(f"{call.module(module)}({call.x(first=True)})", first=True)


def pairs(value):
    """(before, after) of each axis, from one pair or several."""
    return (value,) if isinstance(value[0], int) else value


def pads(around, *, first):
    """F.pad's numbers: those of the last axis come first."""
    inner = [n for pair in reversed(around) for n in pair]
    return tuple(inner if first else [0, 0, *inner])


def sliced(before, after):
    """What is left of an axis."""
    return f"{before or ''}:{-after if after else ''}"


def one_or_each(value):
    """2 for (2, 2)."""
    return value[0] if isinstance(value, tuple) and len(set(value)) == 1 else value


LAYERS = {
    "Flatten": flatten,
    "Reshape": reshape,
    "Permute": permute,
    "RepeatVector": repeat_vector,
    "ZeroPadding1D": zero_padding,
    "ZeroPadding2D": zero_padding,
    "Cropping1D": cropping,
    "Cropping2D": cropping,
    "UpSampling1D": upsampling,
    "UpSampling2D": upsampling,
}
