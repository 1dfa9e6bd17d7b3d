"""The rules of optimizers with the numbers of one weight, at the first step.

Each function gives lines: a left side, the formula in symbols, the same in numbers, and what the engine computed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from nnctl.reports.walkthrough.numbers import factor, number

if TYPE_CHECKING:
    from nnctl.reports.walkthrough.update import Update

Line = tuple[str, str, str, float]


class Weight:
    """One weight of an update, by its place in the flat arrays: before and after, its gradient, its slots after."""

    def __init__(self, update: Update, at: int):
        self.optimizer: Any = update.optimizer
        self.rate, self.scalars = f"{update.rate:g}", update.scalars
        self.before, self.g, self.after = (
            float(array[at]) for array in (update.before, update.gradients, update.after)
        )
        self.slots = {name: float(slot[at]) for name, slot in update.slots.items()}
        self.decay = self.optimizer.weight_decay or 0.0
        w = update.before[at]
        self.kept = float(w - w * w.dtype.type(self.decay * update.rate))

    @property
    def w(self) -> str:
        """The weight as a factor, after its decay."""
        return factor(self.kept)

    @property
    def name(self) -> str:
        """What the weight is called after its decay."""
        return "w'" if self.decay else "w"


def sgd(of: Weight) -> Iterator[Line]:
    if not of.optimizer.momentum:
        yield "new w", f"{of.name} - lr × g", f"{of.w} - {of.rate} × {factor(of.g)}", of.after
        return
    v, momentum = of.slots["momentum"], f"{of.optimizer.momentum:g}"
    yield "new v", "momentum × v - lr × g", f"{momentum} × 0 - {of.rate} × {factor(of.g)}", v
    if not of.optimizer.nesterov:
        yield "new w", f"{of.name} + new v", f"{of.w} + {factor(v)}", of.after
        return
    yield ("new w", f"{of.name} + momentum × new v - lr × g",
           f"{of.w} + {momentum} × {factor(v)} - {of.rate} × {factor(of.g)}", of.after)  # fmt: skip


def adagrad(of: Weight) -> Iterator[Line]:
    a, eps = of.slots["accumulator"], f"{of.optimizer.epsilon:g}"
    start = f"{of.optimizer.initial_accumulator_value:g}"
    yield "new a", "a + g^2", f"{start} + {factor(of.g)}^2", a
    yield ("new w", f"{of.name} - lr × g / sqrt(new a + epsilon)",
           f"{of.w} - {of.rate} × {factor(of.g)} / sqrt({number(a)} + {eps})", of.after)  # fmt: skip


def rmsprop(of: Weight) -> Iterator[Line]:
    optimizer, v = of.optimizer, of.slots["velocity"]
    rho, eps = f"{optimizer.rho:g}", f"{optimizer.epsilon:g}"
    yield "new v", "rho × v + (1 - rho) × g^2", f"{rho} × 0 + (1 - {rho}) × {factor(of.g)}^2", v
    symbols, numbers = "new v", number(v)
    if optimizer.centered:
        a = of.slots["average_gradient"]
        yield "new a", "rho × a + (1 - rho) × g", f"{rho} × 0 + (1 - {rho}) × {factor(of.g)}", a
        symbols, numbers = "new v - new a^2", f"{number(v)} - {factor(a)}^2"
    symbols, numbers = (f"lr × g / sqrt({symbols} + epsilon)",
                        f"{of.rate} × {factor(of.g)} / sqrt({numbers} + {eps})")  # fmt: skip
    if optimizer.momentum:
        m, momentum = of.slots["momentum"], f"{optimizer.momentum:g}"
        yield "new m", f"momentum × m + {symbols}", f"{momentum} × 0 + {numbers}", m
        symbols, numbers = "new m", factor(m)
    yield "new w", f"{of.name} - {symbols}", f"{of.w} - {numbers}", of.after


def _means(of: Weight) -> Iterator[Line]:
    """Adam's running means of g and of g^2."""
    b1, b2 = f"{of.optimizer.beta_1:g}", f"{of.optimizer.beta_2:g}"
    m, v = of.slots["momentum"], of.slots["velocity"]
    yield "new m", "beta_1 × m + (1 - beta_1) × g", f"{b1} × 0 + (1 - {b1}) × {factor(of.g)}", m
    yield "new v", "beta_2 × v + (1 - beta_2) × g^2", f"{b2} × 0 + (1 - {b2}) × {factor(of.g)}^2", v


