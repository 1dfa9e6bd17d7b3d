"""Curves over the probability from which a class is predicted, and whether the probabilities mean what they say."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from nnctl.reports.findings.document import Calibration, Output, PrecisionRecallCurve, RocCurve
from nnctl.reports.number_format import metric
from nnctl.reports.page.context import Page
from nnctl.reports.page.elements import Html, tag
from nnctl.reports.page.line_chart import COLORS, DASHES, Line, line_chart
from nnctl.reports.page.numbers import percent
from nnctl.translation import _

GRID = [i / 100 for i in range(101)]  # the x of all curves of a chart
MOST_CURVES = 12  # in one chart, those that are worst
KEPT_CURVES = 20  # that a document has at most


def figures(output: Output, page: Page) -> list[Html]:
    found = []
    if output["roc"]:
        found.append(_roc(output["roc"], page, _all_curves(output, output["roc"])))
    if curves := output["precision_recall"]:
        found.append(_precision_recall(curves, page, _all_curves(output, curves)))
    if output["calibration"] and output["calibration"]["bins"]:
        found.append(_calibration(output["calibration"], page))
    return found


def _all_curves(output: Output, curves: Sequence[Any]) -> int:
    """How many classes have a curve, of which the document has those of the most frequent classes."""
    classes = output["per_class"]
    return len(curves) if len(classes) <= KEPT_CURVES else sum(one["support"] > 0 for one in classes)


def _left_out(shown: int, every: int) -> Html | None:
    if shown == every:
        return None
    words = _("{shown} of {all} curves are shown: of the classes with the most rows, those that are predicted worst.")
    return tag("p", words.format(shown=shown, all=every), class_="muted")


def _roc(curves: list[RocCurve], page: Page, every: int) -> Html:
    worst = _in_order(curves, sorted(curves, key=lambda curve: curve["auc"])[:MOST_CURVES])
    lines = [
        _line(i, _("{name} (AUC {area})").format(name=curve["name"], area=metric(curve["auc"])),
              [true_positives(curve, x) for x in GRID])
        for i, curve in enumerate(worst)
    ]  # fmt: skip
    lines.append(Line(_("guessing"), GRID, 6, "dot"))
    how = _("The nearer a curve is to the upper left corner, the better the classes are told apart; AUC is its area.")
    return page.figure(_("ROC curve"), how, line_chart(
        page, _("True positive rate by false positive rate"), GRID, _("false positive rate"), _("true positive rate"),
        lines, x_range=(0, 1), y_range=(0, 1.02), aspect=0.8, start=10, most_rows=21,
    ), _left_out(len(worst), every))  # fmt: skip


def _precision_recall(curves: list[PrecisionRecallCurve], page: Page, every: int) -> Html:
    worst = _in_order(curves, sorted(curves, key=lambda curve: curve["average_precision"])[:MOST_CURVES])
    lines = []
    for i, curve in enumerate(worst):
        name = _("{name} (AP {area})").format(name=curve["name"], area=metric(curve["average_precision"]))
        lines.append(_line(i, name, precisions(curve)))
    if len(curves) == 1:
        lines.append(Line(_("guessing"), [curves[0]["prevalence"]] * len(GRID), 6, "dot"))
    how = _(
        "To the right, more rows of the class are found; a good curve stays high until there. AP is the average"
        " precision."
    )
    return page.figure(_("Precision and recall"), how, line_chart(
        page, _("Precision by recall"), GRID, _("recall"), _("precision"), lines,
        x_range=(0, 1), y_range=(0, 1.02), aspect=0.8, start=90, most_rows=21,
    ), _left_out(len(worst), every))  # fmt: skip


def _calibration(calibration: Calibration, page: Page) -> Html:
    bins = sorted(calibration["bins"], key=lambda one: one["confidence"])
    x = [one["confidence"] for one in bins]
    lines = [
        Line(_("share that is right"), [one["accuracy"] for one in bins], 1, points=True),
        Line(_("perfectly calibrated"), x, 6, "dot"),
    ]
    how = _(
        "Where the curve is below the dotted line, the model is surer than it may be; the gap is {gap} on average."
    ).format(gap=percent(calibration["expected_calibration_error"]))
    return page.figure(_("Calibration"), how, line_chart(
        page, _("Share of right predictions by confidence"), x, _("confidence"), _("share that is right"), lines,
        x_range=(0.5 if x[0] >= 0.5 else 0, 1), y_range=(0, 1.02), aspect=0.8,
        more=[(_("rows"), [one["rows"] for one in bins])],
    ))  # fmt: skip


def true_positives(curve: RocCurve, x: float) -> float:
    """The true positive rate that the curve reaches at this false positive rate, between its points linearly."""
    fpr, tpr = curve["fpr"], curve["tpr"]
    right = bisect_right(fpr, x)
    if right == len(fpr) or fpr[right - 1] == x:
        return tpr[right - 1]
    part = (x - fpr[right - 1]) / (fpr[right] - fpr[right - 1])
    return tpr[right - 1] + part * (tpr[right] - tpr[right - 1])


def precisions(curve: PrecisionRecallCurve) -> list[float | None]:
    """At each recall of the grid, the best precision at that recall or a larger one."""
    best = list(accumulate(reversed(curve["precision"]), max))[::-1]
    places = (bisect_left(curve["recall"], x) for x in GRID)
    return [best[place] if place < len(best) else None for place in places]


def _in_order(curves: list, chosen: list) -> list:
    return [curve for curve in curves if curve in chosen]


def _line(i: int, name: str, values: list) -> Line:
    """Colors and dashes change together, so that curves differ without color, too."""
    dashes = list(DASHES)
    return Line(name, values, i % (COLORS - 1) + 1, dashes[(i + i // (COLORS - 1)) % len(dashes)])
