"""What a column holds: numbers, dates, times of day or words, and how they are written.

A format is decided from the training files and saved with the model, so that a word is read as the same value whatever
other words the column has, in any file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from nnctl.data.columns.number_formats import PLAIN_FORMAT, NumberFormat

# Words that mean a missing value in a CSV file, unless `missing_values` says otherwise.
NULLS = ("", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "null", "NULL", "None", "?")

# "category": words, whole numbers in one form (3, not 3.0). "other": types that are not read, as lists and bytes.
FormatKind = Literal["number", "text", "category", "date", "time", "other"]


@dataclass(frozen=True)
class ColumnFormat:
    """What a column of a file holds.

    number: how numbers are written. whole: whether all of them are whole numbers. order: of year, month and day.
    """

    kind: FormatKind
    number: NumberFormat = PLAIN_FORMAT
    whole: bool = False
    order: str = "ymd"

    def to_json(self) -> dict[str, Any]:
        value: dict[str, Any] = {"kind": self.kind}
        if self.kind in ("number", "date"):
            value["whole"] = self.whole
        if not self.number.plain:
            value["number"] = asdict(self.number)
        if self.kind == "date":
            value["order"] = self.order
        return value

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ColumnFormat:
        return cls(**{**value, "number": NumberFormat(**value.get("number", {}))})

    def called(self) -> str:
        """What messages call values in this format."""
        return {"number": "numbers", "date": "dates", "time": "times of day"}.get(self.kind, "words")


NUMBER, TEXT, CATEGORY = ColumnFormat("number"), ColumnFormat("text"), ColumnFormat("category")
TIME, OTHER = ColumnFormat("time"), ColumnFormat("other")


@dataclass(frozen=True)
class Rules:
    """What the config says about the columns.

    words: columns kept as they are written. categories: the same, except for whole numbers. classes: words or plain
    numbers. numbers: numbers in any format. dates: the order of day, month and year, for all columns or by column.
    missing: words that mean a missing value; None for the usual ones. decimal: the decimal separator, or None.
    """

    words: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    classes: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    dates: str | Mapping[str, str] | None = None
    missing: tuple[str, ...] | None = None
    decimal: str | None = None

    def date_order(self, name: str) -> str | None:
        return self.dates.get(name) if isinstance(self.dates, Mapping) else self.dates


NO_RULES = Rules()


@dataclass
class Decision:
    """Formats by column, and notes on columns that could be read differently."""

    formats: dict[str, ColumnFormat] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
