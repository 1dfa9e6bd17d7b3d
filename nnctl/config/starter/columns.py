"""The columns of a table as features: which are left out, and how missing values and categories are treated."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from nnctl.config.starter.choices import Choice
from nnctl.config.starter.column_facts import ColumnFacts, TableFacts
from nnctl.config.starter.target import Problem
from nnctl.config.starter.wording import listed, percent, quoted
from nnctl.data.leakage import copy_notes
from nnctl.data.table import Array
from nnctl.translation import _, plural

_ID = re.compile(r"(.*[_ .-])?(id|uuid|guid|index|idx|rownames?|row|no|nr|key|번호)|unnamed.*|column0|", re.IGNORECASE)
RARE = 5  # rows below which a category is combined with the other rare ones
MOSTLY_EMPTY = 0.95
SAME_ORDER = 0.9999  # correlation of the ranks from which one column is the other in another form


@dataclass(frozen=True)
class Columns:
    """The choices about columns. width: of the encoded features, roughly. features: the columns that are used, but
    for the texts. reasons: why others are left out."""

    choices: tuple[Choice, ...]
    width: int
    features: tuple[str, ...]
    reasons: tuple[str, ...]


def column_choices(facts: TableFacts, problem: Problem, texts: str | None) -> Columns:
    """Which columns are features, and how they are read. texts: the column of texts that is read word by word."""
    left_out = {name: why for name, why in _left_out(facts, problem) if name != texts}
    used = [column for name, column in facts.columns.items()
            if name not in (problem.target, texts) and name not in left_out]  # fmt: skip
    choices = []
    if left_out:
        choices.append(Choice(("dataset", "ignore"), list(left_out), tuple(left_out.values())))
    choices += _missing(used, facts, problem, texts)
    rare = _rare(used)
    choices += rare
    if problem.task == "regress":
        target = facts.columns[problem.target]
        why = _("The target goes from {least:g} to {most:g}: scaled for training; predictions are in its own unit.")
        choices.append(Choice(("dataset", "normalize"), {problem.target: "standard"},
                              (why.format(least=target.least, most=target.most),)))  # fmt: skip
    width = sum(1 if column.is_number else min(column.distinct, _kept(column)) for column in used)
    features = tuple(column.name for column in used)
    return Columns(tuple(choices), width, features, tuple(left_out.values()))


def _left_out(facts: TableFacts, problem: Problem) -> Iterator[tuple[str, str]]:
    """Columns that are not used, each with the reason."""
    leaks = _copies(facts, problem)
    for name, column in facts.columns.items():
        present = facts.rows - column.missing
        shown = quoted(name)
        if name == problem.target:
            continue
        if not present or not column.distinct:
            yield name, _("{column} is empty.").format(column=shown)
        elif column.missing > MOSTLY_EMPTY * facts.rows:
            yield name, _("{share} of {column} is missing.").format(share=percent(column.missing, facts.rows),
                                                                    column=shown)  # fmt: skip
        elif (column.distinct == 1 and column.is_number) or (column.distinct == 1 and not column.missing):
            yield name, _("{column} has the same value in every row.").format(column=shown)
        elif column.kind in ("date", "time"):
            yield name, _("{column} holds dates or times, which are not numbers.").format(column=shown)
        elif column.kind == "nested":
            yield name, _("{column} holds lists or objects.").format(column=shown)
        elif name in leaks:
            yield name, _("{column} gives the target away: one follows from the other.").format(column=shown)
        elif column.is_number and max(abs(column.least), abs(column.most)) > float(np.finfo(np.float32).max):
            yield name, _("{column} has numbers too large for float32.").format(column=shown)
        elif _counts_rows(column):
            yield name, _("{column} numbers the rows, which says nothing about new rows.").format(column=shown)
        elif column.kind in ("words", "text") and column.distinct > 20 and column.distinct > 0.5 * present:
            yield name, _("{column} has {n} different words in {rows} rows, as names have.").format(
                column=shown, n=f"{column.distinct:,}", rows=f"{present:,}")  # fmt: skip
        elif not column.is_number and _kept(column) > 1000:
            yield name, _("{column} has {n} different words, too many for a column each.").format(
                column=shown, n=f"{column.distinct:,}")  # fmt: skip


def _counts_rows(column: ColumnFacts) -> bool:
    """Whether a column of whole numbers only identifies the rows: all different, and named so or without gaps."""
    different = column.is_number and column.whole and not column.missing and column.distinct == column.rows
    gapless = column.most - column.least == column.rows - 1
    return different and column.rows > 10 and (gapless or _ID.fullmatch(column.name) is not None)


def _copies(facts: TableFacts, problem: Problem) -> set[str]:
    """Columns from which the target follows."""
    table, rows = facts.sample, np.arange(facts.sample.rows)
    target = facts.columns[problem.target]
    found = set()
    for name, column in facts.columns.items():
        if name == target.name or column.kind not in ("number", "words") or column.distinct < 2:
            continue
        if column.is_number and target.is_number and target.distinct > 2:
            follows = _same_order(table[name].values, table[target.name].values)
        else:
            follows = any(copy_notes(table, [name], [target.name], rows))
        if follows:
            found.add(name)
    return found


def _same_order(x: Array, y: Array) -> bool:
    """Whether two columns of numbers sort the rows alike, as a number and its logarithm do. Unlike the correlation of
    the numbers themselves, one extreme row does not decide this."""
    both = ~(np.isnan(x) | np.isnan(y))
    if both.sum() < 3:
        return False
    ranks = [np.unique(values[both], return_inverse=True)[1].astype(np.float64) for values in (x, y)]
    first, second = (each - each.mean() for each in ranks)
    size = np.sqrt((first @ first) * (second @ second))
    return bool(size > 0 and abs(first @ second) > SAME_ORDER * size)


def _missing(used: Sequence[ColumnFacts], facts: TableFacts, problem: Problem, texts: str | None) -> list[Choice]:
    rules: dict[str, str] = {}
    why = []
    target = facts.columns[problem.target]
    if target.missing:
        rules[target.name] = "drop"
        sentence = plural("{n} row has no {column} to learn from: left out.",
                          "{n} rows have no {column} to learn from: left out.", target.missing)  # fmt: skip
        why.append(sentence.format(n=target.missing, column=quoted(target.name)))
    for column in used:
        if column.missing:
            rules[column.name] = "median" if column.is_number else "category"
            sentence = (_("{share} of {column} is missing: replaced by the median of the training rows.")
                        if column.is_number else
                        _("{share} of {column} is missing: a category of its own."))  # fmt: skip
            why.append(sentence.format(share=percent(column.missing, facts.rows), column=quoted(column.name)))
    if texts and facts.columns[texts].missing:
        rules[texts] = "zero"
        sentence = _("{share} of {column} is missing: read as empty texts.")
        why.append(sentence.format(share=percent(facts.columns[texts].missing, facts.rows), column=quoted(texts)))
    return [Choice(("dataset", "missing"), rules, tuple(why))] if rules else []


def _rare(used: Sequence[ColumnFacts]) -> list[Choice]:
    """`rare:`, if a column has many words that hardly occur."""
    wide = [column for column in used if not column.is_number
            and column.distinct > 10 and _kept(column) < 0.9 * column.distinct]  # fmt: skip
    if not wide:
        return []
    why = _("Many values of {columns} occur in fewer than {n} training rows: they are combined as one category.")
    return [Choice(("dataset", "rare"), RARE, (why.format(columns=listed([c.name for c in wide]), n=RARE),))]


def _kept(column: ColumnFacts) -> int:
    """The number of words that occur often enough to be learned from."""
    return sum(count >= RARE for _word, count in column.counts) + 1
