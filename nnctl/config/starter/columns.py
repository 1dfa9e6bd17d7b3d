"""The columns of a table as features: which are left out, and how missing values and categories are treated."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from nnctl.config.starter.choices import Choice
from nnctl.config.starter.column_facts import ColumnFacts, TableFacts, word_among_numbers
from nnctl.config.starter.target import MOST_CLASSES, Problem
from nnctl.config.starter.wording import listed, percent, quoted
from nnctl.data.leakage import copy_notes
from nnctl.data.table import Array
from nnctl.translation import _, plural

_IDENTIFIER = re.compile(r"(?i:(.*[_ .-])?(id|uid|uuid|guid))|.*[a-z0-9]I[dD]")
_NUMBER = re.compile(r"(.*[_ .-])?(index|idx|rownames?|row|no|nr|key|번호)|unnamed.*|column0|__index_level_[0-9]+__|",
                     re.IGNORECASE)  # fmt: skip
_TIME = re.compile(r"(.*[_ .-])?(years?|quarters?|months?|weeks?|days?|hours?|minutes?|seconds?|date|time|age|period)",
                   re.IGNORECASE)  # fmt: skip
RARE = 5  # rows below which a category is combined with the other rare ones
MANY_WORDS = 10  # of a column above which the rare ones are combined
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
    left_out = {name: why for name, why in _left_out(facts, problem, texts) if name != texts}
    used = [column for name, column in facts.columns.items()
            if name not in (problem.target, texts) and name not in left_out]  # fmt: skip
    choices = []
    if left_out:
        choices.append(Choice(("dataset", "ignore"), list(left_out), tuple(left_out.values())))
    if categorical := {column.name: why for column in used if (why := _categorical(column, facts))}:
        used = [replace(column, kind="words") if column.name in categorical else column for column in used]
        choices.append(Choice(("dataset", "categorical"), list(categorical), tuple(categorical.values())))
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


def _left_out(facts: TableFacts, problem: Problem, texts: str | None) -> Iterator[tuple[str, str]]:
    """Columns that are not used, each with the reason."""
    leaks = _copies(facts, problem)
    for name, column in facts.columns.items():
        shown = quoted(name)
        if name == problem.target:
            continue
        if column.kind == "nested":
            yield name, _("{column} holds lists, objects or bytes.").format(column=shown)
        elif not column.distinct:
            yield name, _("{column} is empty.").format(column=shown)
        elif column.missing > MOSTLY_EMPTY * facts.rows:
            yield name, _("{share} of {column} is missing.").format(share=percent(column.missing, facts.rows),
                                                                    column=shown)  # fmt: skip
        elif column.distinct == 1 and not column.missing:
            yield name, _("{column} has the same value in every row.").format(column=shown)
        elif column.kind in ("date", "time"):
            yield name, _("{column} holds dates or times, which are not numbers.").format(column=shown)
        elif name in leaks:
            yield name, _("{column} gives the target away: one follows from the other.").format(column=shown)
        elif column.is_number and max(abs(column.least), abs(column.most)) > float(np.finfo(np.float32).max):
            yield name, _("{column} has numbers too large for float32.").format(column=shown)
        elif _counts_rows(column, facts.rows + facts.unlabelled):
            yield name, _("{column} numbers the rows, which says nothing about new rows.").format(column=shown)
        elif _identifies(column):
            yield name, _("{column} has {n} different numbers in {rows} rows and is named like an id.").format(
                column=shown, n=f"{column.distinct:,}", rows=f"{column.present:,}")  # fmt: skip
        elif (word := word_among_numbers(column, facts.sample)) is not None and column.distinct > MOST_CLASSES:
            yield name, _("{column} mixes numbers with words such as {word}, which are to be corrected first, or listed"
                          " under missing_values.").format(column=shown, word=quoted(word))  # fmt: skip
        elif column.kind == "text" and texts is not None:
            yield name, _("{column} holds texts, too, which are shorter than those of {texts}.").format(
                column=shown, texts=quoted(texts))  # fmt: skip
        elif column.is_like_names:
            yield name, _("{column} has {n} different words in {rows} rows, as names have.").format(
                column=shown, n=f"{column.distinct:,}", rows=f"{column.present:,}")  # fmt: skip
        elif not column.is_number and column.distinct > MANY_WORDS and _kept(column) == 1:
            yield name, _("{column} has {n} different words, each in fewer than {few} rows.").format(
                column=shown, n=f"{column.distinct:,}", few=RARE)  # fmt: skip
        elif not column.is_number and _kept(column) > 1000:
            yield name, _("{column} has {n} different words, too many for a column each.").format(
                column=shown, n=f"{column.distinct:,}")  # fmt: skip


def _counts_rows(column: ColumnFacts, rows: int) -> bool:
    """Whether a column of whole numbers only identifies the rows: all different, and named so, or without gaps from 0
    or 1 on. The time of a series is no such column."""
    different = column.is_number and column.whole and not column.missing and column.distinct == column.rows
    counted = column.least >= 0 and column.most <= rows and not _TIME.fullmatch(column.name)
    named = _IDENTIFIER.fullmatch(column.name) or _NUMBER.fullmatch(column.name)
    return different and column.rows > 10 and (counted or named is not None)


def _identifies(column: ColumnFacts) -> bool:
    """Whether a column of whole numbers is an id of something that few rows have in common."""
    varied = column.distinct > 20 and column.distinct > 0.5 * column.present
    return column.is_number and column.whole and varied and _IDENTIFIER.fullmatch(column.name) is not None


def _categorical(column: ColumnFacts, facts: TableFacts) -> str | None:
    """Why a column is read as categories that would otherwise be read as numbers, or refused; None if it is not."""
    if column.is_number and column.distinct == 1:
        return _("{column} is {value} or missing: both are categories.").format(
            column=quoted(column.name), value=column.counts[0][0])  # fmt: skip
    word = word_among_numbers(column, facts.sample)
    if word is None:
        return None
    return _("{column} mixes numbers with words such as {word}: its {n} values are read as categories.").format(
        column=quoted(column.name), word=quoted(word), n=column.distinct)  # fmt: skip


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
    if facts.unlabelled:
        rules[problem.target] = "drop"
        sentence = plural("{n} row has no {column} to learn from: left out.",
                          "{n} rows have no {column} to learn from: left out.", facts.unlabelled)  # fmt: skip
        why.append(sentence.format(n=f"{facts.unlabelled:,}", column=quoted(problem.target)))
    rows = facts.rows + facts.unlabelled  # rows to predict may have the gaps of those without a target
    for column in used:
        if column.missing_anywhere:
            rules[column.name] = "median" if column.is_number else "category"
            sentence = (_("{share} of {column} is missing: replaced by the median of the training rows.")
                        if column.is_number else
                        _("{share} of {column} is missing: a category of its own."))  # fmt: skip
            why.append(sentence.format(share=percent(column.missing_anywhere, rows), column=quoted(column.name)))
    if texts and facts.columns[texts].missing_anywhere:
        rules[texts] = "zero"
        sentence = _("{share} of {column} is missing: read as empty texts.")
        share = percent(facts.columns[texts].missing_anywhere, rows)
        why.append(sentence.format(share=share, column=quoted(texts)))
    return [Choice(("dataset", "missing"), rules, tuple(why))] if rules else []


def _rare(used: Sequence[ColumnFacts]) -> list[Choice]:
    """`rare:`, if a column has many words that hardly occur."""
    wide = [column for column in used if not column.is_number
            and column.distinct > MANY_WORDS and _kept(column) < 0.9 * column.distinct]  # fmt: skip
    if not wide:
        return []
    why = _("Many values of {columns} occur in fewer than {n} training rows: they are combined as one category.")
    return [Choice(("dataset", "rare"), RARE, (why.format(columns=listed([c.name for c in wide]), n=RARE),))]


def _kept(column: ColumnFacts) -> int:
    """The number of words that occur often enough to be learned from."""
    return sum(count >= RARE for _word, count in column.counts) + 1
