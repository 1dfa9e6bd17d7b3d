"""Metrics: figures for people, summed over batches. Keras' names, formulas and defaults."""

from nnctl.losses import losses as _losses
from nnctl.metrics import accuracy, auc, regression, scores  # noqa: F401  (each registers its members)
from nnctl.metrics.base import Metric, dump, load, metrics, resolve

# every loss can be watched as well; a metric of the same name comes first (Keras' cosine similarity as a metric has
# the other sign than as a loss)
metrics.declared_in("nnctl.metrics.losses", *(name for name in _losses if name not in metrics))

__all__ = ["Metric", "dump", "load", "metrics", "resolve"]
