"""Losses as metrics: every loss can be watched beside the one that is trained on, under the same name."""

from nnctl.losses import losses
from nnctl.metrics import regression  # noqa: F401  its names come first: a loss is a metric where no metric is
from nnctl.metrics.base import VALUES, Metric, add_mean, metrics


class MeanLoss(Metric):
    """Base of the metrics that are a loss, too: its weighted mean over the rows."""

    better = "min"

    def update(self, state, y, p, weight=None):
        values, _ = self.forward(y, p)
        add_mean(state, values, weight)


for kind, loss in losses.items():
    if kind not in metrics:  # Keras' cosine similarity as a metric has the other sign than as a loss
        takes = VALUES if loss.labels == "number" else (loss.labels,)
        namespace = {"__module__": __name__, "__doc__": loss.__doc__, "takes": takes}
        metrics.register(kind, *losses.aliases(kind))(type(loss.__name__, (MeanLoss, loss), namespace))
