"""Words among numbers that stand for missing values, such as the `-` of many tables and the errors of Excel."""

from __future__ import annotations

from nnctl.config.starter.choices import Choice
from nnctl.config.starter.column_facts import TableFacts, word_among_numbers
from nnctl.config.starter.wording import listed
from nnctl.data.columns.column_format import NULLS
from nnctl.data.columns.number_formats import looks_like_number
from nnctl.translation import _

MARKS = (
    "-", "--", ".", "..", "n.a.", "N.A.", "na", "unknown", "Unknown", "missing", "#DIV/0!", "#VALUE!", "#REF!", "#NUM!",
    "#NAME?",
)  # fmt: skip


def missing_words(facts: TableFacts, target: str) -> Choice | None:
    """The `missing_values:` that makes numbers of columns that are numbers but for such words; None if there are none.
    A word that is a class of the target is none of them."""
    found: dict[str, None] = {}
    columns = []
    classes: set[str] = set()
    for name, column in facts.columns.items():
        words = {word for word, _count in column.counts if not looks_like_number(word)}
        if word_among_numbers(column, facts.sample) is None:
            classes |= words if name == target else set()
        elif words and words <= set(MARKS):
            found |= dict.fromkeys(mark for mark in MARKS if mark in words)
            columns.append(name)
    if not columns or classes & set(found):
        return None
    why = _("{words} among the numbers of {columns}: read as missing values, beside the usual words for them.")
    return Choice(("dataset", "missing_values"), [*filter(None, NULLS), *found],
                  (why.format(words=listed(found), columns=listed(columns)),))  # fmt: skip