def adam(of: Weight) -> Iterator[Line]:
    """As Keras and nnctl compute it: the corrections of m and v are in the rate."""
    yield from _means(of)
    b1, b2, eps = of.optimizer.beta_1, of.optimizer.beta_2, of.optimizer.epsilon
    m, v, rate = of.slots["momentum"], of.slots["velocity"], of.scalars[0]
    yield "m^", "new m / (1 - beta_1^t)", f"{number(m)} / (1 - {b1:g}^1)", m / (1 - b1)
    yield "v^", "new v / (1 - beta_2^t)", f"{number(v)} / (1 - {b2:g}^1)", v / (1 - b2)
    yield ("a", "lr × sqrt(1 - beta_2^t) / (1 - beta_1^t)", f"{of.rate} × sqrt(1 - {b2:g}^1) / (1 - {b1:g}^1)",
           rate)  # fmt: skip
    root = "new v"
    if of.optimizer.amsgrad:
        root, v = "u", of.slots["velocity_hat"]
        yield "u", "max(u, new v)", f"max(0, {number(v)})", v
    yield ("new w", f"{of.name} - a × new m / (sqrt({root}) + epsilon)",
           f"{of.w} - {number(rate)} × {factor(m)} / (sqrt({number(v)}) + {eps:g})", of.after)  # fmt: skip


def nadam(of: Weight) -> Iterator[Line]:
    yield from _means(of)
    m, v = of.slots["momentum"], of.slots["velocity"]
    of_mean, of_gradient, unbias, *_ = of.scalars
    b1 = of.optimizer.beta_1
    u, u_next = (b1 * (1 - 0.5 * 0.96**t) for t in (1, 2))
    yield "u_1", "beta_1 × (1 - 0.96^1 / 2)", f"{b1:g} × (1 - 0.96^1 / 2)", u
    yield "u_2", "beta_1 × (1 - 0.96^2 / 2)", f"{b1:g} × (1 - 0.96^2 / 2)", u_next
    yield ("c", "lr × u_2 / (1 - u_1 × u_2)", f"{of.rate} × {number(u_next)} / (1 - {number(u)} × {number(u_next)})",
           of_mean)  # fmt: skip
    yield "d", "lr × (1 - u_1) / (1 - u_1)", f"{of.rate} × (1 - {number(u)}) / (1 - {number(u)})", of_gradient
    yield ("new w", f"{of.name} - (c × new m + d × g) / (sqrt(new v / (1 - beta_2^t)) + epsilon)",
           f"{of.w} - ({number(of_mean)} × {factor(m)} + {number(of_gradient)} × {factor(of.g)}) / "
           f"(sqrt({number(v)} / {number(unbias)}) + {of.optimizer.epsilon:g})", of.after)  # fmt: skip


def written(update: Update, at: int) -> list[Line]:
    """The rule with the numbers of the weight at that place; empty for rules that are not written out."""
    function, of = RULES.get(update.optimizer.kind), Weight(update, at)
    if function is None:
        return []
    w = factor(of.before)
    decay = ("w'", "w - weight_decay × lr × w", f"{w} - {of.decay:g} × {of.rate} × {w}", of.kept)
    return [*([decay] if of.decay else []), *function(of)]


RULES: dict[str, Callable[[Weight], Iterator[Line]]] = {
    "adagrad": adagrad,
    "adam": adam,
    "adamw": adam,
    "momentum": sgd,
    "nadam": nadam,
    "nesterov": sgd,
    "rmsprop": rmsprop,
    "sgd": sgd,
}
