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


LAYERS: dict[str, Layer] = {
    "PositionEmbedding": Layer(
        "it is in KerasHub, not in Keras", {"PositionEmbedding": {"sequence_length": 6}}, [(4, 5)],
        {"embeddings": (6, 5)}, lambda w, x: np.stack([row + w["embeddings"][:4] for row in x]),
    ),
}  # fmt: skip
LOSSES: dict[str, Loss] = {}
METRICS: dict[str, Metric] = {}
OPTIMIZERS: dict[str, Optimizer] = {
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
