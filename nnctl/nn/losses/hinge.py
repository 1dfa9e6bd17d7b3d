"""Hinge losses: 0 as soon as the right answer leads by a margin of 1."""

import numpy as np

from nnctl.nn.losses.base import ElementwiseLoss, Loss, aligned, losses


def signs(y):
    """Labels as -1 and 1, from 0 and 1 or as they are."""
    return np.where(y == 0, -1, y)


@losses.register("hinge")
class Hinge(ElementwiseLoss):
    """Hinge loss of the support vector machine: mean max(1 - y p, 0), labels 0 and 1 taken as -1 and 1.

    The last layer is linear: p > 0 means 1. Source: Cortes and Vapnik 1995.
    """

    labels = "binary"
    predicts = "margins"

    def each(self, y, p):
        return np.maximum(1 - signs(y) * p, 0)

    def gradient(self, y, p):
        y = signs(y)
        return np.where(y * p < 1, -y, 0)


@losses.register("squared_hinge")
class SquaredHinge(ElementwiseLoss):
    """Hinge loss, squared: mean max(1 - y p, 0)^2, labels 0 and 1 taken as -1 and 1."""

    labels = "binary"
    predicts = "margins"

    def each(self, y, p):
        short = np.maximum(1 - signs(y) * p, 0)
        return short * short

    def gradient(self, y, p):
        y = signs(y)
        return -2 * y * np.maximum(1 - y * p, 0)


@losses.register("categorical_hinge")
class CategoricalHinge(Loss):
    """Hinge loss over classes: the right class should lead the best wrong one by 1.

    loss = max(max_i (1 - y_i) p_i - sum_i y_i p_i + 1, 0), y one-hot. Source: Crammer and Singer 2001.
    """

    labels = "onehot"
    predicts = "margins"

    def forward(self, y, p):
        y = aligned(y, p)
        wrong = (1 - y) * p
        loss = np.maximum(np.maximum.reduce(wrong, axis=-1) - np.add.reduce(y * p, axis=-1) + 1, 0)
        return loss, (y, wrong, loss)

    def backward(self, saved, dl):
        y, wrong, loss = saved
        best = np.argmax(wrong, axis=-1)[..., None]
        gradient = -y
        np.put_along_axis(gradient, best, np.take_along_axis(1 - 2 * y, best, axis=-1), axis=-1)
        return gradient * np.where(loss > 0, dl, 0)[..., None]
