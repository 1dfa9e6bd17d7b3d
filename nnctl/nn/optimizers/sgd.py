"""Steps along the gradient, or along a running sum of gradients: SGD, momentum, Nesterov, Lion."""

import numpy as np

from nnctl.nn.optimizers.base import Fraction, Optimizer, Rate, optimizers


@optimizers.register("sgd", "gradient_descent")
class SGD(Optimizer):
    """Stochastic gradient descent: a step downhill, against the gradient of the loss.

    w <- w - lr g.
    How many rows the gradient is taken over names the method: the whole training set (`batch_size: all`)
    is gradient descent, one step an epoch, along the exact gradient; one row (`batch_size: 1`) is stochastic
    gradient descent in the strict sense, many noisy steps; anything between is mini-batch gradient
    descent, the usual choice. `momentum` and `nesterov` make it the optimizers of these names.
    """

    scaling_rule = "linear"
    learning_rate: Rate = 0.01
    momentum: Fraction = 0.0
    nesterov: bool = False

    def slots(self):
        return {"momentum": 0.0} if self.momentum else {}

    def scalars(self, lr, step, memory):
        return (lr, self.momentum) if self.momentum else (lr,)

    def formula(self):
        if not self.momentum:
            return SGD.rule
        return Nesterov.rule if self.nesterov else Momentum.rule

    @staticmethod
    def rule(w, g, lr):
        return (w - lr * g,)


@optimizers.register("momentum")
class Momentum(SGD):
    """SGD with momentum: a ball that rolls downhill, faster where the gradient keeps its direction.

    v <- momentum v - lr g;  w <- w + v. With momentum 0 it is SGD.
    Source: Polyak 1964.
    """

    momentum: Fraction = 0.9

    @staticmethod
    def rule(w, g, v, lr, momentum):  # type: ignore[override]  # a slot and a number more than SGD
        v = momentum * v - lr * g
        return w + v, v


@optimizers.register("nesterov", "nag")
class Nesterov(Momentum):
    """Nesterov's accelerated gradient: momentum that already counts the push it is about to get.

    v <- momentum v - lr g;  w <- w + momentum v - lr g.
    Source: Nesterov 1983, in the form of Sutskever et al. 2013.
    """

    nesterov: bool = True

    @staticmethod
    def rule(w, g, v, lr, momentum):  # type: ignore[override]  # a slot and a number more than SGD
        push = lr * g
        v = momentum * v - push
        return w + momentum * v - push, v


@optimizers.register("lion")
class Lion(Optimizer):
    """Lion: momentum of which only the sign counts, so that every weight moves by exactly lr.

    w <- w - lr sign(b1 m + (1 - b1) g);  m <- b2 m + (1 - b2) g.
    Needs a learning rate 3 to 10 times smaller than Adam's. Source: Chen et al. 2023.
    """

    beta_1: Fraction = 0.9
    beta_2: Fraction = 0.99

    def slots(self):
        return {"momentum": 0.0}

    def scalars(self, lr, step, memory):
        return lr, self.beta_1, self.beta_2

    @staticmethod
    def rule(w, g, m, lr, beta_1, beta_2):
        w = w - lr * np.sign(beta_1 * m + (1 - beta_1) * g)
        return w, beta_2 * m + (1 - beta_2) * g
