"""Conv1D and Conv2D: one window of the input, place by place, for the first filter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from nnctl.nn.layers import window_geometry
from nnctl.reports.walkthrough.forward.general import write_inputs
from nnctl.reports.walkthrough.numbers import factor, number
from nnctl.reports.walkthrough.page import Page
from nnctl.reports.walkthrough.sums import SHOWN, Sum, Term, write_sum
from nnctl.reports.walkthrough.trace import TracedStep
from nnctl.translation import _

Array = np.ndarray
MOST = 9  # terms of a channel: a window of 3 x 3


@dataclass(frozen=True)
class Window:
    """What one number of the output is computed from.

    place: of the output, without the filter, counted from 0. first: the first position of the window in the input,
    which may be in the padding. x, kernel: (*sizes, channels), the window of the input, with zeros in the padding, and
    the weights of the first filter. result: what the engine computed.
    """

    place: tuple[int, ...]
    first: tuple[int, ...]
    x: Array
    kernel: Array
    bias: float | None
    result: float

    @property
    def channels(self) -> int:
        return int(self.x.shape[-1])

    def of_channel(self, channel: int) -> Sum:
        """The sum over the window's places in one channel."""
        terms = []
        for place in np.ndindex(*self.x.shape[:-1]):
            at = ",".join(str(n + 1) for n in place)
            values = float(self.x[(*place, channel)]), float(self.kernel[(*place, channel)])
            terms.append(Term((f"x[{at}]", f"W[{at}]"), values))
        return Sum(f"s{channel + 1}", terms)

    @property
    def total(self) -> float:
        """The sum over all channels, and the bias."""
        return sum(self.of_channel(c).total for c in range(self.channels)) + (self.bias or 0.0)


def window_of(traced: TracedStep) -> Window:
    """The window with the largest output of the first filter."""
    layer: Any = traced.layer
    sizes, strides, padding, dilations = window_geometry.of(layer)
    z = traced.y[0, ..., 0]
    place = tuple(int(n) for n in np.unravel_index(np.abs(z).argmax(), z.shape))
    image = traced.x[0][0][..., : traced.x[0].shape[-1] // layer.groups]
    before = window_geometry.befores(image.shape[:-1], sizes, strides, padding, dilations)
    first = tuple(p * s - b for p, s, b in zip(place, strides, before, strict=True))
    x = np.zeros((*sizes, image.shape[-1]), image.dtype)
    for inside in np.ndindex(*sizes):
        there = tuple(f + i * d for f, i, d in zip(first, inside, dilations, strict=True))
        if all(0 <= n < size for n, size in zip(there, image.shape[:-1], strict=True)):
            x[inside] = image[there]
    bias = float(traced.weights["bias"][0]) if "bias" in traced.weights else None
    return Window(place, first, x, traced.weights["kernel"][..., 0], bias, float(z[place]))


def convolution(traced: TracedStep, page: Page) -> None:
    window, one_axis = window_of(traced), traced.x[0].ndim == 3
    write_inputs(traced, page)
    page.array("W", traced.weights["kernel"], _("the weights of a window, for each input channel and each filter"))
    if window.bias is not None:
        page.array("b", traced.weights["bias"])
    at = ",".join(str(n + 1) for n in (*window.place, 0))
    page.text(_("The number z[{place}], of the first filter, is the sum over a window of the input:").format(place=at))
    ends = [_range(f, n, d) for f, n, d in zip(window.first, window.x.shape, window_geometry.of(traced.layer)[3],
                                               strict=False)]  # fmt: skip
    if one_axis:
        page.text(_("the window covers time steps {steps}; what lies outside is padding and counts as 0.")
                  .format(steps=ends[0]))  # fmt: skip
    else:
        text = _("the window covers rows {rows} and columns {columns}; what lies outside is padding and counts as 0.")
        page.text(text.format(rows=ends[0], columns=ends[-1]))
    first = (slice(None),) * (window.x.ndim - 1) + (0,)
    page.array(_("x in the window, channel 1"), window.x[first])
    page.array(_("W of filter 1, channel 1"), window.kernel[first])
    write_sum(page, window.of_channel(0), MOST)
    _write_channels(window, at, page)
    page.array("z", traced.y[0])


def _write_channels(window: Window, at: str, page: Page) -> None:
    sums = [window.of_channel(c).total for c in range(window.channels)]
    shown = len(sums) if page.whole else min(len(sums), SHOWN)
    dots = ["…"] if shown < len(sums) else []
    symbols = [*(f"s{c + 1}" for c in range(shown)), *dots]
    numbers = [*(factor(s) for s in sums[:shown]), *dots]
    if window.bias is not None:
        symbols.append("b1")
        numbers.append(factor(window.bias))
    if len(sums) > 1:
        bias = window.bias is not None
        page.text(_("The other channels likewise; the sum over all channels and the bias:") if bias else _(
            "The other channels likewise; the sum over all channels:"))  # fmt: skip
    page.formula(f"z[{at}]", " + ".join(symbols), " + ".join(numbers), number(window.result))


def _range(first: int, size: int, dilation: int) -> str:
    last = first + (size - 1) * dilation
    return f"{first + 1}" if size == 1 else _("{first} to {last}").format(first=first + 1, last=last + 1)
