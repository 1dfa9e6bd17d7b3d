"""Metrics: numbers for people, summed over batches. Keras' names, formulas and defaults."""

from nnctl.nn.losses import OF_SEQUENCES as _of_sequences
from nnctl.nn.losses import losses as _losses
from nnctl.nn.metrics.base import Metric, dump, load, metrics, resolve

for _module, _names in {
    "accuracy": (
        "accuracy",
        "binary_accuracy",
        "categorical_accuracy",
        "sparse_categorical_accuracy",
        "sparse_top_k_categorical_accuracy",
        "top_k_categorical_accuracy",
    ),
    "auc": ("auc",),
    "regression": ("rmse", "cosine_similarity", "r2_score"),
    "scores": ("precision", "recall", "f1_score"),
    "sequences": ("label_error_rate", "exact_match"),
}.items():
    metrics.declared_in(f"nnctl.nn.metrics.{_module}", *_names)

# Every loss of single predictions is a metric too. A metric of the same name comes first: Keras' cosine similarity
# has one sign as a metric and the other as a loss.
_own = (*metrics.names(), *_of_sequences)
metrics.declared_in("nnctl.nn.metrics.losses", *(name for name in _losses.names() if name not in _own))

__all__ = ["Metric", "dump", "load", "metrics", "resolve"]
