"""A step for each variable that is in proportion to the variable's own norm: LARS."""

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
