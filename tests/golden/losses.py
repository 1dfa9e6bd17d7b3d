"""Losses: the value of each sample, and the gradient of their mean."""

import jax
import keras
import numpy as np

# name: (Keras' class, what its targets are, what its predictions are)
KERAS = {
    "binary_crossentropy": (keras.losses.BinaryCrossentropy, "binary", "probabilities"),
    "binary_focal_crossentropy": (keras.losses.BinaryFocalCrossentropy, "binary", "probabilities"),
    "categorical_crossentropy": (keras.losses.CategoricalCrossentropy, "onehot", "probabilities"),
    "sparse_categorical_crossentropy": (keras.losses.SparseCategoricalCrossentropy, "integer", "probabilities"),
    "kl_divergence": (keras.losses.KLDivergence, "distribution", "probabilities"),
    "hinge": (keras.losses.Hinge, "binary", "number"),
    "squared_hinge": (keras.losses.SquaredHinge, "binary", "number"),
    "categorical_hinge": (keras.losses.CategoricalHinge, "onehot", "number"),
    "cosine_similarity": (keras.losses.CosineSimilarity, "number", "number"),
    "mse": (keras.losses.MeanSquaredError, "number", "number"),
    "mae": (keras.losses.MeanAbsoluteError, "number", "number"),
    "mape": (keras.losses.MeanAbsolutePercentageError, "number", "number"),
    "msle": (keras.losses.MeanSquaredLogarithmicError, "count", "positive"),
    "huber": (keras.losses.Huber, "number", "number"),
    "log_cosh": (keras.losses.LogCosh, "number", "number"),
    "poisson": (keras.losses.Poisson, "count", "positive"),
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
    "focal_balanced": {"binary_focal_crossentropy": {"apply_class_balancing": True, "alpha": 0.8, "gamma": 1.5}},
    "focal_logits": {"binary_focal_crossentropy": {"from_logits": True, "label_smoothing": 0.1}},
    "huber_wide": {"huber": {"delta": 2.5}},
}
SHAPES = {"": (6, 5), "_steps": (3, 4, 5)}  # rows of 5; and sequences of 4 steps of 5


def predicted(kind, targets, shape, rng):
    raw = rng.normal(0, 2, shape)
    if kind == "number":
        return raw
    if kind == "positive":
        return np.abs(raw) + 0.1
    if targets == "binary":
        return 1 / (1 + np.exp(-raw))
    # probabilities that do not quite sum to 1: Keras divides by the sum
    return np.exp(raw) / np.exp(raw).sum(axis=-1, keepdims=True) * rng.uniform(0.8, 1.2, (*shape[:-1], 1))


def drawn(kind, shape, rng):
    if kind == "integer":
        return rng.integers(0, 5, shape[:-1])
    if kind == "onehot":
        return np.eye(5)[rng.integers(0, 5, shape[:-1])]
    if kind == "distribution":
        return rng.dirichlet(np.ones(5), shape[:-1])
    if kind in ("binary", "count"):
        return rng.integers(0, 2 if kind == "binary" else 6, shape).astype(float)
    return rng.normal(0, 2, shape)


def make():
    rng = np.random.default_rng(0)
    cases, arrays = {}, {}
    for suffix, shape in SHAPES.items():
        for case, config in CASES.items():
            name, arguments = next(iter(config.items())) if isinstance(config, dict) else (config, {})
            cls, targets, predictions = KERAS[name]
            p = predicted("number" if arguments.get("from_logits") else predictions, targets, shape, rng)
            y = drawn(targets, shape, rng)
            each, mean = cls(**arguments, reduction=None), cls(**arguments)
            key = case + suffix
            cases[key] = config
            arrays[f"{key}/y"], arrays[f"{key}/p"] = y, p
            arrays[f"{key}/each"] = np.asarray(each(y, p))
            arrays[f"{key}/mean"] = np.asarray(mean(y, p))
            arrays[f"{key}/dp"] = np.asarray(jax.grad(lambda p, y=y, mean=mean: mean(y, p))(p))
    return cases, arrays
