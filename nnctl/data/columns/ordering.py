"""The order of the values of a column: numbers, dates and times by size, words by meaning, never alphabetically."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from nnctl.data.columns import date_formats
from nnctl.data.table import Array, Column, listing
from nnctl.errors import DataError

_DIGITS = re.compile(r"\d+")
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
           "november", "december")  # fmt: skip
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def rank(column: Column, where: str, hint: str) -> Array:
    """(rows,) numbers in the order of the column's values; equal values have equal numbers.

    Raises DataError, with this place and hint, if the order of the words is unknown.
    """
    if column.kind != "text":
        return column.values
    present = [word for code, word in enumerate(column.words) if (column.values == code).any()]
    keys = _keys(present)
    if keys is None:
        raise DataError(f"the order of these words is not known: {listing(sorted(present), 5)}", where, hint)
    places = {key: place for place, key in enumerate(sorted(set(keys)))}
    known = dict(zip(present, (places[key] for key in keys), strict=True))
    ranks: Array = np.array([known.get(word, -1) for word in column.words] + [-1])[column.values]
    return ranks


def _keys(words: Sequence[str]) -> list[tuple[float, ...]] | None:
    """The sort keys of the words; None if their order is unknown."""
    orders = date_formats.possible_orders(words)
    readers: list[Callable[[str], float | None]] = [
        date_formats.time_of_day, date_formats.month_of_year, _named(_MONTHS), _named(_DAYS)
    ]  # fmt: skip
    if orders and (len(orders) == 1 or date_formats.same_in_all(words, orders)):
        readers.insert(0, partial(date_formats.instant, order=orders[0]))
    for read in readers:
        values = [value for word in words if (value := read(word)) is not None]
        if len(values) == len(words):
            return [(value,) for value in values]
    return _by_numbers(words)


def _named(names: Sequence[str]) -> Callable[[str], float | None]:
    def read(word: str) -> int | None:
        short = word.strip().rstrip(".").lower()
        if len(short) < 3:
            return None
        return next((place for place, name in enumerate(names) if name.startswith(short)), None)

    return read


def _by_numbers(words: Sequence[str]) -> list[tuple[float, ...]] | None:
    """t1, t2, t10; 2023-Q1; v1.2.10: words that differ only in their numbers, the most significant number first."""
    if len({_DIGITS.sub("0", word.strip().lower()) for word in words}) > 1:
        return None
    keys: list[tuple[float, ...]] = [tuple(map(int, _DIGITS.findall(word))) for word in words]
    if not keys or not keys[0]:
        return None
    # Q1 2023: the year is the most significant number, but comes last
    if len(keys[0]) > 1 and all(1000 <= key[-1] <= 2999 for key in keys) and not all(key[0] >= 1000 for key in keys):
        return None
    return keys
