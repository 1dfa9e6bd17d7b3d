"""Windows that slide over the positions of a tensor (rows, *positions, channels): their number, padding and views.

With window size k, dilation d, stride s and n positions, a window reaches over r = d (k - 1) + 1 of them:

    valid   floor((n - r) / s) + 1 windows, all inside
    same    ceil(n / s) windows; p = max(0, (out - 1) s + r - n) zeros around, floor(p / 2) of them before
    causal  ceil(n / s) windows; r - 1 zeros before, so that no window covers later positions

Source: Keras 3, whose padding goes more to the end than to the beginning.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import product
from math import prod
from typing import Annotated, Literal

from numpy.lib.stride_tricks import as_strided

from nnctl.components.fast_checks import BeforeValidator, Field
from nnctl.components.registry import listed
from nnctl.errors import ShapeError
from nnctl.nn.layers.base import show

Size = Annotated[int, Field(ge=1)]
Padding = Literal["valid", "same"]


def twice(value):
    """One number for both axes: 3 means (3, 3)."""
    return (value, value) if isinstance(value, int) and not isinstance(value, bool) else listed(value)


def once(value):
    """[3] means 3."""
    return value[0] if isinstance(value, list | tuple) and len(value) == 1 else value


def each(value, rank=None):
    """The number of an argument for each axis."""
    return value if isinstance(value, tuple) else (value,) * (rank or 1)


PAIR, SINGLE = Size | tuple[Size, Size], Size | tuple[Size]  # as a config may write them
# An argument with a number for each axis of an image, and one with a number for the time axis.
Pair = Annotated[tuple[Size, Size], BeforeValidator(twice, json_schema_input_type=PAIR)]
Single = Annotated[Size, BeforeValidator(once, json_schema_input_type=SINGLE)]


def of(layer):
    """A convolution's window: (sizes, strides, padding, dilations), all but padding with a number for each axis."""
    return each(layer.kernel_size), each(layer.strides), layer.padding, each(layer.dilation_rate)


