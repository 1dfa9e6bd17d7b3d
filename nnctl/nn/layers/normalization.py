"""Layers that bring their inputs to mean 0 and variance 1, then scale and shift them by trainable weights."""

from typing import Annotated

import numpy as np

from nnctl.components.fast_checks import Field
from nnctl.nn.initializers import InitializerName
from nnctl.nn.layers.base import Weight, layers
from nnctl.nn.layers.last_axis import LastAxis
from nnctl.nn.regularizers import RegularizerName

Epsilon = Annotated[float, Field(gt=0)]
EPSILON = 1e-7  # keeps Keras' masked moments from a division by 0


class Normalization(LastAxis):
    """Base of the normalizations: gamma scales (with `scale`), beta shifts (with `center`)."""

    epsilon: Epsilon = 1e-3
    center: bool = True
    scale: bool = True
    beta_initializer: InitializerName = "zeros"
    gamma_initializer: InitializerName = "ones"
    beta_regularizer: RegularizerName = None
    gamma_regularizer: RegularizerName = None

    def weights(self, shape):
        size = (shape[-1],)
        weights = {}
        if self.scale:
            weights["gamma"] = Weight(size, self.gamma_initializer, regularizer=self.gamma_regularizer)
        if self.center:
            weights["beta"] = Weight(size, self.beta_initializer, regularizer=self.beta_regularizer)
        return weights

    def _scale_and_shift(self, w, normed, y):
        """y = gamma normed + beta."""
        if self.scale:
            np.multiply(normed, w["gamma"], out=y)
        else:
            np.copyto(y, normed)
        if self.center:
            y += w["beta"]


def _channels(x):
    """(..., channels) as a matrix of (positions, channels)."""
    return x.reshape(-1, x.shape[-1])


@layers.register("BatchNormalization")
class BatchNormalization(Normalization):
    """Normalizes each channel by the batch's mean and variance: y = gamma (x - mean) / sqrt(var + eps) + beta.

    mean and var (biased) are taken over the batch and all axes but the last. Outside of training, and
    with `trainable: false`, the moving averages are used: moving <- momentum moving + (1 - momentum) batch.
    Source: Ioffe and Szegedy 2015.
    """

    momentum: Annotated[float, Field(ge=0, le=1)] = 0.99
    moving_mean_initializer: InitializerName = "zeros"
    moving_variance_initializer: InitializerName = "ones"

    whole_batch = True

    def weights(self, shape):
        size = (shape[-1],)
        return {
            **super().weights(shape),
            "moving_mean": Weight(size, self.moving_mean_initializer, trainable=False),
            "moving_variance": Weight(size, self.moving_variance_initializer, trainable=False),
        }

    def forward(self, w, x, call):
        y = call.empty(x.shape)
        if not (call.training and self.trainable):
            inverse = 1 / np.sqrt(w["moving_variance"] + self.epsilon)
            normed = np.subtract(x, w["moving_mean"], out=call.empty(x.shape))
            normed *= inverse
            self._scale_and_shift(w, normed, y)
            return y, (normed, inverse, None, None)

        mask = call.masks[0] if call.masks else None
        # the number of values per channel in a row, or in a step of the mask
        values = x.size // ((len(x) if mask is None else mask.size) * x.shape[-1])
        real = None if mask is None else mask.astype(x.dtype).reshape(*mask.shape, *(1,) * (x.ndim - mask.ndim))
        if real is None:
            count = call.batch_rows * values
            mean = (yield _channels(x).sum(axis=0)) / count
            normed = centered = np.subtract(x, mean, out=call.empty(x.shape))
        else:  # padded steps are normalized like the rest, but do not count
            count = values * float((yield real.sum(keepdims=True).reshape(1))[0]) + EPSILON
            mean = (yield _channels(x * real).sum(axis=0)) / count
            normed = np.subtract(x, mean, out=call.empty(x.shape))
            centered = normed * real
        # the second moment about the mean, not E[x^2] - mean^2, which loses digits when mean >> deviation
        flat = _channels(centered)
        variance = (yield np.einsum("nc,nc->c", flat, flat)) / count
        inverse = 1 / np.sqrt(variance + self.epsilon)
        normed *= inverse
        self._scale_and_shift(w, normed, y)
        if call.shard == 0:  # one shard writes; the sums are the same in all
            for name, batch in (("moving_mean", mean), ("moving_variance", variance)):
                w[name] *= self.momentum
                w[name] += (1 - self.momentum) * batch
        return y, (normed, inverse, count, real)

    def backward(self, w, grads, saved, dy, call):
        normed, inverse, count, real = saved
        flat, dflat = _channels(normed), _channels(dy)
        dbeta = dflat.sum(axis=0)
        dgamma = np.einsum("nc,nc->c", flat, dflat)
        if self.center and grads:
            grads["beta"][...] = dbeta
        if self.scale and grads:
            grads["gamma"][...] = dgamma
        dnormed = inverse * w["gamma"] if self.scale else inverse
        if count is not None:
            # mean and variance depend on every row: their gradients flow back to all of them
            total = yield np.stack((dbeta, dgamma))
            normed *= total[1] / count
            normed += total[0] / count
            if real is not None:
                normed *= real
            dy -= normed
        dy *= dnormed
        return dy

    def multiply_adds(self, shape):
        return int(np.prod([n or 1 for n in shape], dtype=np.int64))


@layers.register("LayerNormalization")
class LayerNormalization(Normalization):
    """Normalizes each sample over its last axis: y = gamma (x - mean) / sqrt(var + eps) + beta.

    mean and var (biased) are of one sample (one time step), so training and inference are the same.
    Source: Ba, Kiros and Hinton 2016.
    """

    def forward(self, w, x, call):
        normed = np.subtract(x, x.mean(axis=-1, keepdims=True), out=call.empty(x.shape))
        variance = np.einsum("...c,...c->...", normed, normed)[..., None] / x.shape[-1]
        inverse = 1 / np.sqrt(variance + self.epsilon)  # (..., 1)
        normed *= inverse
        y = call.empty(x.shape)
        self._scale_and_shift(w, normed, y)
        return y, (normed, inverse)

    def backward(self, w, grads, saved, dy, call):
        normed, inverse = saved
        flat, dflat = _channels(normed), _channels(dy)
        if self.center and grads:
            np.add.reduce(dflat, axis=0, out=grads["beta"])
        if self.scale and grads:
            grads["gamma"][...] = np.einsum("nc,nc->c", flat, dflat)
        dnormed = np.multiply(dy, w["gamma"], out=dy) if self.scale else dy
        mean = dnormed.mean(axis=-1, keepdims=True)
        projection = np.einsum("...c,...c->...", dnormed, normed)[..., None] / dy.shape[-1]
        normed *= projection
        dnormed -= normed
        dnormed -= mean
        dnormed *= inverse
        return dnormed

    def multiply_adds(self, shape):
        return 2 * int(np.prod([n or 1 for n in shape], dtype=np.int64))
