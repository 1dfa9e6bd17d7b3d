"""Dates and times of day in the usual formats, and the order of day and month that fits a whole column."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone

ORDERS = ("ymd", "dmy", "mdy")  # of year, month and day, if all are numbers
DAY = 86_400_000_000  # microseconds

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(?P<name>(?i:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
_MONTH += r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?))\.?"
_WEEKDAY = r"(?:(?i:mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun)(?i:day|sday|nesday|rsday|urday)?,?\s+)?"
_DAY = r"(?P<day>\d{1,2})(?i:st|nd|rd|th)?"
_YEAR = r"(?P<year>\d{4}|\d{2})"
_CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<part>\d{1,9}))?)?"
_CLOCK += r"\s*(?P<half>(?i:[ap]\.?m\.?))?"
_ZONE = r"\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?"
_TIME = rf"(?:(?:[T,]|\s)\s*{_CLOCK}{_ZONE})?"
_NAMED = [
    re.compile(rf"{_WEEKDAY}{form}{_TIME}")
    for form in (
        rf"{_MONTH}\s*{_DAY},?\s+{_YEAR}",  # Jan 1, 2023
        rf"{_DAY}(?:\s+|[-/.])\s*{_MONTH},?(?:\s+|[-/])?{_YEAR}",  # 1 Jan 2023, 1-Jan-23
        rf"(?P<year>\d{{4}})(?:\s+|[-/]){_MONTH}(?:\s+|[-/]){_DAY}",  # 2023-Jan-01
    )
]
_KOREAN = re.compile(rf"(?P<year>\d{{4}})년\s*(?P<month>\d{{1,2}})월\s*(?P<day>\d{{1,2}})일{_TIME}")
_NUMBERS = re.compile(rf"(\d{{1,4}})(?P<mark>[-/.])\s?(\d{{1,2}})(?P=mark)\s?(\d{{1,4}})\.?{_TIME}")
_OF_DAY = re.compile(_CLOCK)
_MONTH_YEAR = re.compile(
    rf"{_MONTH}[\s,'-]*(?P<year>\d{{4}})|(?P<year2>\d{{4}})[\s,'-]*{_MONTH.replace('name', 'name2')}"
)


def instant(word: str, order: str) -> float | None:
    """Microseconds since 1970 of a date in this order, with or without a time of day; None if it is not a date."""
    word = word.strip()
    if not word or len(word) > 60 or not any(sign.isdigit() for sign in word):
        return None
    found = _NUMBERS.fullmatch(word)
    if found:
        first, second, third = found[1], found[3], found[4]
        if len(first) == 4:
            year, month, day = first, second, third
        elif len(first) > 2 or len(third) not in (2, 4):
            return None
        elif order == "ymd":
            if len(third) == 4:
                return None
            year, month, day = first, second, third
        else:
            year = third
            day, month = (first, second) if order == "dmy" else (second, first)
        if len(day) > 2:
            return None
        return _microseconds(year, int(month), int(day), found)
    if found := _KOREAN.fullmatch(word):
        return _microseconds(found["year"], int(found["month"]), int(found["day"]), found)
    for pattern in _NAMED:
        if found := pattern.fullmatch(word):
            month = _MONTHS.index(found["name"][:3].lower()) + 1
            return _microseconds(found["year"], month, int(found["day"]), found)
    return None


def _microseconds(year: str, month: int, day: int, found: re.Match[str]) -> float | None:
    number = int(year)
    if len(year) == 2:
        number += 2000 if number < 69 else 1900  # as in POSIX
    clock = 0.0 if found["hour"] is None else _clock(found)
    if clock is None:
        return None
    try:
        moment = datetime(number, month, day, tzinfo=_zone(found["zone"]))
    except ValueError:
        return None
    return (moment - _EPOCH) / timedelta(microseconds=1) + clock


def _zone(text: str | None) -> timezone:
    if text is None or text[0] not in "+-":
        return UTC
    digits = text[1:].replace(":", "")
    shift = timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))
    return timezone(shift if text[0] == "+" else -shift)


def _clock(found: re.Match[str]) -> float | None:
    hour, minute, second = int(found["hour"]), int(found["minute"]), int(found["second"] or 0)
    if half := found["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half[0] in "pP" else 0)
    if hour > 23 or minute > 59 or second > 59:
        return None
    part = int((found["part"] or "").ljust(6, "0")[:6])
    return ((hour * 60 + minute) * 60 + second) * 1e6 + part


def time_of_day(word: str) -> float | None:
    """Microseconds since midnight of a time such as 10:30 or 1:05 PM; None if it is not a time."""
    found = _OF_DAY.fullmatch(word.strip())
    return None if found is None else _clock(found)


def month_of_year(word: str) -> float | None:
    """Months since the year 0 of a month such as Jan 2023; None if it is not a month."""
    found = _MONTH_YEAR.fullmatch(word.strip())
    if found is None:
        return None
    name, year = found["name"] or found["name2"], found["year"] or found["year2"]
    return int(year) * 12.0 + _MONTHS.index(name[:3].lower())


def possible_orders(words: Iterable[str]) -> tuple[str, ...]:
    """The orders in which every word is a date; empty if none fits all of them.

    A year of two digits is the last number if possible: 31.01.23 is in 2023, not in 2031.
    """
    orders = list(ORDERS)
    for word in words:
        orders = [order for order in orders if instant(word, order) is not None]
        if not orders:
            return ()
    if len(orders) > 1 and "ymd" in orders and orders != list(ORDERS):
        orders.remove("ymd")
    return tuple(orders)


def are_times(words: Iterable[str]) -> bool:
    """Whether all words are times of day."""
    return all(time_of_day(word) is not None for word in words)


def same_in_all(words: Iterable[str], orders: Iterable[str]) -> bool:
    """Whether all orders give the same dates, since each word names its month or begins with the year."""
    orders = tuple(orders)
    return all(len({instant(word, order) for order in orders}) == 1 for word in words)


def usual_order(words: Iterable[str], orders: tuple[str, ...]) -> str:
    """The most likely of several orders: day first with points (31.01.2023) and hyphens, month first with slashes."""
    if len(orders) == 1:
        return orders[0]
    mark = next((found["mark"] for word in words if (found := _NUMBERS.fullmatch(word.strip()))), "-")
    wanted = "mdy" if mark == "/" else "dmy"
    return wanted if wanted in orders else orders[0]
