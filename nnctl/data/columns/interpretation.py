"""Words to values: the format of each column is decided once, from all its rows, and its words are converted by it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from nnctl.data.columns import date_formats, number_formats
from nnctl.data.columns.column_format import CATEGORY, NUMBER, TEXT, TIME, ColumnFormat, Decision, Rules
from nnctl.data.columns.number_formats import BEYOND, CODE, PLAIN, PLAIN_FORMAT, NumberFormat
from nnctl.data.row_origin import Origin, Where, located
from nnctl.data.table import Column, date_word, listing
from nnctl.errors import DataError
from nnctl.quoting import yaml_list

_THOUSANDS = re.compile(r"-?[0-9]{1,3}(\.[0-9]{3})+")


def decide(columns: Mapping[str, Sequence[str]], rules: Rules, delimiter: str = ",") -> Decision:
    """The format of each column, from the distinct words of all its rows.

    columns: the words, without those that mean a missing value. delimiter: of the file; a semicolon suggests decimal
    commas.
    """
    decision = Decision()
    open_numbers: dict[str, list[NumberFormat]] = {}
    open_dates: dict[str, tuple[str, ...]] = {}
    for name, words in columns.items():
        if name in rules.words or not words:
            decision.formats[name] = TEXT
        elif name in rules.categories:
            decision.formats[name] = CATEGORY
        elif is_plain(words):
            decision.formats[name] = _plain(name, words, rules, decision.notes)
        elif name in rules.classes:
            decision.formats[name] = TEXT
        elif found := number_formats.possible_formats(words, zeros=name in rules.numbers or not _codes(words)):
            open_numbers[name] = found
        elif orders := _orders(name, words, rules):
            open_dates[name] = orders
        elif date_formats.are_times(words):
            decision.formats[name] = TIME
        else:
            decision.formats[name] = TEXT
            if _codes(words):
                decision.notes.append(_code_note(name, words))
    _settle_numbers(columns, open_numbers, rules, delimiter, decision)
    _settle_dates(columns, open_dates, decision)
    return decision


def _codes(words: Sequence[str]) -> bool:
    """Whether all words are digits; some then begin with 0, since the words are not plain numbers."""
    return all(map(CODE.fullmatch, words))


def is_plain(words: Sequence[str]) -> bool:
    """Whether all words are numbers that any reader accepts."""
    return all(map(PLAIN.fullmatch, words))


def plain_format(whole: bool, largest: float, name: str, rules: Rules) -> ColumnFormat:
    """The format of a column of plain numbers. largest: the largest absolute value; whole numbers above 2^53, which
    float64 cannot distinguish, are words unless the config asks for numbers."""
    if whole and largest >= BEYOND and name not in rules.numbers:
        return TEXT
    return replace(NUMBER, whole=whole)


def beyond_note(name: str) -> str:
    return (
        f'column "{name}": whole numbers above 2^53, which float64 cannot distinguish, are read as words;'
        f" `numeric: {yaml_list([name])}` reads them as numbers"
    )


def _plain(name: str, words: Sequence[str], rules: Rules, notes: list[str]) -> ColumnFormat:
    whole = all("." not in word and "e" not in word.lower() and word[-1].isdigit() for word in words)
    largest = max(abs(int(word)) for word in words) if whole else 0
    chosen = plain_format(whole, largest, name, rules)
    if chosen is TEXT:
        notes.append(beyond_note(name))
    elif rules.decimal == "," and name not in rules.classes:
        # with a decimal comma, 1.234 is a thousand, and 1.5 is not a number
        found = [f for f in number_formats.possible_formats(words) if f.decimal == ","]
        return replace(chosen, number=_european(found)) if found else TEXT
    return chosen


def _european(found: Sequence[NumberFormat]) -> NumberFormat:
    return next((f for f in found if f.thousands == "."), found[0])


def _orders(name: str, words: Sequence[str], rules: Rules) -> tuple[str, ...]:
    chosen = rules.date_order(name)
    orders = (chosen,) if chosen else date_formats.ORDERS
    found = date_formats.possible_orders(words) if not chosen else tuple(
        order for order in orders if all(date_formats.instant(word, order) is not None for word in words)
    )  # fmt: skip
    if chosen and not found and date_formats.possible_orders(words):
        wrong = next(word for word in words if date_formats.instant(word, chosen) is None)
        raise DataError(
            f'`dates: {chosen}` is given, but column "{name}" holds "{wrong}", which is not a date in that order',
            f'column "{name}"', f"orders that fit all values: {listing(date_formats.possible_orders(words))}",
        )  # fmt: skip
    return found


def _code_note(name: str, words: Sequence[str]) -> str:
    example = next((word for word in words if len(word) > 1 and word[0] == "0"), words[0])
    return (
        f'column "{name}": {example} begins with 0, so its values are read as words;'
        f" `numeric: {yaml_list([name])}` reads them as numbers"
    )


def _settle_numbers(columns: Mapping[str, Sequence[str]], found: Mapping[str, list[NumberFormat]], rules: Rules,
                    delimiter: str, decision: Decision) -> None:  # fmt: skip
    """Chooses among the possible formats by the decimal separator that other columns of the file prove."""
    proven = {choices[0].decimal for choices in found.values() if len({choice.decimal for choice in choices}) == 1}
    usual = "," if "," in proven or (delimiter == ";" and "." not in proven) else "."
    mark = rules.decimal or usual
    for name, choices in found.items():
        fitting = [choice for choice in choices if choice.decimal == mark]
        if rules.decimal and not fitting:
            decision.formats[name] = TEXT  # using it as numbers is an error that names the word
            continue
        chosen = (fitting or choices)[0]
        words = columns[name]
        values = [chosen.number(word) for word in words]
        if len(choices) > 1 and not rules.decimal:
            other = next((c for c in choices if [c.number(word) for word in words] != values), None)
            ambiguous = None if other is None else next(w for w in words if chosen.number(w) != other.number(w))
        else:
            ambiguous = None
        decision.formats[name] = ColumnFormat(
            "number", chosen, whole=all(v is not None and v.is_integer() for v in values)
        )
        decision.notes.append(_number_note(name, words, chosen, ambiguous))
    if "," in proven and not rules.decimal:  # then 1.234 and 5.678 are thousands, not fractions
        for name, kept in list(decision.formats.items()):
            if kept.kind != "number" or name in found or name in rules.classes or not columns.get(name):
                continue
            dotted = [word for word in columns[name] if "." in word]
            if dotted and all(_grouped_by_points(word) for word in dotted):
                chosen = NumberFormat(",", ".")
                decision.formats[name] = ColumnFormat("number", chosen, whole=True)
                decision.notes.append(_number_note(name, dotted, chosen, dotted[0]))


def _grouped_by_points(word: str) -> bool:
    """Whether a word such as 1.234 can be a whole number with a thousands separator; 0.125 cannot."""
    return _THOUSANDS.fullmatch(word) is not None and NumberFormat(",", ".").number(word) is not None


def _number_note(name: str, words: Sequence[str], chosen: NumberFormat, ambiguous: str | None) -> str:
    example = ambiguous or max(
        words, key=lambda word: (PLAIN.fullmatch(word) is None, bool(chosen.number(word)), len(word))
    )
    value = chosen.number(example)
    assert value is not None  # the format fits all words
    text = f'column "{name}": numbers written as "{example}" are read as {value:.15g}'
    if ambiguous:
        other = "." if chosen.decimal == "," else ","
        text += f"; `decimal: '{other}'` reads {other!r} as the decimal separator"
    return f"{text}; `categorical: {yaml_list([name])}` keeps them as words"


def _settle_dates(columns: Mapping[str, Sequence[str]], found: Mapping[str, tuple[str, ...]],
                  decision: Decision) -> None:  # fmt: skip
    """Chooses among the possible orders of day and month by the one that other columns of the file prove."""
    proven = {orders[0] for orders in found.values() if len(orders) == 1}
    for name, orders in found.items():
        words = columns[name]
        if date_formats.same_in_all(words, date_formats.ORDERS) or date_formats.same_in_all(words, orders):
            decision.formats[name] = _date_format(words, orders[0])
            continue
        shared = [order for order in orders if order in proven]
        chosen = shared[0] if len(shared) == 1 else date_formats.usual_order(words, orders)
        decision.formats[name] = _date_format(words, chosen)
        if len(orders) > 1:
            example = next(word for word in words if len({date_formats.instant(word, o) for o in orders}) > 1)
            others = " or ".join(f"`dates: {order}`" for order in orders if order != chosen)
            decision.notes.append(
                f'column "{name}": "{example}" is read as {date_word(_instant(example, chosen))} ({chosen});'
                f" all values fit {listing(orders)}, and {others} reads them differently"
            )


def _date_format(words: Sequence[str], order: str) -> ColumnFormat:
    whole = all(_instant(word, order) % date_formats.DAY == 0 for word in words)
    return ColumnFormat("date", order=order, whole=whole)


def _instant(word: str, order: str) -> float:
    """As `date_formats.instant`, of a word that is a date in this order."""
    found = date_formats.instant(word, order)
    assert found is not None, f"{word!r} is not a date in the order {order}"
    return found


def typed_columns(columns: Mapping[str, Column], formats: Mapping[str, ColumnFormat],
                  source: str) -> dict[str, Column]:  # fmt: skip
    """Columns of words converted by their formats: see `typed`."""
    return {name: typed(name, column, formats[name], source) for name, column in columns.items()}


def typed(name: str, column: Column, wanted: ColumnFormat, source: str, origin: Origin | None = None) -> Column:
    """A column of words converted by its format. source, origin: as in Table.

    Raises DataError, with row and column, for a word that does not fit.
    """
    kind = wanted.kind
    if kind == "text" or kind == "other":
        return column
    if kind == "category":
        return as_category(column)
    read: Callable[[str], float | None]
    if kind == "number":
        read = float if wanted.number == PLAIN_FORMAT and is_plain(column.words) else wanted.number.number
    elif kind == "date":
        read = partial(date_formats.instant, order=wanted.order)
    else:
        read = date_formats.time_of_day
    values = np.full(len(column.words) + 1, np.nan)  # code -1, missing, is the last
    for code, word in enumerate(column.words):
        value = read(word)
        if value is not None:
            values[code] = value
        elif (rows := column.values == code).any():
            at = located(Where(f'{source}: column "{name}"', f'column "{name}"', origin), rows)
            raise DataError(f'{at.hold} "{word}" in a column of {_described(wanted)}', at.where, _fix(wanted))
    return Column(kind, values[column.values])


def _described(wanted: ColumnFormat) -> str:
    style = wanted.number
    if wanted.kind == "date":
        return f"dates in the order {wanted.order}" if wanted.order != "ymd" else "dates"
    if wanted.kind != "number" or style.plain:
        return wanted.called()
    parts = [f"decimal separator {style.decimal!r}"]
    parts += [f"thousands separated by {style.thousands!r}"] if style.thousands else []
    parts += [f"with {affix!r}" for affix in (style.prefix, style.suffix) if affix]
    return f"numbers ({', '.join(parts)})"


def _fix(wanted: ColumnFormat) -> str:
    return f"write it as in the training data: as {_described(wanted)}"


def as_category(column: Column) -> Column:
    """A column as words; whole numbers have one form, so that 3 and 3.0 are the same category."""
    if column.kind != "text":
        return column.as_text()
    changed = [_whole_word(word) for word in column.words]
    if changed == list(column.words):
        return column
    words: dict[str, int] = {}
    codes = np.array([words.setdefault(word, len(words)) for word in changed] + [-1], dtype=np.int32)
    return Column("text", codes[column.values], tuple(words))


def _whole_word(word: str) -> str:
    head, point, tail = word.partition(".")
    return head if point and not tail.strip("0") and PLAIN.fullmatch(word) and head.strip("-") else word
