"""Texts to numbers of words, as Keras' TextVectorization makes them: what an Embedding takes.

Padding is 0. It is left to the Embedding whether it counts (`mask_zero: true` masks it, as in Keras); a text has no
lengths of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from nnctl.data.config import TextSpec
from nnctl.data.preprocessing.features import filled_note, missing_error
from nnctl.data.table import Array, Table, listing
from nnctl.errors import DataError

UNKNOWN, FIRST = 1, 2  # 0 is padding
_PUNCTUATION = str.maketrans("", "", "!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~'")  # Keras' own list


def tokens(text: str, split: str, lower: bool) -> Sequence[str]:
    """The words, or characters, of a text; lower: in small letters and without punctuation."""
    if lower:
        text = text.lower().translate(_PUNCTUATION)
    return text if split == "character" else text.split()


@dataclass(frozen=True)
class TextInput:
    """A column of texts: the i-th of `words` is number i + 2; 1 is any other word, 0 fills up to `length`.

    split, lower: see `tokens`. empty: a missing text counts as an empty one.
    """

    column: str
    words: tuple[str, ...]
    length: int
    split: str = "word"
    lower: bool = True
    empty: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.length,)

    @property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """(name, kind) of each column it takes."""
        return ((self.column, "text"),)

    @property
    def numbers(self) -> int:
        """How many numbers there are, padding's 0 and 1 for other words among them: an Embedding's input_dim."""
        return len(self.words) + FIRST

    def transform(self, table: Table, notes: list[str]) -> Array:
        """(rows, length) int32; what a text has beyond that is cut. Raises DataError for missing texts."""
        column = table[self.column].as_text()
        if (missing := column.missing).any():
            if not self.empty:
                raise missing_error(table, self.column, missing, "zero")
            notes.append(filled_note(self.column, missing, "empty texts"))
        number = {word: at for at, word in enumerate(self.words, FIRST)}
        out = np.zeros((len(column.words) + 1, self.length), dtype=np.int32)  # code -1, missing, is the last: empty
        sizes = np.zeros(len(column.words) + 1, dtype=np.int64)
        for code, text in enumerate(column.words):
            found = tokens(text, self.split, self.lower)
            kept = [number.get(word, UNKNOWN) for word in found[: self.length]]
            out[code, : len(kept)], sizes[code] = kept, len(found)
        x: Array = out[column.values]
        notes += self._notes(x, sizes[column.values])
        return x

    def _notes(self, x: Array, sizes: Array) -> list[str]:
        what, notes = f'column "{self.column}"', []
        if cut := int((sizes > self.length).sum()):
            notes.append(f"{what}: {cut} of {len(x)} texts have more than {self.length} {self.split}s and are cut")
        if unknown := int((x == UNKNOWN).sum()):
            share = unknown / max(1, int((x > 0).sum()))
            notes.append(f"{what}: {share:.1%} of the {self.split}s are not in the vocabulary and are read as [UNK]")
        return notes

    def note(self) -> str:
        """What was fitted, and what the model's first layer has to be."""
        return (
            f'column "{self.column}": texts as {self.length} numbers of {self.split}s, of a vocabulary of'
            f" {len(self.words)} ({listing(map(repr, self.words), 5)}), [UNK] and padding; an Embedding needs"
            f" input_dim {self.numbers}, and mask_zero: true to ignore the padding"
        )

    def to_json(self) -> dict[str, Any]:
        return {"text": asdict(self)}


def fit_text(table: Table, name: str, train: Array, spec: TextSpec, missing: str) -> TextInput:
    """A TextInput with the most frequent words of the rows `train`, ties in alphabetical order."""
    column = table[name].as_text()
    present, counts = np.unique(column.values[train], return_counts=True)
    seen: Counter[str] = Counter()
    longest = 0
    for code, count in zip(present.tolist(), counts.tolist(), strict=True):
        found = tokens(column.words[code], spec.split, spec.lower) if code >= 0 else ()
        longest = max(longest, len(found))
        for word in found:
            seen[word] += count
    if not seen:
        raise DataError(f"no training row has a {spec.split}", table.where(name), "choose another text column")
    words = sorted(seen, key=lambda word: (-seen[word], word))[: spec.vocabulary - FIRST]
    empty = missing not in ("error", "drop")
    return TextInput(name, tuple(words), spec.length or longest, spec.split, spec.lower, empty)
