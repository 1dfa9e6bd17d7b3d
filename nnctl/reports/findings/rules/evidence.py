"""What the rules look at, and what they say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from nnctl.reports.findings.document import Activations, Evaluation, History, Importance, Number, Output
from nnctl.translation import _

Severity = Literal["good", "note", "warning", "problem"]


@dataclass(frozen=True)
class Evidence:
    """What was found in a run.

    written: what the user has written of the config. resolved: the config with all defaults. state, reason: of the run
    and of its end. rows: by split.
    """

    history: History | None = None
    evaluation: Evaluation | None = None
    outputs: Sequence[Output] = ()
    importance: Importance | None = None
    activations: Activations | None = None
    written: Mapping[str, Any] = field(default_factory=dict)
    resolved: Mapping[str, Any] = field(default_factory=dict)
    state: str = "finished"
    reason: str | None = "done"
    folder: str = "runs/RUN"
    rows: Mapping[str, int] = field(default_factory=dict)

    def series(self, name: str) -> list[float]:
        """A curve without the epochs in which it is not finite."""
        found: Sequence[Number] = self.history["series"].get(name, []) if self.history else []
        return [value for value in found if value is not None]

    def both_losses(self) -> list[tuple[int, float, float]]:
        """(epoch, training loss, validation loss) of the epochs in which both are finite."""
        if self.history is None:
            return []
        series = self.history["series"]
        each = zip(self.history["epochs"], series.get("loss", ()), series.get("val_loss", ()), strict=False)
        return [(epoch, trained, held) for epoch, trained, held in each if trained is not None and held is not None]

    @property
    def perfect_loss(self) -> float:
        """The loss of a perfect model; 0 if it is unknown."""
        return (self.evaluation["perfect"].get("loss") if self.evaluation else None) or 0.0

    @property
    def to_gain(self) -> float | None:
        """By how much the loss of a perfect model is below that of the baseline on the training rows; None if that is
        unknown, or it is not."""
        base = self.evaluation["baseline"] if self.evaluation else None
        known = (base["metrics"].get("loss") if base["train_loss"] is None else base["train_loss"]) if base else None
        return None if known is None or known <= self.perfect_loss else known - self.perfect_loss

    @cached_property
    def scale(self) -> float:
        """What differences of losses are judged by: how far the baseline's loss is from a perfect model's; the loss of
        the first epoch if that is unknown."""
        losses = self.series("loss")
        return self.to_gain or abs(losses[0] if losses else 1.0) or 1.0

    @property
    def gained(self) -> float | None:
        """How far the model is on the way from the baseline to perfection, by the leading metric on held-out rows."""
        base = self.evaluation["baseline"] if self.evaluation else None
        if self.evaluation is None or base is None or base["value"] is None or base["model_value"] is None:
            return None
        name = base["metric"]
        return share_gained(
            base["model_value"], base["value"], name in self.evaluation["bigger"], self.evaluation["perfect"].get(name)
        )

    @property
    def layers(self) -> list[Any]:
        return list(self.written.get("layers") or [])

    @property
    def callbacks(self) -> list[Any]:
        return list(self.written.get("callbacks") or [])

    def has_callback(self, name: str) -> bool:
        return any(each == name or (isinstance(each, Mapping) and name in each) for each in self.callbacks)

    def has_layer(self, word: str) -> bool:
        """Whether the kind of a layer contains a word."""
        return any(word in str(next(iter(each), "") if isinstance(each, Mapping) else each) for each in self.layers)

    @property
    def split(self) -> str:
        """The evaluated rows as a phrase."""
        if self.evaluation is None:
            return SPLITS["test"]()
        return (SAMPLES if self.evaluation["sampled"] else SPLITS)[self.evaluation["split"]]()


def share_gained(value: float, baseline: float, bigger: bool, perfect: float | None = None) -> float | None:
    """How far a metric is on the way from the baseline's to that of a perfect model, from 0 to 1; None where the latter
    is no better than the others. perfect: 1 if it is unknown and should grow, or 0."""
    if perfect is None:
        perfect = 1.0 if bigger else 0.0
    way, gone = (perfect - baseline, value - baseline) if bigger else (baseline - perfect, baseline - value)
    return gone / way if way > 0 and gone <= way * (1 + 1e-6) else None


SPLITS = {
    "test": lambda: _("test rows"),
    "validation": lambda: _("validation rows"),
    "train": lambda: _("training rows"),
}

SAMPLES = {
    "test": lambda: _("sampled test rows"),
    "validation": lambda: _("sampled validation rows"),
    "train": lambda: _("sampled training rows"),
}


@dataclass(frozen=True)
class Advice:
    """What to try. changes: top-level keys of the config and their new values; empty if the advice is no such change.
    sets: the same for `--set`, if that is short enough to type."""

    text: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    sets: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Ruling:
    """What a rule says."""

    severity: Severity
    text: str
    advice: Sequence[Advice] = ()
