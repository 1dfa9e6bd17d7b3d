"""Callbacks: what they do in the course of a few epochs."""

from __future__ import annotations

from typing import Any

from nnctl.reports.topics.document import Example, Plot
from nnctl.reports.topics.worked.numbers import number
from nnctl.training.best_or_last import Weights
from nnctl.training.callbacks import Callback
from nnctl.translation import _

_LOSSES = (0.9, 0.6, 0.5, 0.52, 0.51, 0.55, 0.6)
_RATE = 0.01
# Shorter than in the YAML, so that something happens within these epochs.
_ARGUMENTS: dict[str, dict[str, Any]] = {
    "EarlyStopping": {"patience": 2, "monitor": "val_loss", "mode": "min"},
    "ReduceLROnPlateau": {"patience": 2, "factor": 0.5, "monitor": "val_loss", "mode": "min"},
    "ModelCheckpoint": {"every_epochs": 3, "mode": "min"},
}


class _Run:
    """What callbacks may do to a run, written down."""

    def __init__(self) -> None:
        self.rate_scale = 1.0
        self.stopped = self.saved = False

    @property
    def learning_rate(self) -> float:
        return _RATE * self.rate_scale

    def stop(self, reason: str) -> None:
        self.stopped = True

    def say(self, text: str) -> None:
        pass

    def save_soon(self) -> None:
        self.saved = True

    def snapshot(self) -> Weights:
        raise NotImplementedError

    def restore(self, weights: Weights) -> None:
        raise NotImplementedError


def example(callback: Callback) -> Example | None:
    """A few epochs; None for a callback without an example."""
    if callback.kind not in _ARGUMENTS:
        return None
    short = type(callback)(**_ARGUMENTS[callback.kind])
    run, state, rows = _Run(), short.start(), []
    for epoch, loss in enumerate(_LOSSES, 1):
        run.saved = False
        short.epoch_ended(state, run, epoch, {"val_loss": loss, "loss": loss})
        waited = str(state["wait"]) if "wait" in state else ""
        what = _("stops") if run.stopped else _("writes checkpoints") if run.saved else ""
        rows.append([str(epoch), number(loss), waited, f"{run.learning_rate:.3g}", what])
        if run.stopped:
            break
    arguments = ", ".join(f"{key}: {value}" for key, value in _ARGUMENTS[callback.kind].items() if key != "mode")
    titles = [_("epoch"), "val_loss", _("epochs waited"), _("learning rate"), _("the callback")]
    kept = [column for column in range(len(titles)) if column < 2 or len({row[column] for row in rows}) > 1]
    return {
        "intro": _("Epochs of a run, with {arguments}:").format(arguments=arguments),
        "table": {"titles": [titles[c] for c in kept], "rows": [[row[c] for c in kept] for row in rows], "left": 0},
        "lines": [], "outcome": "",
    }  # fmt: skip


def plots(callback: Callback) -> list[Plot]:
    return []
