"""Losses as metrics: each loss is a metric of the same name, beside the loss that is minimized."""

from typing import Any

from nnctl.errors import InputError
from nnctl.nn.losses import Loss, losses
from nnctl.nn.metrics.base import VALUES, Metric, add_mean, metrics


class MeanLoss(Metric, Loss):
    """Base of the metrics that are the weighted mean of a loss over the rows."""

    better = "min"

    def for_output(self, labels, prediction_shape, logits=False, margins=False):
        if self.margins or self.takes_logits or not logits:
            return self  # a hinge loss takes logits for margins
        if margins and self.expects() == "probabilities":
            raise InputError(
                f"{self.kind} works on probabilities, but this output is trained on margins",
                hint="use accuracy, precision, recall, f1_score or auc, or the hinge losses",
            )
        if "from_logits" not in self.model_fields:
            return super().for_output(labels, prediction_shape, logits, margins)
        return self.model_copy(update={"from_logits": True})

    def update(self, state, y, p, weight=None):
        values, _ = self.forward(y, p)
        add_mean(state, values, weight)


for kind in metrics.expected_of(__name__):
    loss: Any = losses[kind]
    takes = VALUES if loss.labels == "number" else (loss.labels,)
    namespace = {"__module__": __name__, "__doc__": loss.__doc__, "takes": takes}
    metrics.register(kind, *losses.aliases(kind))(type(loss.__name__, (MeanLoss, loss), namespace))
