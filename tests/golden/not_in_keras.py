"""What Keras does not have: a row each, with the reason and a formula that is written independently of nnctl's code.

A row here takes the place of one in the modules beside this one; what its fields mean is in formulas.py. Write the
formula from its source, as plainly as NumPy allows, and not in the way that the class computes it.
"""

import numpy as np

from golden.formulas import Activation, Layer, Loss, Metric, Optimizer, Schedule


def lars(w, gradients, lr=0.1, momentum=0.9, trust=0.001, weight_decay=0.0):
    """You, Gitman and Ginsburg 2017, algorithm 1, but for the weight decay, which comes first."""
    path, v = [], 0.0
    for g in gradients:
        w = w * (1 - lr * weight_decay)
        local_rate = 1.0
        if w.ndim > 1:
            local_rate = trust * np.sqrt(np.sum(w**2)) / np.sqrt(np.sum(g**2))
        v = momentum * v + lr * local_rate * g
        w = w - v
        path.append(w)
    return path


def radam(w, gradients, lr=0.001, beta_1=0.9, beta_2=0.999, eps=1e-7):
    """Liu et al. 2020, algorithm 2, with the bound 5 of its published code."""
    path = []
    for t in range(1, len(gradients) + 1):
        of_mean = [(1 - beta_1) * beta_1 ** (t - i) for i in range(1, t + 1)]
        of_square = [(1 - beta_2) * beta_2 ** (t - i) for i in range(1, t + 1)]
        m = sum(a * g for a, g in zip(of_mean, gradients, strict=False)) / sum(of_mean)
        v = sum(a * g**2 for a, g in zip(of_square, gradients, strict=False))
        n = 2 / (1 - beta_2) - 1
        n_t = n - 2 * t * beta_2**t / (1 - beta_2**t)
        if n_t > 5:
            r = np.sqrt((n_t - 4) / (n - 4) * (n_t - 2) / (n - 2) * n / n_t)
            m = m * r * np.sqrt(sum(of_square)) / (np.sqrt(v) + eps)
        w = w - lr * m
        path.append(w)
    return path


LAYERS: dict[str, Layer] = {
    "PositionEmbedding": Layer(
        "it is in KerasHub, not in Keras", {"PositionEmbedding": {"sequence_length": 6}}, [(4, 5)],
        {"embeddings": (6, 5)}, lambda w, x: np.stack([row + w["embeddings"][:4] for row in x]),
    ),
}  # fmt: skip
LOSSES: dict[str, Loss] = {}
METRICS: dict[str, Metric] = {}
OPTIMIZERS: dict[str, Optimizer] = {
    "radam": Optimizer("Keras has no RAdam", "radam", radam),
    "radam_early": Optimizer(
        "Keras has no RAdam",
        {"radam": {"learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.9}},
        lambda w, gradients: radam(w, gradients, 0.01, 0.8, 0.9),
    ),
    "lars": Optimizer("Keras has LAMB, but not LARS", "lars", lars),
    "lars_decay": Optimizer(
        "Keras has LAMB, but not LARS",
        {"lars": {"learning_rate": 0.5, "momentum": 0.5, "trust_coefficient": 0.1, "weight_decay": 0.1}},
        lambda w, gradients: lars(w, gradients, 0.5, 0.5, 0.1, 0.1),
    ),
}  # fmt: skip
ACTIVATIONS: dict[str, Activation] = {}
SCHEDULES: dict[str, Schedule] = {}

PARTS = {
    "layers": LAYERS, "losses": LOSSES, "metrics": METRICS, "optimizers": OPTIMIZERS, "activations": ACTIVATIONS,
    "schedules": SCHEDULES,
}  # fmt: skip
