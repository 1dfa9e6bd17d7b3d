"""The learning curves: how the loss and the metrics changed from epoch to epoch, and the learning rate."""

from __future__ import annotations

from nnctl.reports.findings.document import Chart, History, Run
from nnctl.reports.number_format import short
from nnctl.reports.page.context import Page, Section
from nnctl.reports.page.elements import Html, tag
from nnctl.reports.page.line_chart import Line, Mark, line_chart
from nnctl.translation import _


def sections(run: Run, page: Page) -> list[Section | None]:
    history = run["history"]
    if not history or not history["epochs"]:
        return []
    rated = len(set(history["learning_rate"]) - {None}) > 1
    odd = (len(history["charts"]) + rated) % 2 == 1
    charts = [_curves(chart, history, page, wide=odd and i == 0) for i, chart in enumerate(history["charts"])]
    if rated:
        charts.append(_learning_rate(history, page))
    ended = tag("p", history["ended"], class_="plain") if history["ended"] else None
    note = _("Some epochs of this long run are left out of the charts.") if history["thinned"] else None
    return [
        page.section(
            "learning",
            _("Learning curves"),
            ended,
            tag("div", charts, class_="figures"),
            tag("p", note, class_="muted") if note else None,
        )
    ]


def how_to_read(chart: Chart) -> str:
    """A sentence on curves of a loss or a metric."""
    if chart["better"] == "max":
        return _("Higher is better; if training keeps rising while validation stays or falls, the model overfits.")
    return _("Lower is better; if training keeps falling while validation stays or rises, the model overfits.")


def series_name(series: str) -> str:
    return _("validation") if series.startswith("val_") else _("training")


def _curves(chart: Chart, history: History, page: Page, wide: bool) -> Html:
    epochs = history["epochs"]
    names = sorted(chart["series"], key=lambda name: name.startswith("val_"))
    lines = [
        Line(series_name(name), history["series"][name], *((2, "solid") if name.startswith("val_") else (1, "dash")),
             points=len(epochs) < 3)
        for name in names
    ]  # fmt: skip
    if chart["baseline"] is not None:
        lines.append(Line(_("baseline"), [chart["baseline"]] * len(epochs), 6, "dot", points=len(epochs) == 1))
    best = history["best_epoch"]
    marks = [Mark(best, _("best epoch: {n}").format(n=best))] if best is not None and len(epochs) > 1 else []
    drawn = line_chart(
        page,
        _("{metric} by epoch").format(metric=chart["name"]),
        epochs,
        _("epoch"),
        "",
        lines,
        marks=marks,
        start=epochs.index(best) if best in epochs else None,
        log=chart["better"] == "min",
        aspect=0.45 if wide else 0.62,
    )
    return page.figure(chart["name"], how_to_read(chart), drawn, wide=wide)


def _learning_rate(history: History, page: Page) -> Html:
    rates = history["learning_rate"]
    drawn = line_chart(
        page,
        _("Learning rate by epoch"),
        history["epochs"],
        _("epoch"),
        "",
        [Line(_("learning rate"), rates, 3)],
        log=True,
        aspect=0.62,
    )
    known = [rate for rate in rates if rate is not None]
    how = _("How far each update moves the weights: from {first} in the first epoch to {last} in the last.").format(
        first=short(known[0]), last=short(known[-1])
    )
    return page.figure(_("learning rate"), how, drawn)
