"""A rate of its own for each weight, from its squared gradients: Adagrad, Ftrl, Adadelta, RMSprop."""

from typing import Annotated

import numpy as np

from nnctl.components.fast_checks import Field
from nnctl.errors import InputError
from nnctl.nn.optimizers.base import Fraction, NotNegative, Optimizer, Positive, optimizers


@optimizers.register("adagrad")
class Adagrad(Optimizer):
    """Adagrad: each weight has its own rate, which falls as its squared gradients add up.

    a <- a + g^2, from initial_accumulator_value;  w <- w - lr g / sqrt(a + eps).
    Good for rare features; the rate never rises again. Source: Duchi, Hazan and Singer 2011.
    """

    initial_accumulator_value: NotNegative = 0.1
    epsilon: Positive = 1e-7

    def slots(self):
        return {"accumulator": self.initial_accumulator_value}

    def scalars(self, lr, step, memory):
        return lr, self.epsilon

    @staticmethod
    def rule(w, g, a, lr, eps):
        a = a + g * g
        return w - lr * g / np.sqrt(a + eps), a


@optimizers.register("ftrl")
class Ftrl(Optimizer):
    """Follow the regularized leader: Adagrad for linear models, with an L1 penalty that gives exact zeros.

    a' = a + g^2;  p = -learning_rate_power;
    z <- z + g + 2 shrinkage w - (a'^p - a^p) / lr w;  a <- a';
    w <- (clip(z, -l1, l1) - z) / (a^p / lr + 2 l2 + beta / lr),
    where l1, l2 and shrinkage stand for the three regularization strengths.
    Source: McMahan et al. 2013.
    """

    learning_rate_power: Annotated[float, Field(le=0)] = -0.5
    initial_accumulator_value: NotNegative = 0.1
    l1_regularization_strength: NotNegative = 0.0
    l2_regularization_strength: NotNegative = 0.0
    l2_shrinkage_regularization_strength: NotNegative = 0.0
    beta: NotNegative = 0.0

    def slots(self):
        return {"accumulator": self.initial_accumulator_value, "linear": 0.0}

    def scalars(self, lr, step, memory):
        if lr == 0:
            raise InputError(
                f"ftrl divides by the learning rate, which is 0 at step {step}",
                hint="end the schedule above 0 (`alpha` or `end_learning_rate`), or use adagrad",
            )
        l2 = self.l2_regularization_strength + self.beta / (2 * lr)
        shrinkage = self.l2_shrinkage_regularization_strength
        return lr, -self.learning_rate_power, self.l1_regularization_strength, l2, shrinkage

    @staticmethod
    def rule(w, g, a, z, lr, power, l1, l2, shrinkage):
        grown = a + g * g
        z = z + g + 2 * shrinkage * w - (grown**power - a**power) / lr * w
        w = (np.minimum(np.maximum(z, -l1), l1) - z) / (grown**power / lr + 2 * l2)
        return w, grown, z


@optimizers.register("adadelta")
class Adadelta(Optimizer):
    """Adadelta: Adagrad whose squares fade, with steps as large as the recent ones were.

    a <- rho a + (1 - rho) g^2;  step = -sqrt(d + eps) / sqrt(a + eps) g;
    d <- rho d + (1 - rho) step^2;  w <- w + lr step.
    The paper's own method has learning_rate 1. Source: Zeiler 2012.
    """

    rho: Fraction = 0.95
    epsilon: Positive = 1e-7

    def slots(self):
        return {"accumulated_grad": 0.0, "accumulated_delta_var": 0.0}

    def scalars(self, lr, step, memory):
        return lr, self.rho, self.epsilon

    @staticmethod
    def rule(w, g, a, d, lr, rho, eps):
        a = rho * a + (1 - rho) * g * g
        step = np.sqrt(d + eps) / np.sqrt(a + eps) * g
        return w - lr * step, a, rho * d + (1 - rho) * step * step


@optimizers.register("rmsprop")
class RMSprop(Optimizer):
    """RMSprop: Adagrad whose squares fade, so that the rate can rise again.

    v <- rho v + (1 - rho) g^2;  w <- w - lr g / sqrt(v + eps).
    centered: v less the square of the mean gradient, a <- rho a + (1 - rho) g, under the root.
    momentum: m <- momentum m + lr g / sqrt(...);  w <- w - m.
    Source: Tieleman and Hinton 2012; centered: Graves 2013.
    """

    rho: Fraction = 0.9
    momentum: Fraction = 0.0
    epsilon: Positive = 1e-7
    centered: bool = False

    def slots(self):
        if self.momentum or self.centered:
            return {"velocity": 0.0, "momentum": 0.0, "average_gradient": 0.0}
        return {"velocity": 0.0}

    def scalars(self, lr, step, memory):
        if self.momentum or self.centered:
            return lr, self.rho, self.epsilon, self.momentum, float(self.centered)
        return lr, self.rho, self.epsilon

    def formula(self):
        return self.full_rule if self.momentum or self.centered else self.rule

    @staticmethod
    def rule(w, g, v, lr, rho, eps):
        v = rho * v + (1 - rho) * g * g
        return w - lr * g / np.sqrt(v + eps), v

    @staticmethod
    def full_rule(w, g, v, m, a, lr, rho, eps, momentum, centered):
        v = rho * v + (1 - rho) * g * g
        a = rho * a + (1 - rho) * g
        m = momentum * m + lr * g / np.sqrt(v - centered * a * a + eps)
        return w - m, v, m, a
