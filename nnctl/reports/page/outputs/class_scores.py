"""Precision, recall and F1 of each class."""

from __future__ import annotations

from nnctl.reports.findings.document import ClassScores, Output
from nnctl.reports.number_format import count, metric
from nnctl.reports.page.context import Page
from nnctl.reports.page.elements import Html
from nnctl.reports.page.tables import Cell, table
from nnctl.translation import _


def figures(output: Output, page: Page) -> list[Html]:
    scores = output["per_class"]
    if not scores:
        return []
    areas = {curve["name"]: curve["auc"] for curve in output["roc"]}
    titles = [_("class"), _("precision"), _("recall"), "F1", _("rows"), _("predicted")]
    if areas:
        titles.append("AUC")
    shown = table(titles, (_row(one, areas) for one in scores), _("Scores of each class"),
                  numbers=range(1, len(titles)), sortable=len(scores) > 1)  # fmt: skip
    how = _(
        "Precision is the share of the predictions of a class that are right, recall the share of its rows that are"
        " found, and F1 their harmonic mean; each is 1 at best."
    )
    return [page.figure(_("Scores of each class"), how, shown, wide=True)]


def _row(one: ClassScores, areas: dict[str, float]) -> list[str | Cell]:
    numbers = [one["precision"], one["recall"], one["f1"]]
    row: list[str | Cell] = [one["name"], *(Cell(metric(number), number) for number in numbers)]
    row += [Cell(count(one["support"]), one["support"]), Cell(count(one["predicted"]), one["predicted"])]
    if areas:
        area = areas.get(one["name"])
        row.append(Cell(metric(area), area))
    return row
