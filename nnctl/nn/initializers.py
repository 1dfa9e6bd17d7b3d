"""Initializers: the values of weights before training. Keras' names, formulas and defaults."""

import math
from typing import Annotated, ClassVar, Literal

import numpy as np

from nnctl.components.fast_checks import Field, model_validator
from nnctl.components.registry import Declared, Family, one_of
from nnctl.errors import ShapeError

Array = np.ndarray
Positive = Annotated[float, Field(gt=0)]
Mode = Literal["fan_in", "fan_out", "fan_avg"]
Distribution = Literal["uniform", "truncated_normal", "untruncated_normal"]

initializers = Family("initializer")


class Initializer(Declared):
    """Base of all initializers."""

    def sample(self, shape: tuple[int, ...], rng: np.random.Generator,
               fans: tuple[int, int] | None = None) -> Array:  # fmt: skip
        """A float64 array of that shape; fans are (fan_in, fan_out) where they do not follow from the shape."""
        raise NotImplementedError


def fans_of(shape: tuple[int, ...]) -> tuple[float, float]:
    """(fan_in, fan_out): how many inputs each output depends on, and how many outputs each input affects.

    (in, out) for a matrix; for (..., in, out) both times the area of the kernel."""
    if len(shape) < 2:
        size = shape[0] if shape else 1
        return size, size
    area = math.prod(shape[:-2])
    return shape[-2] * area, shape[-1] * area


@initializers.register("zeros", "zero")
class Zeros(Initializer):
    """Sets every weight to 0."""

    def sample(self, shape, rng, fans=None):
        return np.zeros(shape)


@initializers.register("ones", "one")
class Ones(Initializer):
    """Sets every weight to 1."""

    def sample(self, shape, rng, fans=None):
        return np.ones(shape)


@initializers.register("constant")
class Constant(Initializer):
    """Sets every weight to `value`."""

    value: float = 0.0

    bare = ("value",)

    def sample(self, shape, rng, fans=None):
        return np.full(shape, self.value)


@initializers.register("random_normal", "normal")
class RandomNormal(Initializer):
    """Draws from a normal distribution with `mean` and `stddev`."""

    mean: float = 0.0
    stddev: Positive = 0.05

    def sample(self, shape, rng, fans=None):
        return rng.normal(self.mean, self.stddev, shape)


@initializers.register("random_uniform", "uniform")
class RandomUniform(Initializer):
    """Draws from a uniform distribution between `minval` and `maxval`."""

    minval: float = -0.05
    maxval: float = 0.05

    @model_validator
    def _ordered(self):
        if self.minval > self.maxval:
            raise ValueError(f"minval {self.minval:g} is above maxval {self.maxval:g}")
        return self

    def sample(self, shape, rng, fans=None):
        return rng.uniform(self.minval, self.maxval, shape)


@initializers.register("truncated_normal")
class TruncatedNormal(Initializer):
    """Draws from a normal distribution; values more than two `stddev` from the `mean` are drawn again."""

    mean: float = 0.0
    stddev: Positive = 0.05

    def sample(self, shape, rng, fans=None):
        values = rng.normal(size=shape)
        while (far := np.abs(values) > 2).any():
            values[far] = rng.normal(size=int(far.sum()))
        return self.mean + self.stddev * values


@initializers.register("variance_scaling")
class VarianceScaling(Initializer):
    """Draws with variance `scale` / n, where n is fan_in, fan_out or their mean: signals keep their size from layer to
    layer.

    uniform: U(-sqrt(3 scale / n), sqrt(3 scale / n)); truncated_normal: with standard deviation sqrt(scale / n) after
    truncation; untruncated_normal. Source: Glorot and Bengio 2010, He et al. 2015.
    """

    scale: Positive = 1.0
    mode: Mode = "fan_in"
    distribution: Distribution = "truncated_normal"

    def sample(self, shape, rng, fans=None):
        return scaled(self.scale, self.mode, self.distribution, shape, rng, fans)


