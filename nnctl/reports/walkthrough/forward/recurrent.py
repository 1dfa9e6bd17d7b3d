"""LSTM, GRU and SimpleRNN: one time step's gates with numbers, then the states of all steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnctl.config.argument_docs import summary
from nnctl.nn.layers.recurrent.base import Tape
from nnctl.nn.layers.wrappers import inner_weights
from nnctl.reports.walkthrough.forward.general import write_inputs
from nnctl.reports.walkthrough.numbers import factor, number
from nnctl.reports.walkthrough.page import Page
from nnctl.reports.walkthrough.sums import Sum, Term, products, write_sum
from nnctl.reports.walkthrough.trace import TracedStep
from nnctl.translation import _

Array = np.ndarray


@dataclass(frozen=True)
class TimeStep:
    """One time step of a recurrent layer, of one row.

    number: from 0, in the order in which the layer reads. x, h: what goes into the products. before, after: the states
    by name. gates: by name, the engine's values after their activation. held: h U_g + b'_g of a GRU with reset_after,
    of which the gate r says how much is used.
    """

    layer: Any
    weights: Mapping[str, Array]
    number: int
    x: Array
    h: Array
    before: dict[str, Array]
    after: dict[str, Array]
    gates: dict[str, Array]
    held: Array | None = None

    def first_gate(self) -> Sum:
        """The first unit of the first gate, before its activation."""
        terms = products("x{i}", self.x, "W[{i},1]", self.weights["kernel"][:, 0])
        terms += products("h{i}", self.h, "U[{i},1]", self.weights["recurrent_kernel"][:, 0])
        if "bias" in self.weights:
            bias = self.weights["bias"].reshape(-1, self.weights["recurrent_kernel"].shape[1])[:, 0]
            terms += [Term(("b1" if len(bias) == 1 else f"b[{i},1]",), (float(b),)) for i, b in enumerate(bias, 1)]
        return Sum("a1", terms)

    def states(self) -> list[tuple[str, str, str, float]]:
        """For the first unit: left side, symbols, numbers, and the engine's result."""
        return STATES[self.layer.kind](self)


def time_step(layer: Any, weights: Mapping[str, Array], tape: Tape) -> TimeStep:
    """The second real step, at which the state is not 0 any more; the first if there is no second."""
    real = np.flatnonzero(~tape.skip[:, 0, 0]) if tape.skip is not None else np.arange(len(tape.x))
    at = int(real[1]) if len(real) > 1 else int(real[0]) if len(real) else 0
    before = {name: state[at, 0] for name, state in zip(layer.states, tape.states, strict=True)}
    after = {name: state[at + 1, 0] for name, state in zip(layer.states, tape.states, strict=True)}
    names, units = GATES[layer.kind], layer.units
    z = after["h"] if layer.kind == "SimpleRNN" else tape.more["z"][at, 0]
    gates = {name: z[i * units : (i + 1) * units] for i, name in enumerate(names)}
    held = tape.more["held"][at, 0] if layer.kind == "GRU" and layer.reset_after else None
    return TimeStep(layer, weights, at, tape.x[at, 0], before["h"], before, after, gates, held)


GATES: dict[str, Sequence[str]] = {"LSTM": ("i", "f", "g", "o"), "GRU": ("z", "r", "g"), "SimpleRNN": ("h",)}


def recurrent(traced: TracedStep, page: Page) -> None:
    page.text(_(summary(type(traced.layer))))
    write_inputs(traced, page)
    _write(traced.layer, traced.weights, traced.saved, page)
    page.array("y", traced.y[0], _("the output"))


def bidirectional(traced: TracedStep, page: Page) -> None:
    page.text(_(summary(type(traced.layer))))
    write_inputs(traced, page)
    titles = _("Forward, from the first step to the last:"), _("Backward, from the last step to the first:")
    tapes, *_rest = traced.saved
    for title, layer, name, tape in zip(titles, traced.layer.both, ("forward", "backward"), tapes, strict=True):
        page.text(title)
        _write(layer, inner_weights(traced.weights, name), tape, page)
    page.array("y", traced.y[0], _("the output"))


