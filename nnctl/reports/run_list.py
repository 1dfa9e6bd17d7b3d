"""The list of the runs in a folder: what each trained, how far it came, and how good it is."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict

from nnctl.config.yaml_reader import read
from nnctl.errors import NnctlError
from nnctl.reports.findings.evaluation import leading_metric
from nnctl.reports.findings.history import best_epoch
from nnctl.reports.findings.run_files import RunFiles, State, read_run
from nnctl.reports.findings.thinning import number
from nnctl.reports.number_format import metric
from nnctl.reports.tables import Table
from nnctl.reports.terminal import Terminal
from nnctl.training.run_folder import CONFIG
from nnctl.translation import _


class ListedRun(TypedDict):
    """One run. folder: its path. created: in ISO 8601, local time; None if training has not begun. model: the kinds of
    its layers. epochs: that were trained, of planned_epochs. metric: the name of the metric to judge by; value: its
    value in the best epoch (of the validation split, if there is one) and test: on the test split; None where
    unknown."""

    folder: str
    name: str
    created: str | None
    dataset: str | None
    model: str | None
    epochs: int
    planned_epochs: int | None
    best_epoch: int | None
    metric: str | None
    value: float | None
    test: float | None
    state: State


def runs_in(folder: Path) -> list[ListedRun]:
    """The runs whose folders are in a folder, the newest first."""
    found = []
    for config in folder.glob(f"*/{CONFIG}"):
        try:
            run = read_run(config.parent)
        except (NnctlError, OSError):  # removed while they are listed, or not readable
            continue
        found.append((float(run.started.get("time") or config.stat().st_mtime), run))
    found.sort(key=lambda each: (-each[0], str(each[1].folder)))
    return [_listed(run) for _time, run in found]


def _listed(run: RunFiles) -> ListedRun:
    dataset, model = _of_config(run)
    best = best_epoch(run)
    metrics: Mapping[str, Any] = run.epochs[-1 if best is None else best[0]]["metrics"] if run.epochs else {}
    test: Mapping[str, Any] = run.ended.get("test") or {}
    names = [name for name in metrics if not name.startswith("val_")]
    judged = leading_metric(names) if names else None
    time = run.started.get("time")
    return {
        "folder": str(run.folder), "name": run.name, "dataset": dataset, "model": model,
        "created": datetime.datetime.fromtimestamp(time).isoformat(timespec="seconds") if time else None,
        "epochs": len(run.epochs), "planned_epochs": run.started.get("epochs"),
        "best_epoch": None if best is None else best[1], "metric": judged,
        "value": number(metrics.get(f"val_{judged}", metrics.get(judged or ""))),
        "test": number(test.get(judged or "")), "state": run.state,
    }  # fmt: skip


def _of_config(run: RunFiles) -> tuple[str | None, str | None]:
    """The data set and the layers, without checking the config, which would take longer than all the rest."""
    try:
        data: Any = read(run.text, CONFIG).data
        dataset, layers = data["dataset"], data["layers"]
        paths = [Path(path).name for path in dataset.get("path") or ()]
        return dataset.get("name") or ", ".join(paths), _layers([next(iter(each.items())) for each in layers])
    except (NnctlError, KeyError, TypeError, AttributeError, StopIteration):
        return None, None


def _layers(layers: Sequence[tuple[str, Any]]) -> str:
    """`Conv2D 32 x 2, MaxPooling2D, Dense 10`."""
    words: list[tuple[str, int]] = []
    for kind, arguments in layers:
        given = arguments if isinstance(arguments, Mapping) else {}
        size = given.get("units") or given.get("filters")
        word = f"{kind} {size}" if size else str(kind)
        if words and words[-1][0] == word:
            words[-1] = word, words[-1][1] + 1
        else:
            words.append((word, 1))
    shown = [word if times == 1 else f"{word} × {times}" for word, times in words]
    return ", ".join(shown if len(shown) <= 6 else [*shown[:4], "…", shown[-1]])


def show(runs: Sequence[ListedRun], terminal: Terminal) -> None:
    """One row per run; runs that are not finished are marked."""
    titles = [
        _("run"),
        _("data set"),
        _("metric"),
        _("best"),
        _("test"),
        _("epochs"),
        _("state"),
        _("begun"),
        _("model"),
    ]
    table = Table(titles, left=3, spare=2, more=_("--json shows all"))
    for run in runs:
        state = _STATES[run["state"]]()
        epochs = str(run["epochs"])
        if run["planned_epochs"] and run["planned_epochs"] != run["epochs"]:
            epochs += f"/{run['planned_epochs']}"
        begun = (run["created"] or "")[:16].replace("T", " ")
        table.add(Path(run["folder"]).name, run["dataset"] or "", run["metric"] or "", metric(run["value"]),
                  metric(run["test"]), epochs, state, begun, run["model"] or "",
                  style=() if run["state"] == "finished" else ("yellow",))  # fmt: skip
    table.print(terminal)


_STATES = {
    "finished": lambda: _("finished"),
    "stopped": lambda: _("stopped"),
    "running": lambda: _("running"),
}
