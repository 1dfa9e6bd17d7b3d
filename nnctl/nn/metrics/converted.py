"""Metrics of converted targets and predictions: logits as probabilities, scaled numbers in their original unit."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from nnctl.nn.metrics.base import Array, Metric, State


@dataclass(frozen=True)
class Conversion:
    """What is done to targets and predictions. key: under which the result for a batch is kept for other metrics."""

    key: Hashable
    targets: Callable[[Array], Array]
    predictions: Callable[[Array], Array]


class Converted:
    """A metric behind a conversion, used like any other metric."""

    shares = True

    def __init__(self, metric: Metric | Converted, conversion: Conversion):
        self.metric, self.conversion = metric, conversion
        self.kind: str = metric.kind
        self.better: str = metric.better
        self.takes: tuple[str, ...] = metric.takes

    def start(self) -> State:
        return self.metric.start()

    def update(self, state: State, y: Array, p: Array, weight: Array | None = None,
               shared: dict[Any, Any] | None = None) -> None:  # fmt: skip
        """As Metric.update; shared keeps the converted arrays of this batch."""
        shared = {} if shared is None else shared
        key = self.conversion.key
        if key not in shared:
            shared[key] = self.conversion.targets(y), self.conversion.predictions(p)
        y, p = shared[key]
        if self.metric.shares:
            sharing: Any = self.metric  # whose `update` takes a dict as well
            sharing.update(state, y, p, weight, shared.setdefault((key, "shared"), {}))
        else:
            self.metric.update(state, y, p, weight)

    def result(self, state: State) -> float:
        return self.metric.result(state)


def as_probabilities(metric: Metric, labels: str) -> Converted:
    """The metric of the probabilities that logits stand for."""
    # imported here for start-up: few runs need it
    from nnctl.nn.activations import activations
    from nnctl.nn.losses.base import probability_activation

    function = activations.build(probability_activation(labels))
    return Converted(metric, Conversion(function.kind, _same, lambda z: function.value(z.astype(np.float64))))


def in_own_unit(metric: Metric | Converted, shift: tuple[float, ...], scale: tuple[float, ...]) -> Converted:
    """The metric of x, in float64, for a target that was scaled to (x - shift) / scale, by column."""
    shifts, scales = np.asarray(shift, np.float64), np.asarray(scale, np.float64)

    def own(values: Array) -> Array:
        return values * scales + shifts

    return Converted(metric, Conversion("own unit", own, own))


def _same(y: Array) -> Array:
    return y