def _write(layer: Any, weights: Mapping[str, Array], tape: Tape, page: Page) -> None:
    step = time_step(layer, weights, tape)
    for left, right in FORMULAS[layer.kind](layer):
        page.formula(left, right)
    several = len(GATES[layer.kind]) > 1
    page.array("W", weights["kernel"], _("for the inputs; the gates side by side") if several else _("for the inputs"))
    page.array("U", weights["recurrent_kernel"], _("for the state h"))
    if "bias" in weights:
        page.array("b", weights["bias"])
    page.text(_("Time step {n} of {steps}, in the order in which the layer reads them:")
              .format(n=step.number + 1, steps=len(tape.x)))  # fmt: skip
    page.array("x", step.x)
    for name, state in step.before.items():
        page.array(name, state, _("before the step"))
    gate = GATES[layer.kind][0]
    page.text(_("The first unit of {gate}:").format(gate=gate))
    write_sum(page, step.first_gate())
    page.formula(f"{gate}1", f"{_activation(layer, gate)}(a1)", number(step.gates[gate][0]))
    if len(step.gates) > 1:
        for name, values in step.gates.items():
            page.array(name, values)
        if step.held is not None:
            page.array(_held(layer), step.held)
        for left, *rights, result in step.states():
            page.formula(left, *rights, number(result))
    for name, state in step.after.items():
        page.array(name, state, _("after the step"))
    page.array("h", tape.states[0][1:, 0], _("after every step"))


def _activation(layer: Any, gate: str) -> str:
    chosen = layer.activation if gate in ("g", "h") else layer.recurrent_activation
    return "" if chosen is None else str(chosen.kind)


def _lstm_states(step: TimeStep) -> list[tuple[str, str, str, float]]:
    i, f, g, o = (float(step.gates[name][0]) for name in "ifgo")
    c, new, h = float(step.before["c"][0]), float(step.after["c"][0]), float(step.after["h"][0])
    tanh = _activation(step.layer, "g")
    return [
        ("new c1", "f1 × c1 + i1 × g1", f"{factor(f)} × {factor(c)} + {factor(i)} × {factor(g)}", new),
        ("new h1", f"o1 × {tanh}(new c1)", f"{factor(o)} × {tanh}({number(new)})", h),
    ]


def _gru_states(step: TimeStep) -> list[tuple[str, str, str, float]]:
    z, g = float(step.gates["z"][0]), float(step.gates["g"][0])
    h, new = float(step.before["h"][0]), float(step.after["h"][0])
    return [("new h1", "z1 × h1 + (1 - z1) × g1", f"{factor(z)} × {factor(h)} + (1 - {factor(z)}) × {factor(g)}", new)]


STATES = {"LSTM": _lstm_states, "GRU": _gru_states, "SimpleRNN": lambda step: []}


def _sum(products: str, layer: Any, bias: str = "b") -> str:
    """The products, and the bias if the layer has one."""
    return f"{products} + {bias}" if layer.use_bias else products


def _held(layer: Any) -> str:
    """What the gate r is multiplied by in a GRU with reset_after."""
    return "(" + _sum("h U_g", layer, "b'_g") + ")"


def _lstm_formulas(layer: Any) -> list[tuple[str, str]]:
    gate, inner = _activation(layer, "i"), _activation(layer, "g")
    return [
        ("a", _sum("x W + h U", layer) + "   " + _("with the columns of i, f, g and o side by side")),
        ("i, f, o", f"{gate}(a_i), {gate}(a_f), {gate}(a_o)"),
        ("g", f"{inner}(a_g)"),
        ("new c", "f × c + i × g"),
        ("new h", f"o × {inner}(new c)"),
    ]


def _gru_formulas(layer: Any) -> list[tuple[str, str]]:
    gate, inner = _activation(layer, "z"), _activation(layer, "g")
    within = _sum("x W_g", layer, "b_g") + (f" + r × {_held(layer)}" if layer.reset_after else " + (r × h) U_g")
    return [
        ("z, r", f"{gate}({_sum('x W + h U', layer)})"),
        ("g", f"{inner}({within})"),
        ("new h", "z × h + (1 - z) × g"),
    ]


FORMULAS = {
    "LSTM": _lstm_formulas,
    "GRU": _gru_formulas,
    "SimpleRNN": lambda layer: [("new h", f"{_activation(layer, 'h')}({_sum('x W + h U', layer)})")],
}
