"""Metrics: figures for people, summed over batches. Keras' names, formulas and defaults."""

from nnctl.losses import losses as _losses
from nnctl.metrics import accuracy, auc, regression, scores, sequences  # noqa: F401  (each registers its members)
from nnctl.metrics.base import Metric, dump, load, metrics, resolve

# every loss of single predictions can be watched as well; a metric of the same name comes first (Keras' cosine
# similarity as a metric has the other sign than as a loss)
_watched = (name for name, loss in _losses.items() if name not in metrics and loss.labels != "sequence")
metrics.declared_in("nnctl.metrics.losses", *_watched)

__all__ = ["Metric", "dump", "load", "metrics", "resolve"]
