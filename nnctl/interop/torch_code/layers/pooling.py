"""Pooling, of windows and of everything."""

from __future__ import annotations

from nnctl.interop.torch_code.layers.convolution import margins, padded
from nnctl.interop.torch_code.layers.reshape import one_or_each, pads
from nnctl.interop.torch_code.python_text import call as code


def max_pooling(call):
    sizes, strides = call.layer.window()
    x, padding = padded(call, sizes, strides, call.layer.padding, (1,) * len(sizes), value="-torch.inf")
    return call.result(f"{call.module(pool('Max', sizes, strides, padding))}({x})", first=True)


def average_pooling(call):
    sizes, strides = call.layer.window()
    around = [(0, 0)] * len(sizes)
    if call.layer.padding == "same":
        around = margins(call, sizes, strides, "same", (1,) * len(sizes))
    if any(before != after for before, after in around):
        function = code("average_pool", call.x(first=True), sizes, strides, pads(around, first=True))
        return call.result(function, first=True)
    module = pool("Avg", sizes, strides, tuple(before for before, _ in around), count_include_pad=False)
    return call.result(f"{call.module(module)}({call.x(first=True)})", first=True)


def pool(kind, sizes, strides, padding, **more):
    """The code of a pooling module."""
    padding = one_or_each(padding) or None
    return code(f"nn.{kind}Pool{len(sizes)}d", one_or_each(sizes), padding=padding,
                stride=None if strides == sizes else one_or_each(strides), **(more if padding else {}))  # fmt: skip


def global_average(call):
    if call.mask is None:
        return everywhere(call, "mean")
    mean = f"mean_of_real_steps({call.x()}, {call.mask})"
    return call.result(f"{mean}[:, None]" if call.layer.keepdims else mean)


def global_max(call):
    return everywhere(call, "amax")


def everywhere(call, method):
    """A function of all positions."""
    rank = call.layer.rank
    axes = tuple(range(2, 2 + rank)) if call.first else tuple(range(1, 1 + rank))
    keep = True if call.layer.keepdims else None
    return call.alike(code(f"{call.same()}.{method}", dim=one_or_each(axes), keepdim=keep))


LAYERS = {
    "MaxPooling1D": max_pooling,
    "MaxPooling2D": max_pooling,
    "AveragePooling1D": average_pooling,
    "AveragePooling2D": average_pooling,
    "GlobalAveragePooling1D": global_average,
    "GlobalAveragePooling2D": global_average,
    "GlobalMaxPooling1D": global_max,
    "GlobalMaxPooling2D": global_max,
}
