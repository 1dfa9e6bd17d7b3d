"""Which column of a table is to be predicted, and whether its values are classes or numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nnctl.config.starter.column_facts import ColumnFacts, TableFacts, word_among_numbers
from nnctl.config.starter.wording import quoted
from nnctl.data.table import listing
from nnctl.errors import DataError
from nnctl.translation import _

Task = Literal["classify", "regress"]
NAMES = ("target", "label", "labels", "class", "y", "outcome", "response", "정답", "레이블", "목표")
MOST_CLASSES = 20  # of whole numbers that are taken as class numbers


@dataclass(frozen=True)
class Problem:
    """What is to be learned. classes: (class, rows), most frequent first; of numbers none. rows: with a target.
    distinct: different values. sure: whether the values leave no doubt about the task. numbers: whether the classes are
    numbers."""

    target: str
    task: Task
    rows: int
    classes: tuple[tuple[str, int], ...] = ()
    distinct: int = 0
    sure: bool = True
    numbers: bool = False

    @property
    def is_binary(self) -> bool:
        return len(self.classes) == 2

    @property
    def second(self) -> str:
        """The class whose probability a model of two classes gives: the larger number, or the last word."""
        words = [word for word, _count in self.classes]
        return max(words, key=float) if self.numbers else max(words)


def likely_target(facts: TableFacts) -> tuple[str, bool]:
    """The column that is most probably the target, and whether it is clearly so: by its name, or as the last column
    and the only one of a few classes."""
    named = [name for name in facts.columns if name.strip().casefold() in NAMES]
    possible = [name for name, column in facts.columns.items() if _may_be_target(column)]
    if len(named) == 1 and named[0] in possible:
        return named[0], True
    if not possible:
        raise DataError(_("no column can be predicted: each is empty, the same in every row, a date or a text"),
                        facts.sample.source)  # fmt: skip
    last = possible[-1]
    words = [name for name in possible if _few_classes(facts.columns[name])]
    return last, words == [last] and last == list(facts.columns)[-1]


def _may_be_target(column: ColumnFacts) -> bool:
    if column.kind not in ("number", "words") or column.distinct < 2:
        return False
    return not column.is_like_names


def _few_classes(column: ColumnFacts) -> bool:
    return column.kind == "words" and column.distinct <= MOST_CLASSES


def problem_of(facts: TableFacts, target: str, task: Task | None = None) -> Problem:
    """The problem of predicting a column. task: what the user says of a column of whole numbers; None: as it looks.

    Raises DataError for a column that cannot be predicted.
    """
    column, table = facts.columns[target], facts.sample
    rows = facts.rows - column.missing
    if column.kind in ("date", "time", "nested"):
        raise DataError(_("this column holds dates, times or lists, which cannot be predicted"), table.where(target),
                        _("choose another column with --target"))  # fmt: skip
    if not column.distinct:
        raise DataError(_("the target is empty"), table.where(target), _("choose another column with --target"))
    if column.distinct < 2:
        raise DataError(_("the target has the same value in every row"), table.where(target),
                        _("choose another column with --target"))  # fmt: skip
    if not column.is_number:
        if task == "regress":
            raise DataError(_("the target holds words ({words}), which cannot be predicted as numbers").format(
                words=listing([quoted(word) for word, _count in column.counts], 3)), table.where(target),
                _("leave out --task, or choose another column with --target"))  # fmt: skip
        word = word_among_numbers(column, table)
        if word is not None and column.distinct > MOST_CLASSES:
            raise DataError(_("the target mixes numbers with words such as {word}").format(word=quoted(word)),
                            table.where(target), _("correct these values or leave them empty, or choose another column"
                                                   " with --target"))  # fmt: skip
        if column.is_like_names:
            raise DataError(_("the target has {n} different texts in {rows} rows: it looks like a name, not a class")
                            .format(n=column.distinct, rows=rows), table.where(target),
                            _("choose another column with --target"))  # fmt: skip
        return Problem(target, "classify", rows, column.counts, column.distinct)
    possible = column.whole and column.distinct <= len(column.counts) and _enough_rows(column)
    if task == "classify" and not possible and not _still_classes(column):
        raise DataError(_("the target has {n} different numbers in {rows} rows, too many for classes")
                        .format(n=column.distinct, rows=rows), table.where(target),
                        _("leave out --task, or choose another column with --target"))  # fmt: skip
    chosen: Task = task or ("classify" if possible and column.distinct <= MOST_CLASSES else "regress")
    sure = task is not None or not column.whole or column.distinct == 2 or column.distinct > 2 * MOST_CLASSES
    return Problem(target, chosen, rows, column.counts if chosen == "classify" else (), column.distinct, sure, True)


def _enough_rows(column: ColumnFacts) -> bool:
    """Whether whole numbers can be classes: each in at least 5 rows, on average in many."""
    return column.distinct == 2 or (min(count for _, count in column.counts) >= 2 and
                                    column.distinct * 5 <= column.present)  # fmt: skip


def _still_classes(column: ColumnFacts) -> bool:
    """Whether a class loss accepts the numbers at all: few, or whole and not nearly as many as the rows."""
    few = column.distinct <= 20 or (column.whole and column.distinct <= column.present / 5)
    return bool(column.counts) and few
