"""What a metric is: its arguments, the sums that it keeps from batch to batch, and its value."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from nnctl.components.registry import Declared
from nnctl.errors import InputError
from nnctl.nn.stated_facts import Fact, StatingFamily

if TYPE_CHECKING:
    from nnctl.nn.metrics.converted import Converted

Array = np.ndarray
State = dict[str, Any]  # floats and float64 arrays

LABELS = {
    "integer": "class numbers",
    "onehot": "one-hot classes",
    "binary": "values of 0 and 1",
    "number": "numbers",
    "sequence": "label sequences",
}
CLASSES = ("integer", "onehot", "binary")
VALUES = ("number", "binary", "onehot")

# By a default, early stopping would wait for an error to grow.
metrics = StatingFamily(
    "metric",
    Fact("better", "direction is better", ("max", "min")),
    Fact("takes", "its targets may be", LABELS, several=True),
)


class Metric(Declared):
    """Base of all metrics. A metric object holds arguments only; its sums are in `state`. Each states `better` and
    `takes`.

    better: "max" or "min", which direction is better (for checkpoints and early stopping).
    takes: the kinds of targets that it is defined for, as `Loss.labels` names them.
    shares: `update` takes a dict as well, empty for each batch, in which metrics leave results that others need.
    """

    better: ClassVar[Literal["max", "min"]]
    takes: ClassVar[tuple[str, ...]]
    shares: ClassVar[bool] = False

    def for_output(self, labels: str, prediction_shape: tuple[int | None, ...], logits: bool = False,
                   margins: bool = False) -> "Metric | Converted":  # fmt: skip
        """The metric for an output; for logits, the metric of the probabilities that they stand for. See `resolve`."""
        if logits and not margins:
            from nnctl.nn.metrics.converted import as_probabilities  # here for start-up: few runs need it

            return as_probabilities(self, labels)
        return self

    def start(self) -> State:
        """An empty state."""
        return {"total": 0.0, "count": 0.0}

    def update(self, state: State, y: Array, p: Array, weight: Array | None = None) -> None:
        """Adds a batch.

        y: targets, as the loss takes them. p: predictions, (rows, units) or (rows, steps, units); for classes,
        probabilities. weight: of each row, (rows,), or of each step, (rows, steps).
        """
        raise NotImplementedError

    def result(self, state: State) -> float:
        """The value over all batches since start; 0 where there is nothing to divide by."""
        return state["total"] / state["count"] if state["count"] else 0.0


def resolve(metric: Metric, labels: str, prediction_shape: tuple[int | None, ...], logits: bool = False,
            margins: bool = False) -> "Metric | Converted":  # fmt: skip
    """The metric for an output: `accuracy` becomes one of its kinds, a threshold gets its default.

    labels: those of the loss ("integer", "onehot", "binary", "number", "sequence"). prediction_shape: without the batch
    axis. logits: the predictions are not probabilities, and yes is above 0. margins: they are margins of a hinge loss,
    which do not stand for probabilities.
    Raises InputError for a metric that is not defined for such targets.
    """
    if labels not in metric.takes:
        wanted = " or ".join(LABELS[kind] for kind in metric.takes)
        raise InputError(
            f"{metric.kind} works on {wanted}, but the targets of this output are {LABELS[labels]}",
            hint=_instead(metric, labels),
        )
    return metric.for_output(labels, prediction_shape, logits or margins, margins)


def _instead(metric: Metric, labels: str) -> str:
    """A hint: the metrics that take such targets."""
    if labels == "number":
        return "for numbers use mse, rmse, mae or r2_score"
    if labels == "sequence":
        return "for label sequences use label_error_rate or exact_match"
    other = {"integer": f"sparse_{metric.kind}", "onehot": metric.kind.removeprefix("sparse_")}.get(labels)
    if other in metrics and other != metric.kind:
        return f"use {other}, or accuracy, which chooses the right kind itself"
    return "for classes use accuracy, precision, recall, f1_score or auc"


def boundary(threshold: float | None, logits: bool, margins: bool) -> float:
    """The prediction above which the answer is yes. threshold: a probability, or None for 0.5; for margins, a margin,
    or None for 0."""
    if threshold is None:
        return 0.0 if logits else 0.5
    if not logits or margins:
        return threshold
    if threshold in (0, 1):
        return -math.inf if threshold == 0 else math.inf
    return math.log(threshold) - math.log1p(-threshold)


def add_mean(state: State, values: Array, weight: Array | None) -> None:
    """Adds a batch's values, (rows, ...), to a running weighted mean over all their elements."""
    if weight is None:
        # count_nonzero is several times faster than a sum of booleans
        total = np.count_nonzero(values) if values.dtype == bool else values.sum(dtype=np.float64)
        state["total"] += float(total)
        state["count"] += values.size
    else:
        weight = np.broadcast_to(trailing(weight, values.ndim), values.shape)
        state["total"] += float((values * weight).sum(dtype=np.float64))
        state["count"] += float(weight.sum(dtype=np.float64))


def trailing(weight: Array, ndim: int) -> Array:
    """weight with axes of length 1 appended, up to ndim axes: (rows,) -> (rows, 1, 1)."""
    return weight.reshape(weight.shape + (1,) * (ndim - weight.ndim))


def as_rows(y: Array, p: Array, weight: Array | None) -> tuple[Array, Array, Array]:
    """y and p as (rows * steps, units), and the weight of each of these rows, by default 1."""
    units = p.shape[-1] if p.ndim > 1 else 1
    p = p.reshape(-1, units)
    y = y.reshape(p.shape)
    if weight is None:
        return y, p, np.ones(len(p))
    return y, p, np.repeat(weight.reshape(-1), len(p) // weight.size).astype(np.float64)


def dump(state: Mapping[str, Any]) -> dict[str, Any]:
    """The state as JSON can hold it, exactly."""
    return {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in state.items()}


def load(saved: Mapping[str, Any]) -> State:
    """The state that `dump` wrote."""
    return {name: np.array(value) if isinstance(value, list) else value for name, value in saved.items()}
