"""Which epochs of a training run get a row in its table."""

from __future__ import annotations

import itertools
import math

from nnctl.reports.number_format import count
from nnctl.training.events import EpochEnded, RunStarted
from nnctl.translation import _

_ROWS = 30  # about as many as fit on a screen


class ShownEpochs:
    """Decides which epochs get a row: all epochs of a short run; every k-th, the last and the best of a long one.

    The best epoch is chosen by the metric that the run monitors, or by the training loss if there is no such metric.
    pause: seconds of training after which an epoch gets a row in any case; None if the rows must not depend on the
    speed.
    """

    def __init__(self, started: RunStarted, every_epoch: bool = False, pause: float | None = None):
        self._pause = pause
        self._seconds = 0.0  # of the epochs since the last row
        self.every = 1 if every_epoch else _step(started.epochs - started.first_epoch + 1)
        self._started = started
        self.best: EpochEnded | None = started.best_so_far
        self.last: EpochEnded | None = None
        self._shown: set[int] = set()

    def take(self, event: EpochEnded) -> bool:
        """Records a finished epoch; returns whether it gets a row now."""
        self.last = event
        if self._is_best(event):
            self.best = event
        self._seconds += event.seconds or 0.0
        is_late = self._pause is not None and self._seconds >= self._pause
        if event.epoch % self.every and event.epoch != 1 and not is_late:
            return False
        self._seconds = 0.0
        self._shown.add(event.epoch)
        return True

    def rule(self) -> str | None:
        """Which epochs get a row, if not all do: "every 20th epoch, the best and the last"."""
        if self.every == 1:
            return None
        if self._pause is not None:
            text = _("every {nth} epoch, at least one every {seconds:g} seconds, the best and the last")
            return text.format(nth=nth(self.every), seconds=self._pause)
        return _("every {nth} epoch, the best and the last").format(nth=nth(self.every))

    def left_over(self) -> list[EpochEnded]:
        """The last and then the best epoch, unless they already have a row."""
        rows = []
        for event in (self.last, self.best):
            if event is not None and event.epoch not in self._shown:
                self._shown.add(event.epoch)
                rows.append(event)
        return rows

    def _is_best(self, event: EpochEnded) -> bool:
        if event.is_best is not None:  # the run has decided, and keeps the weights of that epoch
            return event.is_best
        return self._cost(event) < (math.inf if self.best is None else self._cost(self.best))

    def _cost(self, event: EpochEnded) -> float:
        """The value that is smallest for the best epoch."""
        started, metrics = self._started, event.metrics
        sign = -1 if started.bigger_is_better and started.monitor in metrics else 1
        cost = sign * metrics.get(started.monitor, metrics["loss"])
        return cost if math.isfinite(cost) else math.inf  # NaN is never the best


def nth(n: int) -> str:
    """2nd, 5th, 1,000th: a step of the rows, which is never 1 or 3."""
    return (_("{n}nd") if n == 2 else _("{n}th")).format(n=count(n))


def _step(epochs: int) -> int:
    """The smallest of 1, 2, 5, 10, 20, 50, ... with which the rows fit on a screen."""
    steps = (digit * 10**power for power in itertools.count() for digit in (1, 2, 5))
    return next(step for step in steps if epochs <= step * _ROWS)
