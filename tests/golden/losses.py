"""Losses: the figure of each sample, and the gradient of their mean."""

import jax
import keras
import numpy as np

KERAS = {
    "binary_crossentropy": keras.losses.BinaryCrossentropy,
    "categorical_crossentropy": keras.losses.CategoricalCrossentropy,
    "sparse_categorical_crossentropy": keras.losses.SparseCategoricalCrossentropy,
    "kl_divergence": keras.losses.KLDivergence,
    "hinge": keras.losses.Hinge,
    "squared_hinge": keras.losses.SquaredHinge,
    "categorical_hinge": keras.losses.CategoricalHinge,
    "cosine_similarity": keras.losses.CosineSimilarity,
    "mse": keras.losses.MeanSquaredError,
    "mae": keras.losses.MeanAbsoluteError,
    "mape": keras.losses.MeanAbsolutePercentageError,
    "msle": keras.losses.MeanSquaredLogarithmicError,
    "huber": keras.losses.Huber,
    "log_cosh": keras.losses.LogCosh,
    "poisson": keras.losses.Poisson,
}
CASES = {
    **{name: name for name in KERAS},
    "binary_logits": {"binary_crossentropy": {"from_logits": True}},
    "binary_smooth": {"binary_crossentropy": {"label_smoothing": 0.2}},
    "binary_smooth_logits": {"binary_crossentropy": {"label_smoothing": 0.2, "from_logits": True}},
    "categorical_logits": {"categorical_crossentropy": {"from_logits": True}},
    "categorical_smooth": {"categorical_crossentropy": {"label_smoothing": 0.1}},
    "categorical_smooth_logits": {"categorical_crossentropy": {"label_smoothing": 0.1, "from_logits": True}},
    "sparse_logits": {"sparse_categorical_crossentropy": {"from_logits": True}},
    "huber_wide": {"huber": {"delta": 2.5}},
}
ANY_NUMBER = {
    "mse", "mae", "mape", "huber", "log_cosh", "cosine_similarity", "hinge", "squared_hinge", "categorical_hinge",
}  # fmt: skip
SHAPES = {"": (6, 5), "_steps": (3, 4, 5)}  # rows of 5; and sequences of 4 steps of 5


def make():
    rng = np.random.default_rng(0)
    cases, arrays = {}, {}
    for suffix, shape in SHAPES.items():
        for case, config in CASES.items():
            name, arguments = next(iter(config.items())) if isinstance(config, dict) else (config, {})
            raw = rng.normal(0, 2, shape)
            if arguments.get("from_logits") or name in ANY_NUMBER:
                p = raw
            elif name == "binary_crossentropy":
                p = 1 / (1 + np.exp(-raw))
            elif name in ("poisson", "msle"):
                p = np.abs(raw) + 0.1
            else:  # probabilities that do not quite sum to 1: Keras divides by the sum
                p = np.exp(raw) / np.exp(raw).sum(axis=-1, keepdims=True) * rng.uniform(0.8, 1.2, (*shape[:-1], 1))
            if name == "sparse_categorical_crossentropy":
                y = rng.integers(0, 5, shape[:-1])
            elif name in ("categorical_crossentropy", "categorical_hinge"):
                y = np.eye(5)[rng.integers(0, 5, shape[:-1])]
            elif name == "kl_divergence":
                y = rng.dirichlet(np.ones(5), shape[:-1])
            elif name in ("binary_crossentropy", "hinge", "squared_hinge"):
                y = rng.integers(0, 2, shape).astype(float)
            elif name in ("poisson", "msle"):
                y = rng.integers(0, 6, shape).astype(float)
            else:
                y = rng.normal(0, 2, shape)
            each, mean = KERAS[name](**arguments, reduction=None), KERAS[name](**arguments)
            key = case + suffix
            cases[key] = config
            arrays[f"{key}/y"], arrays[f"{key}/p"] = y, p
            arrays[f"{key}/each"] = np.asarray(each(y, p))
            arrays[f"{key}/mean"] = np.asarray(mean(y, p))
            arrays[f"{key}/dp"] = np.asarray(jax.grad(lambda p, y=y, mean=mean: mean(y, p))(p))
    return cases, arrays
