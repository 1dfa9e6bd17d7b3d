"""The rows that the model got most wrong, with their pictures, words or values."""

from __future__ import annotations

from collections.abc import Sequence

from nnctl.reports.findings.document import Output, Reconstruction, WrongRow
from nnctl.reports.number_format import metric
from nnctl.reports.page.context import Page
from nnctl.reports.page.elements import Html, join, tag
from nnctl.reports.page.numbers import percent
from nnctl.reports.page.tables import Cell, table
from nnctl.translation import _

MOST_COLUMNS = 5  # of the data, in the table
MOST_LETTERS = 300  # of a text


def figures(output: Output, page: Page) -> list[Html]:
    found = []
    wrong = output["most_wrong"]
    if wrong:
        how = _("The rows with the largest loss: look whether the data are wrong there, or what they have in common.")
        shown = _gallery(wrong) if any(row["picture"] for row in wrong) else rows_table(wrong)
        found.append(page.figure(_("Most wrong rows"), how, shown, wide=True))
    if output["reconstructions"]:
        how = _("On the left what went in, on the right what the model made of it; the worst come first.")
        pairs = tag("ul", map(_pair, output["reconstructions"]), class_="pictures wide")
        found.append(page.figure(_("Inputs and outputs"), how, pairs, wide=True))
    return found


def picture(source: str | None, description: str) -> Html | None:
    """An image from a data URI; None if there is none. Other addresses are never loaded."""
    if not source or not source.startswith("data:image/"):
        return None
    return tag("img", src=source, alt=description)


def rows_table(rows: Sequence[WrongRow], predicts_numbers: bool = False) -> Html:
    """The rows with their values, one below the other. predicts_numbers: what is predicted are numbers, not names."""
    columns = list(dict.fromkeys(name for row in rows for name in row["values"] or {}))
    shown = columns[:MOST_COLUMNS]
    has = {key: any(row[key] is not None for row in rows) for key in ("probability", "loss")}
    texts = any(row["text"] for row in rows)
    titles = [_("row"), _("true"), _("predicted")]
    titles += [_("probability of the true class")] * has["probability"] + [_("loss")] * has["loss"]
    numbers = list(range(1 if predicts_numbers else 3, len(titles)))
    titles += [_("text")] * texts + shown

    def cells(row: WrongRow) -> list:
        found: list = [row["row"], row["target"], row["predicted"]]
        if has["probability"]:
            found.append(Cell(percent(row["probability"]), row["probability"]))
        if has["loss"]:
            found.append(Cell(metric(row["loss"]), row["loss"]))
        if texts:
            found.append(_cut(row["text"] or ""))
        return found + [(row["values"] or {}).get(name, "") for name in shown]

    label = _("Largest errors") if predicts_numbers else _("Most wrong rows")
    found = table(titles, map(cells, rows), label, numbers=numbers, sortable=True)
    if len(shown) == len(columns):
        return found
    words = _("The first {shown} of {all} columns are shown.").format(shown=len(shown), all=len(columns))
    return join([found, tag("p", words, class_="muted")])


def _gallery(rows: Sequence[WrongRow]) -> Html:
    return tag("ul", map(_card, rows), class_="pictures")


def _card(row: WrongRow) -> Html:
    sure = percent(row["confidence"])
    words = [
        tag("div", _("true: {name}").format(name=row["target"])),
        tag("div", _("predicted: {name}").format(name=row["predicted"])),
        tag("div", _("confidence {share}").format(share=sure), class_="muted") if sure else None,
        tag("div", _("row {row}").format(row=row["row"]), class_="muted"),
    ]
    description = _("Row {row}, {target} taken for {predicted}").format(
        row=row["row"], target=row["target"], predicted=row["predicted"]
    )
    return tag("li", picture(row["picture"], description), words)


def _pair(one: Reconstruction) -> Html:
    both = tag("div", picture(one["input"], _("Input of row {row}").format(row=one["row"])),
               picture(one["output"], _("Output for row {row}").format(row=one["row"])), class_="pair")  # fmt: skip
    row = tag("div", _("row {row}").format(row=one["row"]), class_="muted")
    loss = tag("div", _("loss {value}").format(value=metric(one["loss"]))) if one["loss"] is not None else None
    return tag("li", both, loss, row)


def _cut(text: str) -> str:
    return text if len(text) <= MOST_LETTERS else text[:MOST_LETTERS] + "…"
