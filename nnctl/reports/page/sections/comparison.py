"""Several runs side by side: their metrics, their curves, and how their configs differ."""

from __future__ import annotations

from nnctl.reports.findings.document import Comparison, Document, MetricRow, Run
from nnctl.reports.number_format import count, duration, metric
from nnctl.reports.page.context import Page, Section, letter
from nnctl.reports.page.elements import Html, tag
from nnctl.reports.page.line_chart import COLORS, DASHES, Line, line_chart
from nnctl.reports.page.tables import Cell, key_name, table
from nnctl.translation import _


def sections(document: Document, page: Page) -> list[Section | None]:
    comparison = document["comparison"]
    if not comparison:
        return []
    runs = document["runs"]
    names = [f"{letter(i)}: {name}" for i, name in enumerate(comparison["names"])]
    curves = [chart for name in comparison["charts"] if (chart := _curves(name, runs, names, page))]
    return [
        page.section(
            "verdict",
            _("Verdict"),
            tag("div", tag("p", comparison["verdict"], class_="headline"), class_="verdict"),
            [tag("p", sentence, class_="plain") for sentence in comparison["sentences"]],
            _metrics(comparison, names, page),
        ),
        page.section("learning", _("Learning curves"), tag("div", curves, class_="figures") if curves else None),
        page.section("differences", _("Differences of the configs"), _differences(comparison, names, page)),
    ]


def _metrics(comparison: Comparison, names: list[str], page: Page) -> Html | None:
    if not comparison["metrics"]:
        return None
    based = any(value is not None for one in comparison["metrics"] for value in one["baseline"])

    def row(one: MetricRow) -> list:
        cells = [_value(one, i) for i in range(len(names))]
        return [one["name"], *cells, *([_baseline(one)] if based else [])]

    titles = [_("metric"), *names, *([_("baseline")] if based else [])]
    shown = table(titles, map(row, comparison["metrics"]), _("Metrics"), numbers=range(1, len(titles)))
    how = _("Each row is a metric and each column a run; the best value is bold and has a star.")
    return page.figure(_("Metrics"), how, shown)


def _value(one: MetricRow, i: int) -> Cell:
    value, best = one["values"][i], i == one["best_index"]
    text = _shown(one["name"], value)
    return Cell(f"★ {text}" if best else text, best=best)


def _baseline(one: MetricRow) -> str:
    """The baseline of all runs, or that of each if they differ."""
    texts = [_shown(one["name"], value) for value in one["baseline"]]
    return texts[0] if len(set(texts)) == 1 else ", ".join(texts)


def _shown(name: str, value: float | int | None) -> str:
    if value is None:
        return ""
    if name == "seconds":
        return duration(value)
    return count(int(value)) if name in {"parameters", "epochs"} else metric(value)


def _differences(comparison: Comparison, names: list[str], page: Page) -> Html | None:
    if not comparison["config_differences"]:
        return None

    def row(one) -> list:
        values = (tag("span", "–") if value is None else tag("code", value) for value in one["values"])
        return [key_name(one["key"]), *values]

    shown = table([_("key"), *names], map(row, comparison["config_differences"]), _("Differences of the configs"))
    how = _("Only the keys whose values differ; a dash means that the run's config has no such key.")
    return page.figure(_("Values that differ"), how, shown)


def _curves(name: str, runs: list[Run], names: list[str], page: Page) -> Html | None:
    """One series of all runs, over all epochs that any of them has."""
    found = [(i, run["history"]) for i, run in enumerate(runs)]
    having = [(i, history) for i, history in found if history and name in history["series"]]
    epochs = sorted({epoch for _i, history in having for epoch in history["epochs"]})
    if not epochs:
        return None
    lines = []
    for i, history in having:
        values = dict(zip(history["epochs"], history["series"][name], strict=True))
        lines.append(Line(names[i], [values.get(epoch) for epoch in epochs], i % COLORS + 1,
                          list(DASHES)[i % len(DASHES)], end=letter(i), points=len(values) == 1))  # fmt: skip
    how = _("Each line is a run, with its letter at the end; the table of differences says what they do differently.")
    drawn = line_chart(page, _("{metric} by epoch").format(metric=name), epochs, _("epoch"), "", lines, log=True,
                       aspect=0.62)  # fmt: skip
    return page.figure(name, how, drawn)
