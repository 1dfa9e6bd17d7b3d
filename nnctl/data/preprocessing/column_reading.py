"""What a column of a table is read as: a number, a category or a text; or why it is left out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np

from nnctl.data.columns.interpretation import is_plain
from nnctl.data.columns.number_formats import CODE, PLAIN, looks_like_number, possible_formats
from nnctl.data.config import DatasetSpec
from nnctl.data.readers.duckdb_types import called, hint
from nnctl.data.row_origin import located
from nnctl.data.table import Column, Occurrences, Table, listing
from nnctl.errors import DataError
from nnctl.quoting import yaml_list, yaml_map

Take = Literal["number", "category", "text"]
UNREAD = ("date", "time", "nested")
MOSTLY = 0.8  # the share of numbers from which words among them are mistakes


def read_as(name: str, table: Table, dataset: DatasetSpec, occurrences: Occurrences | None, named: bool,
            notes: list[str]) -> Take | None:  # fmt: skip
    """What a column is read as; None, with a note, if it is left out. occurrences: None under `numeric:`."""
    column = table.columns[name]
    if column.kind in UNREAD:
        if named or name in dataset.categorical or name in dataset.numeric:
            raise DataError(
                f"holds {called(column.type_name)}, but a feature must be numbers or words",
                table.where(name),
                hint(name, column.type_name),
            )
        notes.append(
            f'column "{name}" holds {called(column.type_name)} and is left out; {hint(name, column.type_name)}'
        )
        return None
    if occurrences is None:
        return "number"
    present, distinct = occurrences
    if not present:
        raise DataError("is empty in every row", table.where(name), f"ignore it: `ignore: {yaml_list([name])}`")
    if name in dataset.categorical:
        return "category"
    if distinct == 1 and present == table.rows:
        notes.append(f'column "{name}" has the same value in every row; `ignore: {yaml_list([name])}` leaves it out')
    if column.kind == "number":
        return "number"
    refuse_broken_numbers(name, column, table)
    if not named and distinct > 20 and distinct > 0.5 * present and is_text(column):
        notes.append(
            f'column "{name}" is left out: it holds texts; `text: {yaml_map({"column": name})}` reads it word by word,'
            " for an Embedding"
        )
        return None
    if not named and distinct > 20 and distinct > 0.5 * present:
        notes.append(
            f'column "{name}" is left out: {distinct} different texts in {table.rows} rows look like names;'
            f" `categorical: {yaml_list([name])}` uses it nevertheless"
        )
        return None
    return "category"


def is_text(column: Column) -> bool:
    """Whether the values of a column are texts: three or more words each, on average."""
    if column.kind != "text" or not column.words:
        return False
    return sum(len(word.split()) for word in column.words) >= 3 * len(column.words)


def refuse_broken_numbers(name: str, column: Column, table: Table) -> None:
    """Raises DataError for a column of words that are mostly numbers: these are mistakes, not categories."""
    present = np.bincount(column.values[column.values >= 0], minlength=len(column.words))
    words = [word for word, count in zip(column.words, present, strict=True) if count]
    numeric = np.array([looks_like_number(word) for word in column.words])
    if not numeric.any() or (present * numeric).sum() < MOSTLY * present.sum():
        return
    wrong = np.flatnonzero(~numeric & (present > 0))
    if len(wrong):
        at = located(table.where(name), column.values == wrong[0])
        raise DataError(
            f'{at.hold} "{column.words[wrong[0]]}" in a column of numbers',
            at.where,
            f"fix the value or leave the field empty; `categorical: {yaml_list([name])}` treats the column as words",
        )
    if all(map(CODE.fullmatch, words)) or is_plain(words):
        return  # digits that are text on purpose, such as the result of a cast in a query
    plain = [word for word in words if PLAIN.fullmatch(word)]
    shown = [word for word in words if not PLAIN.fullmatch(word)]
    if possible_formats(words, zeros=True):
        written = f'written as "{shown[0]}"'
    else:
        written = f"in several formats ({listing([*plain[:1], *shown], 3)})"
    raise DataError(
        f"looks like numbers {written}",
        table.where(name),
        "write plain numbers, or convert them in `query`;"
        f" `categorical: {yaml_list([name])}` treats the column as words",
    )


def refuse_unread(table: Table, names: Iterable[str], why: str) -> None:
    """Raises DataError for the first of the columns that holds neither numbers nor words."""
    for name in names:
        column = table[name]
        if column.kind in UNREAD:
            raise DataError(f"holds {called(column.type_name)}, {why}", table.where(name), hint(name, column.type_name))
