"""How much the model relies on each column."""

from __future__ import annotations

from nnctl.reports.findings.document import ColumnImportance, Importance, Run
from nnctl.reports.number_format import count, metric
from nnctl.reports.page.context import Page, Section
from nnctl.reports.page.elements import Html, tag
from nnctl.reports.page.tables import Cell, table
from nnctl.translation import _, plural

_WIDTH = 200.0  # of the longest bar, in the units of its picture


def sections(run: Run, page: Page) -> list[Section | None]:
    importance = run["importance"]
    if not importance or not importance["columns"]:
        return []
    how = plural(
        "How much worse {metric} becomes when the values of one column are shuffled over {rows} row: a long bar means"
        " that the model relies on the column. The thin line spans a standard deviation to both sides.",
        "How much worse {metric} becomes when the values of one column are shuffled over {rows} rows: a long bar means"
        " that the model relies on the column. The thin line spans a standard deviation to both sides.",
        importance["rows"],
    ).format(metric=importance["metric"], rows=count(importance["rows"]))
    left_out = None
    if len(importance["columns"]) < importance["all_columns"]:
        words = _("The {shown} most important of {all} columns are shown.")
        left_out = tag("p", words.format(shown=len(importance["columns"]), all=importance["all_columns"]),
                       class_="muted")  # fmt: skip
    figure = page.figure(_("Permutation importance"), how, _table(importance), left_out)
    return [page.section("columns", _("Importance of the columns"), figure)]


def _table(importance: Importance) -> Html:
    columns = importance["columns"]
    low = min(0.0, *(one["mean"] - one["std"] for one in columns))
    high = max(1e-12, *(one["mean"] + one["std"] for one in columns))

    def row(one: ColumnImportance) -> list:
        mean = Cell(metric(one["mean"]), one["mean"])
        return [
            one["column"],
            Cell(_bar(one, low, high), one["mean"]),
            mean,
            Cell(f"± {metric(one['std'])}", one["std"]),
        ]

    titles = [_("column"), _("importance"), _("mean"), _("deviation")]
    return table(titles, map(row, columns), _("Permutation importance"), numbers=(1, 2, 3), sortable=True)


def _bar(one: ColumnImportance, low: float, high: float) -> Html:
    """From zero to the mean, with a line over one standard deviation to both sides."""

    def place(value: float) -> float:
        return round((value - low) / (high - low) * _WIDTH, 1)

    left, right = sorted((place(0), place(one["mean"])))
    parts = [
        tag("rect", x=left, y=3, width=round(right - left, 1), height=14),
        tag("line", x1=place(0), x2=place(0), y1=0, y2=20, class_="axis"),
        tag("line", x1=place(one["mean"] - one["std"]), x2=place(one["mean"] + one["std"]), y1=10, y2=10,
            class_="spread"),
    ]  # fmt: skip
    return tag("svg", parts, class_="bar", viewBox=f"0 0 {_WIDTH:.0f} 20", preserveAspectRatio="none",
               aria_hidden="true")  # fmt: skip
