import numpy as np

from nnctl.nn.optimizers import Optimizer, optimizers


@optimizers.register("sign_sgd")
class SignSGD(Optimizer):
    """Every weight moves by lr against the sign of its gradient: w <- w - lr sign(g)."""

    @staticmethod
    def rule(w, g, lr):
        return (w - lr * np.sign(g),)
