"""A step for each variable that is in proportion to the variable's own norm: LARS, LAMB."""

import math

import numpy as np

from nnctl.nn.optimizers.adam import Moments
from nnctl.nn.optimizers.base import Fraction, NotNegative, Optimizer, Positive, Rate, norm, optimizers


@optimizers.register("lars")
class Lars(Optimizer):
    """LARS: SGD with momentum for very large batches, in which every kernel moves by a like fraction of its norm.

    r = trust_coefficient ||w|| / (||g|| + eps);  v <- momentum v - lr r g;  w <- w + v,
    with the norms of the whole variable. r is 1 where either norm is 0, and for biases and other 1-D variables.
    Weight decay is applied before the step, apart from the gradient, as in all optimizers here; in the paper it
    is part of g. Not in Keras. Source: You, Gitman and Ginsburg 2017.
    trust_coefficient: the fraction of its norm by which a variable moves in a step, times lr.
    """

    per_variable = True
    scaling_rule = "linear"
    learning_rate: Rate = 0.1
    momentum: Fraction = 0.9
    trust_coefficient: Positive = 0.001
    epsilon: NotNegative = 0.0

    def slots(self):
        return {"momentum": 0.0}

    def scalars(self, lr, step, memory):
        return lr, self.momentum, self.trust_coefficient, self.epsilon

    @staticmethod
    def rule(w, g, v, lr, momentum, trust, eps, *, name):
        lengths = norm(w), norm(g)
        ratio = trust * lengths[0] / (lengths[1] + eps) if w.ndim > 1 and all(lengths) else 1.0
        v = momentum * v - lr * ratio * g
        return w + v, v


@optimizers.register("lamb")
class Lamb(Moments):
    """LAMB: Adam for very large batches, in which every variable moves by lr times its norm.

    m and v as in Adam;  u = m / (1 - b1^t) / (sqrt(v / (1 - b2^t)) + eps);  w <- w - lr ||w|| / ||u|| u,
    with the norms of the whole variable; their ratio is 1 where either is 0.
    Weight decay is applied before the step, apart from the gradient, as in all optimizers here; in the paper it
    is part of u. Source: You et al. 2020.
    """

    per_variable = True

    def scalars(self, lr, step, memory):
        t = step + 1
        of_mean, of_square = 1 - self.beta_1**t, math.sqrt(1 - self.beta_2**t)
        return lr, of_mean, of_square, self.beta_1, self.beta_2, self.epsilon

    @staticmethod
    def rule(w, g, m, v, lr, of_mean, of_square, beta_1, beta_2, eps, *, name):
        m = m + (1 - beta_1) * (g - m)
        v = v + (1 - beta_2) * (g * g - v)
        update = m / of_mean / (np.sqrt(v) / of_square + eps)
        lengths = norm(w), norm(update)
        ratio = lengths[0] / lengths[1] if all(lengths) else 1.0
        return w - lr * ratio * update, m, v
