"""Predicted numbers beside the true ones."""

from __future__ import annotations

from nnctl.reports.findings.document import Output, Residuals
from nnctl.reports.number_format import metric
from nnctl.reports.page.context import Page
from nnctl.reports.page.elements import Html
from nnctl.reports.page.histogram import histogram
from nnctl.reports.page.line_chart import Line, line_chart
from nnctl.reports.page.outputs.wrong_rows import rows_table
from nnctl.translation import _


def figures(output: Output, page: Page) -> list[Html]:
    return [figure for one in output["residuals"] for figure in _figures(one, len(output["residuals"]) > 1, page)]


def _figures(one: Residuals, several: bool, page: Page) -> list[Html]:
    def title(words: str) -> str:
        return _("{column}: {title}").format(column=one["name"], title=words) if several else words

    found = []
    if one["actual"]:
        how = _("Each point is a prediction; the nearer it is to the line, the better.")
        if one["r2"] is not None:
            r2 = _("R² is {r2}: 1 is perfect, 0 no better than always predicting the mean.")
            how = f"{how} {r2.format(r2=metric(one['r2']))}"
        found.append(page.figure(title(_("Predicted and true values")), how, _scatter(one, page)))
    if any(one["histogram"]["counts"]):
        how = _(
            "Errors (predicted − true) should be small and centered at 0: {mae} on average in absolute value, {rmse} as"
            " root mean square, {mean} with their sign."
        ).format(
            mae=metric(one["mean_absolute_error"]),
            rmse=metric(one["root_mean_squared_error"]),
            mean=metric(one["mean_error"]),
        )
        drawn = histogram(one["histogram"], _("Errors of {column}").format(column=one["name"]), table=True)
        found.append(page.figure(title(_("Distribution of the errors")), how, drawn))
    if one["largest"]:
        how = _("The rows whose predictions are farthest from the true values: mistakes in the data often show here.")
        found.append(
            page.figure(title(_("Largest errors")), how, rows_table(one["largest"], predicts_numbers=True), wide=True)
        )
    return found


def _scatter(one: Residuals, page: Page) -> Html:
    pairs = sorted(zip(one["actual"], one["predicted"], strict=True))
    actual = [a for a, _p in pairs]
    predicted = [p for _a, p in pairs]
    lines = [
        Line(_("predicted"), predicted, 1, joined=False),
        Line(_("perfect prediction"), actual, 6, "dot"),
    ]
    margin = (actual[-1] - actual[0]) * 0.02 or 1.0
    label = _("Predicted values by true values of {column}").format(column=one["name"])
    return line_chart(page, label, actual, _("true value"), _("predicted"), lines,
                      x_range=(actual[0] - margin, actual[-1] + margin), aspect=0.8)  # fmt: skip
