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

    @cached_property
    def scale(self) -> float:
        """The loss of the baseline, by which differences of losses are judged; of the first epoch if it is unknown."""
        base = self.evaluation["baseline"] if self.evaluation else None
        known = base["metrics"].get("loss") if base else None
        losses = self.series("loss")
        return abs(known if known is not None else losses[0] if losses else 1.0) or 1.0

    @property
    def gained(self) -> float | None:
        """How far the model is on the way from the baseline to perfection, by the leading metric on held-out rows."""
        base = self.evaluation["baseline"] if self.evaluation else None
        if self.evaluation is None or base is None or base["value"] is None or base["model_value"] is None:
            return None
        return share_gained(base["model_value"], base["value"], base["metric"] in self.evaluation["bigger"])

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
        """The evaluated split as a phrase."""
        return SPLITS[self.evaluation["split"] if self.evaluation else "test"]()


def share_gained(value: float, baseline: float, bigger: bool) -> float | None:
    """How far a metric is on the way from the baseline's to that of a perfect model, from 0 to 1; None where the latter
    is unknown."""
    if bigger and baseline <= 1 and value <= 1:
        return (value - baseline) / (1 - baseline) if baseline < 1 else None
    return 1 - value / baseline if not bigger and baseline > 0 and value >= 0 else None


SPLITS = {
    "test": lambda: _("test rows"),
    "validation": lambda: _("validation rows"),
    "train": lambda: _("training rows"),
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
