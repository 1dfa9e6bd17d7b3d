import numpy as np

from nnctl.nn.optimizers.base import Fraction, Optimizer, optimizers


@optimizers.register("signum")
class Signum(Optimizer):
    """Signum: every weight moves by lr against the sign of its mean gradient.

    m <- beta m + (1 - beta) g;  w <- w - lr sign(m).
    beta: how slowly the mean gradient m changes. Not in Keras. Source: Bernstein et al. 2018.
    """

    beta: Fraction = 0.9

    def slots(self):
        return {"momentum": 0.0}

    def scalars(self, lr, step, memory):
        return lr, self.beta

    @staticmethod
    def rule(w, g, m, lr, beta):
        m = beta * m + (1 - beta) * g
        return w - lr * np.sign(m), m
