"""Texts to token ids for an Embedding, as by Keras' TextVectorization.

Padding is 0. Whether it is masked is up to the Embedding (`mask_zero: true`, as in Keras): texts have no lengths.
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
_PUNCTUATION = str.maketrans("", "", "!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~'")  # the same as in Keras


def tokens(text: str, split: str, lower: bool) -> Sequence[str]:
    """The words, or characters, of a text. lower: in lower case and without punctuation."""
    if lower:
        text = text.lower().translate(_PUNCTUATION)
    return text if split == "character" else text.split()


@dataclass(frozen=True)
class TextInput:
    """A column of texts: the token id of words[i] is i + 2, of any other word 1; texts are padded with 0 to `length`.

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
        """(name, kind) of its column."""
        return ((self.column, "text"),)

    @property
    def numbers(self) -> int:
        """The number of token ids, including 0 for padding and 1 for other words: the input_dim of an Embedding."""
        return len(self.words) + FIRST

    def transform(self, table: Table, notes: list[str]) -> Array:
        """(rows, length) int32; longer texts are truncated. Raises DataError for missing texts."""
        column = table[self.column].as_text()
        if (missing := column.missing).any():
            if not self.empty:
                raise missing_error(table, self.column, missing, "zero")
            notes.append(filled_note(self.column, missing, "empty texts"))
        number = {word: at for at, word in enumerate(self.words, FIRST)}
        out = np.zeros((len(column.words) + 1, self.length), dtype=np.int32)  # code -1, missing, is the last row
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
            are = "is" if cut == 1 else "are"
            notes.append(
                f"{what}: {cut} of {len(x)} texts {are} longer than {self.length} {self.split}s and {are} truncated"
            )
        if unknown := int((x == UNKNOWN).sum()):
            share = unknown / max(1, int((x > 0).sum()))
            notes.append(f"{what}: {share:.1%} of the {self.split}s are not in the vocabulary and are read as [UNK]")
        return notes

    def note(self) -> str:
        """What was fitted, and what the first layer must be."""
        return (
            f'column "{self.column}": texts as {self.length} token ids, one per {self.split}, with a vocabulary of'
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
