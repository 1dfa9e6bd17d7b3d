"""Metrics: figures for people, summed over batches. Keras' names, formulas and defaults."""

from nnctl.metrics import accuracy, auc, losses, regression, scores  # noqa: F401  (each registers its members)
from nnctl.metrics.base import Metric, dump, load, metrics, resolve

__all__ = ["Metric", "dump", "load", "metrics", "resolve"]
