"""The rules of optimizers with the numbers of one weight: for each line its left side, then its right sides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from nnctl.reports.walkthrough.numbers import factor, number

if TYPE_CHECKING:
    from nnctl.reports.walkthrough.update import Update

Lines = Iterator[tuple[str, ...]]


def adam(update: Update, at: int) -> Lines:
    """Adam at its first step, as Keras and nnctl compute it: the corrections of m and v are in the rate."""
    optimizer = update.optimizer
    g, w = (float(array[at]) for array in (update.gradients, update.before))
    m, v, new = float(update.slots["momentum"][at]), float(update.slots["velocity"][at]), float(update.after[at])
    b1, b2, eps = optimizer.beta_1, optimizer.beta_2, optimizer.epsilon
    yield "new m", "beta_1 × m + (1 - beta_1) × g", f"{b1:g} × 0 + {1 - b1:g} × {factor(g)}", number(m)
    yield "new v", "beta_2 × v + (1 - beta_2) × g^2", f"{b2:g} × 0 + {1 - b2:g} × {factor(g)}^2", number(v)
    yield "m^", "new m / (1 - beta_1^t)", f"{number(m)} / (1 - {b1:g}^1)", number(m / (1 - b1))
    yield "v^", "new v / (1 - beta_2^t)", f"{number(v)} / (1 - {b2:g}^1)", number(v / (1 - b2))
    rate = update.scalars[0]
    yield ("a", "lr × sqrt(1 - beta_2^t) / (1 - beta_1^t)", f"{update.rate:g} × sqrt(1 - {b2:g}^1) / (1 - {b1:g}^1)",
           number(rate))  # fmt: skip
    yield ("new w", "w - a × new m / (sqrt(new v) + epsilon)",
           f"{number(w)} - {number(rate)} × {factor(m)} / (sqrt({number(v)}) + {eps:g})", number(new))  # fmt: skip


def sgd(update: Update, at: int) -> Lines:
    """Gradient descent; the momentum starts at 0."""
    optimizer = update.optimizer
    g, w, new = (float(array[at]) for array in (update.gradients, update.before, update.after))
    if not optimizer.momentum:
        yield "new w", "w - lr × g", f"{number(w)} - {update.rate:g} × {factor(g)}", number(new)


WRITTEN: dict[str, Callable[[Update, int], Lines]] = {"adam": adam, "sgd": sgd}
