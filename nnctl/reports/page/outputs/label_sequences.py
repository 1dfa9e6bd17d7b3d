"""Label sequences that CTC reads: the worst lines and the edits they need."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher

from nnctl.reports.findings.document import Line, Output, Sequences
from nnctl.reports.number_format import count
from nnctl.reports.page.context import Page
from nnctl.reports.page.elements import Html, tag
from nnctl.reports.page.numbers import percent
from nnctl.reports.page.outputs.wrong_rows import picture
from nnctl.reports.page.tables import Cell, table
from nnctl.translation import _


def figures(output: Output, page: Page) -> list[Html]:
    sequences = output["sequences"]
    if not sequences:
        return []
    found = []
    if sequences["worst_lines"]:
        how = _(
            "Labels that differ are underlined. Of all rows, {exact} are read without a mistake; {rate} of the labels"
            " need an edit."
        ).format(exact=percent(sequences["exact"]), rate=percent(sequences["label_error_rate"]))
        found.append(page.figure(_("Worst lines"), how, _lines(sequences), wide=True))
    if sequences["edits"]:
        how = _(
            "What turns the predictions into the true labels: a label is replaced (substitution), taken out (deletion)"
            " or put in (insertion)."
        )
        found.append(page.figure(_("Edits"), how, _edits(sequences)))
    return found


def _lines(sequences: Sequences) -> Html:
    lines = sequences["worst_lines"]
    pictured = any(line["picture"] for line in lines)
    titles = [_("row"), *([_("input")] if pictured else []), _("expected"), _("predicted"), _("edits")]

    def row(line: Line) -> list:
        image = [picture(line["picture"], _("Row {row}").format(row=line["row"]))] if pictured else []
        expected = tag("span", marked(line["expected"], line["predicted"]), class_="edited")
        predicted = tag("span", marked(line["predicted"], line["expected"]), class_="edited")
        return [line["row"], *image, expected, predicted, Cell(count(line["edit_distance"]), line["edit_distance"])]

    return table(titles, map(row, lines), _("Worst lines"), numbers=(len(titles) - 1,), sortable=True)


def marked(text: str, other: str) -> Iterator[Html | str]:
    """The text, with what the other one does not have marked."""
    for kind, start, stop, *_others in SequenceMatcher(None, text, other, autojunk=False).get_opcodes():
        if stop > start:
            yield text[start:stop] if kind == "equal" else tag("mark", text[start:stop])


def _edits(sequences: Sequences) -> Html:
    rows = (
        [
            _edit(one["expected"], one["predicted"]),
            one["expected"],
            one["predicted"],
            Cell(count(one["times"]), one["times"]),
        ]
        for one in sequences["edits"]
    )
    titles = [_("edit"), _("expected"), _("predicted"), _("times")]
    return table(titles, rows, _("Edits"), numbers=(3,), sortable=True)


def _edit(expected: str, predicted: str) -> str:
    if not expected:
        return _("deletion")
    return _("substitution") if predicted else _("insertion")
