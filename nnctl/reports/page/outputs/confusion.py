"""The confusion matrix, as a table with shades, and the most frequent confusions."""

from __future__ import annotations

from nnctl.reports.findings.document import Confusion, Output
from nnctl.reports.number_format import count
from nnctl.reports.page.context import Page
from nnctl.reports.page.elements import Html, tag
from nnctl.reports.page.numbers import percent
from nnctl.reports.page.tables import Cell, scroll, table
from nnctl.translation import _

DENSE = 8  # with more classes, the cells are smaller
SHADES = 10  # that the style sheet defines


def figures(output: Output, page: Page) -> list[Html]:
    confusion = output["confusion"]
    if not confusion or not confusion["classes"]:
        return []
    how = _("Each row is a true class and each column a predicted one: right predictions stand on the diagonal.")
    left_out = None
    if confusion["shown_classes"] < confusion["all_classes"]:
        words = _("Of {all} classes, the {shown} that are confused most are shown.")
        left_out = tag(
            "p", words.format(all=confusion["all_classes"], shown=confusion["shown_classes"]), class_="muted"
        )
    found = [page.figure(_("Confusion matrix"), how, _matrix(confusion), left_out, wide=len(confusion["classes"]) > 11)]
    if confusion["mistakes"]:
        found.append(page.figure(
            _("Most frequent confusions"),
            _("The share says how many of the rows of the true class were taken for the other one."),
            _mistakes(confusion),
        ))  # fmt: skip
    return found


def _matrix(confusion: Confusion) -> Html:
    """The table. Shades follow the share of the row, so that a rare class is as visible as a frequent one."""
    classes = confusion["classes"]
    predicted = tag("th", _("predicted"), colspan=len(classes), scope="colgroup")
    head = [
        tag("tr", tag("td", class_="corner"), predicted),
        tag("tr", tag("th", _("true"), scope="col"), (tag("th", tag("span", name), scope="col") for name in classes)),
    ]
    rows = []
    for i, counts in enumerate(confusion["matrix"]):
        total = sum(counts)
        cells = (_cell(n, total, i == j) for j, n in enumerate(counts))
        rows.append(tag("tr", tag("th", tag("span", classes[i]), scope="row"), cells))
    label = _("Confusion matrix")
    kind = "confusion dense" if len(classes) > DENSE else "confusion"
    return scroll(tag("table", tag("thead", head), tag("tbody", rows), class_=kind, aria_label=label), label)


def _cell(n: int, total: int, right: bool) -> Html:
    shade = max(1, round(SHADES * n / total)) if n else 0
    classes = [f"{'r' if right else 'w'}{shade}" if shade else "none", *(["diagonal"] if right else [])]
    return tag("td", count(n), class_=" ".join(classes))


def _mistakes(confusion: Confusion) -> Html:
    rows = (
        [
            one["actual"],
            one["predicted"],
            Cell(count(one["rows"]), one["rows"]),
            Cell(percent(one["share"]), one["share"]),
        ]
        for one in confusion["mistakes"]
    )
    titles = [_("true class"), _("predicted"), _("rows"), _("share")]
    return table(titles, rows, _("Most frequent confusions"), numbers=(2, 3), sortable=True)
