"""The gradients of a row, from those of a layer's output back to its weights and its input: the chain rule."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from nnctl.nn.layers import window_geometry
from nnctl.reports.walkthrough.forward.plain import UNCHANGED
from nnctl.reports.walkthrough.numbers import factor, number
from nnctl.reports.walkthrough.page import Page
from nnctl.reports.walkthrough.sums import Sum, Term, write_sum
from nnctl.reports.walkthrough.trace import TracedStep
from nnctl.translation import _

Array = np.ndarray


def write_backward(traced: TracedStep, page: Page) -> None:
    """The gradients of a layer's weights and of its input, from the gradient of its output."""
    BACKWARD.get(traced.layer.kind, general)(traced, page)


def general(traced: TracedStep, page: Page) -> None:
    for name, gradient in traced.gradients.items():
        page.array(f"dL/d{SYMBOLS.get(name, name)}", gradient)
    _write_dx(traced, page)


def _write_dx(traced: TracedStep, page: Page) -> None:
    for number_of, (name, dx) in enumerate(zip(traced.names, traced.dx, strict=False), 1):
        if dx is None:
            continue
        symbol = "dL/dx" if len(traced.dx) == 1 else f"dL/dx_{number_of}"
        page.array(symbol, dx[0], _("goes back to {layer}").format(layer=name))


def dense(traced: TracedStep, page: Page) -> None:
    assert traced.dy is not None
    several = traced.dy.ndim > 2
    if traced.gradients:
        page.formula("dL/dW", "x^T dL/dz" + ("   " + _("(summed over all positions)") if several else ""))
        if not several:
            write_sum(page, kernel_gradient(traced))
        page.array("dL/dW", traced.gradients["kernel"])
        if "bias" in traced.gradients:
            page.array(
                "dL/db",
                traced.gradients["bias"],
                _("equal to dL/dz") if not several else _("the sum of dL/dz over all positions"),
            )
    if any(dx is not None for dx in traced.dx):
        page.formula("dL/dx", "dL/dz W^T")
        write_sum(page, input_gradient(traced))
        _write_dx(traced, page)


def kernel_gradient(traced: TracedStep) -> Sum:
    """dL/dW[i, j], of the entry with the largest gradient."""
    gradient = traced.gradients["kernel"]
    i, j = (int(n) for n in np.unravel_index(np.abs(gradient).argmax(), gradient.shape))
    assert traced.dy is not None
    term = Term((f"x{i + 1}", f"dL/dz{j + 1}"), (float(traced.x[0][0, i]), float(traced.dy[0, j])))
    return Sum(f"dL/dW[{i + 1},{j + 1}]", [term], float(gradient[i, j]))


def input_gradient(traced: TracedStep) -> Sum:
    """dL/dx_1, at the first position if there are several."""
    [dx] = traced.dx
    assert dx is not None and traced.dy is not None
    dz = traced.dy.reshape(-1, traced.dy.shape[-1])[0]
    terms = [Term((f"dL/dz{j}", f"W[1,{j}]"), (float(d), float(w)))
             for j, (d, w) in enumerate(zip(dz, traced.weights["kernel"][0], strict=True), 1)]  # fmt: skip
    return Sum("dL/dx1", terms, float(dx.reshape(-1, dx.shape[-1])[0, 0]))


def window_gradient(traced: TracedStep) -> Sum:
    """A convolution's dL/dW of the first place of the window, channel and filter."""
    layer: Any = traced.layer
    assert traced.dy is not None
    sizes, strides, padding, dilations = window_geometry.of(layer)
    x, dz = traced.x[0][0][..., 0], traced.dy[0][..., 0]
    before = window_geometry.befores(x.shape, sizes, strides, padding, dilations)
    terms = []
    for place in np.ndindex(*dz.shape):
        there = tuple(p * s - b for p, s, b in zip(place, strides, before, strict=True))
        if all(0 <= n < size for n, size in zip(there, x.shape, strict=True)):  # the padding is 0
            names = (f"{name}[{','.join(str(n + 1) for n in at)}]" for name, at in (("x", there), ("dL/dz", place)))
            terms.append(Term(tuple(names), (float(x[there]), float(dz[place]))))
    first = ",".join("1" for _ in range(len(sizes) + 2))
    return Sum(f"dL/dW[{first}]", terms, float(traced.gradients["kernel"].reshape(-1)[0]))


def activation(traced: TracedStep, page: Page) -> None:
    assert traced.dy is not None
    function: Any = traced.layer.function
    [dx] = traced.dx or [None]
    if dx is None:
        return
    if not function.elementwise:
        page.array("dL/dz", dx[0], _("through {name}").format(name=function.kind))
        return
    page.text(_("Through {name}: dL/dz = dL/dy × f'(z).").format(name=function.kind))
    at = int(np.abs(dx).argmax())
    dy, back = traced.dy.reshape(-1)[at], dx.reshape(-1)[at]
    slope = slope_at(function, traced, at)
    index = ",".join(str(int(n) + 1) for n in np.unravel_index(at, dx.shape)[1:])
    place = index if "," not in index else f"[{index}]"
    page.formula(f"dL/dz{place}", f"dL/dy{place} × f'(z{place})", f"{factor(dy)} × {factor(slope)}", number(back))
    page.array("dL/dz", dx[0])


def slope_at(function: Any, traced: TracedStep, at: int) -> float:
    """The derivative of an activation at one entry of its input, by its own `gradient`."""
    x, y = (array.reshape(-1)[at : at + 1].copy() for array in (traced.x[0], traced.y))
    return float(function.gradient(x, y, np.ones_like(x))[0])


# What weights are called in formulas.
SYMBOLS = {"bias": "b", "embeddings": "E", "kernel": "W", "recurrent_kernel": "U"}


def convolution(traced: TracedStep, page: Page) -> None:
    if "kernel" in traced.gradients:
        page.formula("dL/dW[k,c,f]", "sum over the positions p of x[s p + d k,c] × dL/dz[p,f]")
        write_sum(page, window_gradient(traced))
    general(traced, page)


def recurrent(traced: TracedStep, page: Page) -> None:
    page.text(_("The gradient goes back through the time steps, from the last to the first; the gradient of each "
                "weight is the sum over all of them."))  # fmt: skip
    general(traced, page)


def unchanged(traced: TracedStep, page: Page) -> None:
    page.text(_("It passes the gradient on unchanged."))


BACKWARD: dict[str, Callable[[TracedStep, Page], None]] = {
    "Activation": activation,
    "Bidirectional": recurrent,
    "Conv1D": convolution,
    "Conv2D": convolution,
    "Dense": dense,
    "ELU": activation,
    "GRU": recurrent,
    "LSTM": recurrent,
    "LeakyReLU": activation,
    "ReLU": activation,
    "SimpleRNN": recurrent,
    "Softmax": activation,
    **dict.fromkeys(UNCHANGED, unchanged),
}


def has_gradient(steps: Sequence[TracedStep]) -> bool:
    """Whether anything flows back through these steps."""
    return any(step.gradients or any(dx is not None for dx in step.dx) for step in steps)
