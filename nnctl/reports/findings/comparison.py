"""Several runs side by side: how their configs differ, and which is best by each metric."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from nnctl.reports.findings.document import Comparison, ConfigDifference, MetricRow, Number, Run
from nnctl.reports.findings.evaluation import leading_metric
from nnctl.reports.number_format import metric
from nnctl.translation import _

_NOT_COMPARED = ("name",)


def comparison_of(runs: Sequence[Run]) -> Comparison:
    """Of at least two runs."""
    names = short_names([run["folder"] for run in runs])
    sentences = comparability(runs)
    metrics = metric_rows(runs)
    every = [set(run["history"]["series"]) if run["history"] else set() for run in runs]
    charts = [name for name in dict.fromkeys(n for run in runs for n in (run["history"] or {"series": {}})["series"])
              if sum(name in each for each in every) > 1]  # fmt: skip
    return {
        "names": names,
        "verdict": best_run(names, metrics, bool(sentences)),
        "comparable": not sentences,
        "sentences": sentences,
        "config_differences": config_differences(runs),
        "metrics": metrics,
        "charts": charts,
    }


def short_names(folders: Sequence[str]) -> list[str]:
    """The last parts of the folders, as many as tell them apart."""
    parts = [folder.rstrip("/").replace("\\", "/").split("/") for folder in folders]
    for count in range(1, max(map(len, parts)) + 1):
        names = ["/".join(each[-count:]) for each in parts]
        if len(set(names)) == len(names):
            return names
    return [f"{each[-1]} ({at})" for at, each in enumerate(parts, 1)]


def config_differences(runs: Sequence[Run]) -> list[ConfigDifference]:
    """The keys whose values are not the same in all runs, in the order of the first config that has them."""
    values = [{each["key"]: each["value"] for each in run["config"]} for run in runs]
    keys = [key for key in dict.fromkeys(key for each in values for key in each) if key not in _NOT_COMPARED]
    rows: list[ConfigDifference] = [{"key": key, "values": [each.get(key) for each in values]} for key in keys]
    return [row for row in rows if len(set(row["values"])) > 1]


def comparability(runs: Sequence[Run]) -> list[str]:
    """Why the metrics of the runs cannot be compared; empty if they can."""
    found = []
    evaluations = [run["evaluation"] for run in runs]
    if any(each is None for each in evaluations):
        found.append(_("Some of the runs could not be evaluated, so only what training has recorded is compared."))
    if len({each["split"] for each in evaluations if each}) > 1:
        found.append(_("The runs were evaluated on different kinds of rows: some have no test split."))
    if len({run["environment"].get("data") for run in runs}) > 1:
        found.append(_("The runs were trained on different rows, or on the same rows split or encoded differently."))
    return found


def metric_rows(runs: Sequence[Run]) -> list[MetricRow]:
    """A row for each metric that at least one run has, then one for each of the costs."""
    shown = [_metrics(run) for run in runs]
    names = list(dict.fromkeys(name for each in shown for name in each))
    bigger = {name for run in runs for name in (run["evaluation"]["bigger"] if run["evaluation"] else ())}
    bigger |= {chart["name"] for run in runs if run["history"] for chart in run["history"]["charts"]
               if chart["better"] == "max"}  # fmt: skip
    rows = []
    for name in names:
        better: Literal["max", "min"] = "max" if name in bigger else "min"
        values = [each.get(name) for each in shown]
        baselines = [_baseline(run).get(name) for run in runs]
        rows.append(_row(name, values, baselines, better))
    costs: dict[str, list[Number]] = {
        "parameters": [run["facts"]["parameters"] for run in runs],
        "epochs": [run["facts"]["epochs"] for run in runs],
        "seconds": [run["facts"]["seconds"] for run in runs],
    }
    return rows + [_row(name, values, [None] * len(runs), None) for name, values in costs.items()]


def _metrics(run: Run) -> dict[str, Number]:
    """On the evaluated split: those of all its rows, if training has recorded them, else those of the sampled rows."""
    evaluation = run["evaluation"]
    if evaluation is None:
        history = run["history"]
        if history is None:
            return {}
        last = {name: values[-1] for name, values in history["series"].items()}
        held_out = {name[4:]: value for name, value in last.items() if name.startswith("val_")}
        return held_out or last
    recorded = evaluation["recorded"].get(evaluation["split"])
    return recorded if recorded and evaluation["sampled"] else evaluation["metrics"]


def _baseline(run: Run) -> dict[str, Number]:
    base = run["evaluation"]["baseline"] if run["evaluation"] else None
    return base["metrics"] if base else {}


def _row(name: str, values: list[Number], baseline: list[Number], better: Literal["max", "min"] | None) -> MetricRow:
    known = [(value, at) for at, value in enumerate(values) if value is not None]
    best = None
    if better and known:
        pick = max if better == "max" else min
        target = pick(value for value, _at in known)
        best = next(at for value, at in known if value == target)
    return {"name": name, "values": values, "baseline": baseline, "best_index": best, "better": better}


def best_run(names: Sequence[str], rows: Sequence[MetricRow], doubtful: bool) -> str:
    """Which run is best by the leading metric, in a sentence."""
    judged = [row for row in rows if row["better"]]
    if not judged:
        return _("There are no metrics to compare the runs by.")
    leading = leading_metric([row["name"] for row in judged])
    row = next(each for each in judged if each["name"] == leading)
    if row["best_index"] is None:
        return _("There are no metrics to compare the runs by.")
    value = row["values"][row["best_index"]]
    equal = sum(each == value for each in row["values"])
    if equal == len(names) and leading != "loss" and any(each["name"] == "loss" for each in judged):
        equally = _("By {metric}, all runs are equally good: {value}.").format(metric=leading, value=metric(value))
        return f"{equally} {best_run(names, [each for each in judged if each['name'] == 'loss'], doubtful)}"
    if equal == len(names):
        return _("By {metric}, all runs are equally good: {value}.").format(metric=leading, value=metric(value))
    text = _("By {metric}, {name} is best: {value}.").format(
        metric=leading, name=names[row["best_index"]], value=metric(value)
    )
    return f"{text} {_('Read the notes on how far the runs can be compared.')}" if doubtful else text
