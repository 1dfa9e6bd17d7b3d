"""Losses that compare distributions, besides the crossentropies."""

import numpy as np

from nnctl.nn.losses.base import EPSILON, ElementwiseLoss, Loss, aligned, losses


@losses.register("kl_divergence", "kld", "kullback_leibler_divergence")
class KLDivergence(Loss):
    """Kullback-Leibler divergence of the prediction p from the target y: sum y log(y / p), both clipped to [1e-7, 1].

    Source: Kullback and Leibler 1951.
    """

    labels = "onehot"
    predicts = "probabilities"

    def forward(self, y, p):
        y = np.clip(aligned(y, p), EPSILON, 1)
        return np.add.reduce(y * np.log(y / np.clip(p, EPSILON, 1)), axis=-1), (y, p)

    def backward(self, saved, dl):
        y, p = saved
        inside = (p >= EPSILON) & (p <= 1)
        return np.where(inside, -y / np.clip(p, EPSILON, 1), 0) * dl[..., None]


@losses.register("poisson")
class Poisson(ElementwiseLoss):
    """For counts: mean p - y log(p + 1e-7), minus the log likelihood of y where p events are expected.

    p must be positive: end with exponential or softplus.
    """

    labels = "number"
    predicts = "positive"
    least_target = 0.0

    def each(self, y, p):
        return p - y * np.log(p + EPSILON)

    def gradient(self, y, p):
        return 1 - y / (p + EPSILON)