def scaled(scale: float, mode: Mode, distribution: Distribution, shape: tuple[int, ...],
           rng: np.random.Generator, fans: tuple[int, int] | None) -> Array:  # fmt: skip
    """The weights of `variance_scaling` and of its named special cases."""
    fan_in, fan_out = fans or fans_of(shape)
    n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[mode]
    variance = scale / max(1.0, n)
    if distribution == "uniform":
        limit = math.sqrt(3 * variance)
        return rng.uniform(-limit, limit, shape)
    if distribution == "untruncated_normal":
        return rng.normal(0, math.sqrt(variance), shape)
    # truncation at two standard deviations leaves 0.8796 of the standard deviation
    return TruncatedNormal(stddev=math.sqrt(variance) / 0.87962566103423978).sample(shape, rng)


class _Scaled(Initializer):
    """Base of the variance scalings with a name of their own and no arguments."""

    scale: ClassVar[float] = 1.0
    mode: ClassVar[Mode] = "fan_in"
    distribution: ClassVar[Distribution] = "truncated_normal"

    def sample(self, shape, rng, fans=None):
        return scaled(self.scale, self.mode, self.distribution, shape, rng, fans)


@initializers.register("glorot_uniform", "xavier_uniform")
class GlorotUniform(_Scaled):
    """U(-a, a) with a = sqrt(6 / (fan_in + fan_out)): for sigmoid, tanh and softmax. Source: Glorot and Bengio 2010."""

    mode = "fan_avg"
    distribution = "uniform"


@initializers.register("glorot_normal", "xavier_normal")
class GlorotNormal(_Scaled):
    """Truncated normal with variance 2 / (fan_in + fan_out). Source: Glorot and Bengio 2010."""

    mode = "fan_avg"


@initializers.register("he_uniform")
class HeUniform(_Scaled):
    """U(-a, a) with a = sqrt(6 / fan_in): for ReLU, which halves the variance. Source: He et al. 2015."""

    scale = 2.0
    distribution = "uniform"


@initializers.register("he_normal")
class HeNormal(_Scaled):
    """Truncated normal with variance 2 / fan_in: for ReLU. Source: He et al. 2015."""

    scale = 2.0


@initializers.register("lecun_uniform")
class LecunUniform(_Scaled):
    """U(-a, a) with a = sqrt(3 / fan_in): for SELU. Source: LeCun et al. 1998."""

    distribution = "uniform"


@initializers.register("lecun_normal")
class LecunNormal(_Scaled):
    """Truncated normal with variance 1 / fan_in: for SELU. Source: LeCun et al. 1998."""


@initializers.register("orthogonal")
class Orthogonal(Initializer):
    """`gain` times a matrix with orthonormal rows or columns, which keeps lengths over many time steps.

    Q of the QR decomposition of a random normal matrix, with the signs of diag R. Source: Saxe et al. 2014.
    """

    gain: float = 1.0

    bare = ("gain",)

    def sample(self, shape, rng, fans=None):
        if len(shape) < 2:
            raise ShapeError(f"orthogonal is for matrices, but this weight has shape {shape}", hint=_FOR_VECTORS)
        rows, columns = math.prod(shape[:-1]), shape[-1]
        q, r = np.linalg.qr(rng.normal(size=(max(rows, columns), min(rows, columns))))
        q *= np.sign(np.diag(r))
        return self.gain * (q.T if rows < columns else q).reshape(shape)


@initializers.register("identity")
class Identity(Initializer):
    """`gain` times the identity matrix."""

    gain: float = 1.0

    bare = ("gain",)

    def sample(self, shape, rng, fans=None):
        if len(shape) != 2:
            raise ShapeError(f"identity is for matrices, but this weight has shape {shape}", hint=_FOR_VECTORS)
        return self.gain * np.eye(*shape)


_FOR_VECTORS = "use zeros, ones or constant for a bias"


InitializerName = one_of(initializers)
