"""Numbers in the usual formats: decimal commas, thousands separators, percent signs, currencies, units."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

# What any reader accepts as a number. No leading zeros: 007 is a code, not 7.
PLAIN = re.compile(r"-?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|-?(?i:inf|infinity)")
CODE = re.compile(r"[0-9]+")  # digits that may begin with 0
BEYOND = 2**53  # from here on, not every whole number is a float64

_MINUS = str.maketrans({"−": "-", "–": "-", "\u00a0": " ", "\u202f": " ", "\u2009": " ", "’": "'"})
_CURRENCY = r"[$€£¥₩₹₽₺₫฿₴]|(?:US|A|C|NZ|HK|S|R)\$|Rs\.?|kr|zł|Fr\.?"
_CODES = r"AUD|BRL|CAD|CHF|CNY|DKK|EUR|GBP|HKD|INR|JPY|KRW|MXN|NOK|NZD|PLN|RUB|SEK|SGD|TRY|USD|ZAR"
# Units that may follow a number directly. Single letters are not among them, because of house numbers (5A).
_UNITS = (
    r"%|‰|°|°?[CF](?<=°.)|kg|mg|µg|lbs?|oz|km|cm|mm|mi|ft|ms|min|mins|hrs?|sec|secs|px|pt|[kKMGT]i?B|[kMG]?Hz|[kM]?Wh?"
    r"|km/h|mph|m/s|m²|m2|m³|m3|km²|cc|hp|bhp|ml|mL|cl|dl|dB|ppm|bps|원|円|元"
)
_KNOWN = re.compile(rf"{_CURRENCY}|{_CODES}|{_UNITS}|[gmshlLWVt]")  # single letters only after a blank
_WRITTEN = re.compile(
    rf"(?P<open>\()?\s*(?P<sign>[-+]?)\s*(?P<prefix>{_CURRENCY}|{_CODES})?\s*(?P<second>-?)"
    r"(?P<body>\d[\d.,' _]*\d|\d[.,]?|[.,]\d+)(?P<exponent>[eE][+-]?\d+)?"
    rf"(?P<suffix>\s?(?:{_CURRENCY}|{_CODES}|{_UNITS})|\s[^\W\d_][^\W\d_/²³.]{{0,9}})?\s*(?P<close>\))?"
)
# (decimal separator, thousands separator), the most likely first
_STYLES = ((".", ""), (".", ","), (",", ""), (",", "."), (".", " "), (",", " "), (".", "'"), (",", "'"), (".", "_"))


@dataclass(frozen=True)
class NumberFormat:
    """How the numbers of a column are written.

    decimal: the decimal separator. thousands: the separator between groups of digits, or "". prefix, suffix: a currency
    or unit that any of them may have; a suffix "%" must follow every number other than 0. zeros: whether numbers may
    begin with 0.
    """

    decimal: str = "."
    thousands: str = ""
    prefix: str = ""
    suffix: str = ""
    zeros: bool = False

    @property
    def plain(self) -> bool:
        """Whether it accepts only numbers that match PLAIN."""
        return self == PLAIN_FORMAT

    def number(self, word: str) -> float | None:
        """The value of a word, or None if it is not a number in this format."""
        if self.decimal == "." and not self.suffix and PLAIN.fullmatch(word):
            return float(word)
        written = _written(word)
        if written is None or not self._has_affixes(written):
            return None
        digits = _digits(written.body, self.decimal, self.thousands, self.zeros)
        if digits is None:
            return None
        value = float(digits + written.exponent)
        return -value if written.negative else value

    def _has_affixes(self, written: _Written) -> bool:
        if written.prefix and written.prefix != self.prefix:
            return False
        if written.suffix and written.suffix != self.suffix:
            return False
        # beside 5%, a number such as 0.05 would be ambiguous, so that every number needs the sign
        return self.suffix != "%" or written.suffix == "%" or not written.body.strip("0.,")


PLAIN_FORMAT = NumberFormat()


@dataclass(frozen=True)
class _Written:
    negative: bool
    plus: bool
    prefix: str
    body: str
    exponent: str
    suffix: str


@lru_cache(1 << 16)
def _written(word: str) -> _Written | None:
    """The parts of a word that looks like a number, or None."""
    found = _WRITTEN.fullmatch(word.translate(_MINUS).strip())
    if found is None or bool(found["open"]) != bool(found["close"]) or (found["open"] and found["sign"]):
        return None
    if found["sign"] and found["second"]:
        return None
    negative = bool(found["open"]) or found["sign"] == "-" or found["second"] == "-"
    return _Written(negative, found["sign"] == "+", found["prefix"] or "", found["body"], found["exponent"] or "",
                    (found["suffix"] or "").strip())  # fmt: skip


@lru_cache
def _shape(decimal: str, thousands: str) -> re.Pattern[str]:
    mark, group = re.escape(decimal), re.escape(thousands)
    others = r"\d{2,3}" if thousands == "," else r"\d{3}"  # 12,34,567 as in India
    grouped = rf"\d{{1,3}}(?:{group}{others})*{group}\d{{3}}(?:{mark}\d*)?|" if thousands else ""
    return re.compile(rf"{grouped}\d+(?:{mark}\d*)?|{mark}\d+")


def _digits(body: str, decimal: str, thousands: str, zeros: bool) -> str | None:
    """The digits as float() reads them, or None if they are not written in this style."""
    if not _shape(decimal, thousands).fullmatch(body):
        return None
    plain = body.replace(thousands, "") if thousands else body
    plain = plain.replace(decimal, ".")
    if not zeros and len(plain) > 1 and plain[0] == "0" and plain[1] != ".":
        return None
    return plain


def looks_like_number(word: str) -> bool:
    """Whether a word is a number in any of the formats, possibly with a known unit."""
    written = _written(word)
    if written is None:
        return PLAIN.fullmatch(word) is not None
    if written.suffix and not _KNOWN.fullmatch(written.suffix):
        return False
    return any(_digits(written.body, *style, zeros=True) is not None for style in _STYLES)


def possible_formats(words: Iterable[str], zeros: bool = False) -> list[NumberFormat]:
    """The formats in which every word is a number, the most likely first; empty if no format fits all words."""
    styles = list(_STYLES)
    prefixes: set[str] = set()
    suffixes: set[str] = set()
    bare = signed = 0
    long = True
    count = 0
    for word in words:
        count += 1
        if PLAIN.fullmatch(word) and "." not in word:
            bare += word.strip("-0") != ""
            long = False
            continue
        written = _written(word)
        if written is None:
            return []
        styles = [style for style in styles if _digits(written.body, *style, zeros) is not None]
        if not styles:
            return []
        prefixes |= {written.prefix} - {""}
        suffixes |= {written.suffix} - {""}
        bare += not written.suffix and written.body.strip("0.,") != ""
        signed += written.plus
        long = long and written.plus and len(written.body) >= 8 and written.body.isdecimal()
        if len(prefixes) > 1 or len(suffixes) > 1:
            return []
    if not count or (signed and long):  # +4915112345678: telephone numbers
        return []
    prefix, suffix = "".join(prefixes), "".join(suffixes)
    if suffix == "%" and bare:
        return []
    return [NumberFormat(decimal, thousands, prefix, suffix, zeros) for decimal, thousands in styles]
