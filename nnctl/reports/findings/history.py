"""The curves of a run: its metrics, learning rate and time by epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nnctl.reports.findings.document import Chart, History
from nnctl.reports.findings.run_files import RunFiles
from nnctl.reports.findings.thinning import kept_places, number
from nnctl.reports.number_format import count
from nnctl.translation import _, plural

MOST_EPOCHS = 1000


def history_of(run: RunFiles, bigger: frozenset[str], most: int = MOST_EPOCHS) -> History | None:
    """The curves; None if no epoch has ended. bigger: the metrics that should grow. most: epochs that are kept."""
    if not run.epochs:
        return None
    best = best_epoch(run)
    places = kept_places(len(run.epochs), most, [] if best is None else [best[0]])
    shown = [run.epochs[place] for place in places]
    names = list(dict.fromkeys(name for epoch in shown for name in epoch["metrics"]))
    monitor = run.started.get("monitor")
    return {
        "epochs": [int(epoch["epoch"]) for epoch in shown],
        "series": {name: [number(epoch["metrics"].get(name)) for epoch in shown] for name in names},
        "charts": _charts(names, _baseline(run), bigger),
        "learning_rate": [number(epoch.get("learning_rate")) for epoch in shown],
        "seconds": [number(epoch.get("seconds")) for epoch in shown],
        "best_epoch": None if best is None else best[1],
        "monitor": str(monitor) if monitor else None,
        "bigger_is_better": bool(run.started.get("bigger_is_better")),
        "reason_ended": run.ended.get("reason"),
        "ended": ending(run),
        "thinned": len(shown) < len(run.epochs),
    }


def best_epoch(run: RunFiles) -> tuple[int, int] | None:
    """(place in `run.epochs`, number) of the best epoch by the run's monitor; None if no epoch is marked as best."""
    marked = [(place, int(epoch["epoch"])) for place, epoch in enumerate(run.epochs) if epoch.get("is_best")]
    return marked[-1] if marked else None


def _baseline(run: RunFiles) -> Mapping[str, Any]:
    """The baseline on the validation rows; on the training rows if there are no others."""
    return run.baselines.get("validation") or run.baselines.get("train") or {}


def _charts(names: Sequence[str], baseline: Mapping[str, Any], bigger: frozenset[str]) -> list[Chart]:
    charts: dict[str, list[str]] = {}
    for name in names:
        charts.setdefault(name.removeprefix("val_"), []).append(name)
    return [
        {"name": name, "series": series, "baseline": number(baseline.get(name)),
         "better": "max" if name in bigger else "min"}
        for name, series in charts.items()
    ]  # fmt: skip


def ending(run: RunFiles) -> str:
    """How training ended, in a sentence."""
    epochs, reason = len(run.epochs), run.ended.get("reason")
    shown = {"n": count(epochs), "all": _planned(run)}
    if run.state == "running":
        return _("Training is still running: {n} of {all} epochs are done.").format(**shown)
    if reason in _ENDINGS:
        return _ENDINGS[reason](epochs).format(**shown)
    return _("Training was cut off after {n} of {all} epochs, without a last message.").format(**shown)


def _planned(run: RunFiles) -> str:
    planned = run.started.get("epochs")
    return "?" if planned is None else count(int(planned))


_ENDINGS = {
    "done": lambda n: plural("Training went through its one epoch.", "Training went through all {n} epochs.", n),
    "early stopping": lambda _n: _("Early stopping ended the training after {n} of {all} epochs."),
    "interrupted": lambda _n: _("Training was interrupted from the keyboard after {n} of {all} epochs."),
    "terminated": lambda _n: _("Training was terminated by a signal after {n} of {all} epochs."),
    "hung up": lambda _n: _("Training ended after {n} of {all} epochs because its terminal was closed."),
    "output lost": lambda _n: _("Training ended after {n} of {all} epochs because its output could not be written."),
    "nan": lambda _n: _("Training stopped after {n} of {all} epochs because the loss was no longer a number."),
}