@lru_cache(1024)
def on_two_axes(shape, sizes, strides, padding, dilations):
    """For an input (positions, channels): the shape of the images that a convolution takes at once, with zeros to the
    left and right, or (images, 0, 0, 0) where there are none; and strides, zeros before and dilations, all for two
    axes: a sequence is an image of one row."""
    flat = (1,) * (2 - len(sizes))
    every = [margins(n, size, stride, padding, dilation) for n, size, stride, dilation in
             zip(shape, sizes, strides, dilations, strict=False)]  # fmt: skip
    *heights, width, channels = shape
    beside = sum(every[-1])
    image = (*flat, *heights, width + beside, channels)
    together = max(1, min(4, 4096 // max(1, prod(image))))  # small images are too little work one by one
    buffer = (together, *(image if beside else (0, 0, 0)))
    return buffer, (*flat, *strides), (*(0 for _ in flat), *(first for first, _ in every)), (*flat, *dilations)


def check_steps(strides, dilations):
    """Raises ShapeError for windows with gaps both inside and between them."""
    if max(strides) > 1 and max(dilations) > 1:
        raise ShapeError(
            f"strides {list(strides)} and dilation_rate {list(dilations)} cannot both be above 1",
            hint="leave one of them out",
        )


def reach(size: int, dilation: int = 1) -> int:
    """How many positions a window covers, from its first to its last."""
    return dilation * (size - 1) + 1


def output_length(n: int | None, size: int, stride: int, padding: str, dilation: int = 1) -> int | None:
    """How many windows fit; 0 or less where none does."""
    if n is None:
        return None
    return (n - reach(size, dilation)) // stride + 1 if padding == "valid" else -(-n // stride)


def margins(n: int, size: int, stride: int, padding: str, dilation: int = 1) -> tuple[int, int]:
    """Zeros before and after the n positions."""
    if padding == "valid":
        return 0, 0
    if padding == "causal":
        return reach(size, dilation) - 1, 0
    out = -(-n // stride)
    total = max(0, (out - 1) * stride + reach(size, dilation) - n)
    return total // 2, total - total // 2


@lru_cache(1024)
def output_shape(kind, shape, sizes, strides, padding, dilations=None):
    """The positions of the output. Raises ShapeError for an input of another rank, or one smaller than the window."""
    rank = len(sizes)
    words = "time steps and features" if rank == 1 else "height, width and channels"
    if len(shape) != rank + 1 or shape[-1] is None:
        raise ShapeError(
            f"{kind} takes {words}, {rank + 1} axes besides the batch axis, got {show(shape)}",
            hint=f"put a Reshape before it: target_shape: [{'28, 28, 1' if rank == 2 else '28, 1'}]",
        )
    out = tuple(
        output_length(n, size, stride, padding, dilation)
        for n, size, stride, dilation in zip(shape, sizes, strides, dilations or (1,) * rank, strict=False)
    )
    if any(n is not None and n < 1 for n in out):
        raise ShapeError(
            f"the window {list(sizes)} is larger than the input {show(shape)}",
            hint="use a smaller window, padding: same, or less pooling before it",
        )
    return out


def befores(shape, sizes, strides, padding, dilations):
    """How many zeros come before the positions of each axis."""
    return [
        margins(n, size, stride, padding, dilation)[0]
        for n, size, stride, dilation in zip(shape, sizes, strides, dilations, strict=True)
    ]


def padded(x, sizes, strides, padding, dilations, call):
    """x with zeros around its positions; x itself where there are none to add."""
    around = [margins(n, *rest) for n, *rest in zip(x.shape[1:-1], sizes, strides, [padding] * len(sizes), dilations,
                                                     strict=True)]  # fmt: skip
    if not any(before or after for before, after in around):
        return x
    shape = [n + sum(pair) for n, pair in zip(x.shape[1:-1], around, strict=True)]
    out = call.empty((len(x), *shape, x.shape[-1]))
    out.fill(0)
    inside = tuple(slice(before, before + n) for n, (before, _) in zip(x.shape[1:-1], around, strict=True))
    out[(slice(None), *inside)] = x
    return out


def views(x, sizes, strides, dilations, positions):
    """Every window of x, as a view: (rows, *positions, *sizes, channels)."""
    row, *steps, channel = x.strides
    return as_strided(
        x,
        (len(x), *positions, *sizes, x.shape[-1]),
        (row, *(n * s for n, s in zip(steps, strides, strict=True)),
         *(n * d for n, d in zip(steps, dilations, strict=True)), channel),
        writeable=False,
    )  # fmt: skip


def offsets(
    shape: Sequence[int], sizes: Sequence[int], strides: Sequence[int], before: Sequence[int],
    dilations: Sequence[int], positions: Sequence[int],
) -> Iterator[tuple[tuple[int, ...], tuple[slice, ...], tuple[slice, ...]]]:  # fmt: skip
    """For every place in the window: (the place, where it lies in the input, for which windows).

    shape: positions of the input, with `before` zeros before them; positions: how many windows each axis has.
    The slices include the axis of the rows and leave out what lies in the padding: input[there] belongs to
    output[windows]. NumPy is fast at windows when it sums a few slices of whole arrays.
    """
    by_axis = []
    for n, size, stride, zeros, dilation, out in zip(shape, sizes, strides, before, dilations, positions, strict=True):
        pairs = []
        for place in range(size):
            shift = place * dilation - zeros  # window o covers position o * stride + shift
            first = max(0, -(shift // stride))
            last = min(out, (n - 1 - shift) // stride + 1)
            begin = first * stride + shift
            if last > first:
                there = slice(begin, begin + (last - first - 1) * stride + 1, stride)
                pairs.append((place, there, slice(first, last)))
        by_axis.append(pairs)
    for choice in product(*by_axis):
        yield (
            tuple(place for place, _, _ in choice),
            (slice(None), *(there for _, there, _ in choice)),
            (slice(None), *(windows for _, _, windows in choice)),
        )
