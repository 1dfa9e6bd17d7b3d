"""Optimizers: the family tree from gradient descent to Nadam. Keras' names, formulas and defaults.

A rule is written once, in plain array-agnostic Python, on any slice of the flat weights: NumPy runs it on
blocks that fit the cache, and the same source can be compiled.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import Field

from nnctl.registry import Declared, Family, one_of
from nnctl.schedules import schedules

Array = np.ndarray

optimizers = Family("optimizer")

Rate = one_of(schedules, scalar=True)  # a number or a schedule
Fraction = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[float, Field(gt=0)]


class Optimizer(Declared):
    """Base of all optimizers.

    Order of a step: clip, weight decay (w -= w * weight_decay * learning_rate), rule.
    slots: names of the state arrays, each laid out like the weights. slot_start: their start, 0 if unnamed.
    """

    learning_rate: Rate = 0.001
    clipnorm: Positive | None = None  # of each variable by itself
    global_clipnorm: Positive | None = None  # of all gradients together
    clipvalue: Positive | None = None
    weight_decay: Positive | None = None

    slots: ClassVar[tuple[str, ...]] = ()

    def slot_start(self) -> dict[str, float]:
        return {}

    def rate(self, step: int) -> float:
        """The learning rate of the 0-based step."""
        given: Any = self.learning_rate
        return given if isinstance(given, float) else given.rate(step)

    def scalars(self, step: int, memory: dict[str, float]) -> tuple[float, ...]:
        """The numbers `rule` takes at the 0-based step; `memory` is kept (and saved) between steps."""
        return (self.rate(step),)

    @staticmethod
    def rule(w: Array, g: Array, *rest: Any) -> tuple[Array, ...]:
        """(w, *slots) after the step, from w, its gradient g, the slots, then the scalars."""
        raise NotImplementedError


@optimizers.register("sgd", "gradient_descent")
class SGD(Optimizer):
    """Stochastic gradient descent: w <- w - lr g; the whole set as one batch makes it gradient descent."""

    learning_rate: Rate = 0.01

    @staticmethod
    def rule(w, g, lr):
        return (w - lr * g,)


@optimizers.register("adam")
class Adam(Optimizer):
    """Adam: steps of about lr, along the mean gradient over its root mean square.

    m <- b1 m + (1 - b1) g;  v <- b2 v + (1 - b2) g^2;
    w <- w - lr sqrt(1 - b2^t) / (1 - b1^t) m / (sqrt(v) + eps).
    Source: Kingma and Ba 2014.
    """

    beta_1: Fraction = 0.9
    beta_2: Fraction = 0.999
    epsilon: Positive = 1e-7

    slots = ("momentum", "velocity")

    def scalars(self, step, memory):
        t = step + 1
        corrected = self.rate(step) * (1 - self.beta_2**t) ** 0.5 / (1 - self.beta_1**t)
        return corrected, self.beta_1, self.beta_2, self.epsilon

    @staticmethod
    def rule(w, g, m, v, lr, beta_1, beta_2, eps):
        m = m + (1 - beta_1) * (g - m)
        v = v + (1 - beta_2) * (g * g - v)
        return w - lr * m / (np.sqrt(v) + eps), m, v
