"""A column of texts as an input: its vocabulary and length, and the layers that read it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnctl.config.starter.choices import Choice
from nnctl.config.starter.column_facts import TableFacts
from nnctl.config.starter.wording import quoted
from nnctl.data.preprocessing.text import FIRST, tokens
from nnctl.translation import _

MOST_WORDS = 10_000
LONGEST = 300  # tokens of a text that are read at most
FEWEST = 5  # words that occur more than once, from which texts are worth reading beside other columns
SHORT = 60  # tokens up to which a text is read in order by a GRU, which takes time in proportion to the length


@dataclass(frozen=True)
class Texts:
    """A column of texts. vocabulary: token ids, including padding and unknown words. length: tokens of a row."""

    column: str
    vocabulary: int
    length: int

    @property
    def is_short(self) -> bool:
        return self.length <= SHORT

    def choice(self) -> Choice:
        """The `text:` of the data set."""
        value = {"column": self.column, "vocabulary": self.vocabulary, "length": self.length}
        why = _("{column} holds texts: read word by word; the {words} words that occur more than once are known, and"
                " the first {length} words of each text are read (95% of the texts are no longer).")  # fmt: skip
        told = why.format(column=quoted(self.column), words=f"{self.vocabulary - FIRST:,}", length=self.length)
        return Choice(("dataset", "text"), value, (told,))

    def layers(self, source: dict[str, str]) -> list[tuple[Any, str]]:
        """From token ids to one vector for each text. source: the `from:` of the first layer, if it needs one."""
        embedding = {"input_dim": self.vocabulary, "output_dim": 32, "mask_zero": True}
        first = ({"Embedding": embedding | source}, _("Embedding: a vector for each word, learned; 0 is padding."))
        if self.is_short:
            return [first, ({"Bidirectional": {"layer": {"GRU": {"units": 32}}}},
                            _("The GRU reads the words in order, from both ends."))]  # fmt: skip
        mean = _("The mean of the words' vectors: fast for long texts, but blind to their order.")
        return [first, ("GlobalAveragePooling1D", mean)]


def find_texts(facts: TableFacts, target: str) -> Texts | None:
    """The column of texts with the most words; None if there is none. Texts that have hardly a word in common, such as
    telephone numbers, are read only if there is no other column."""
    lengths = {}
    for name, column in facts.columns.items():
        if name != target and column.kind == "text":
            lengths[name] = np.mean([len(word.split()) for word, _count in column.counts])
    for name in sorted(lengths, key=lambda each: -lengths[each]):
        seen: Counter[str] = Counter()
        sizes = []
        for text, _count in facts.columns[name].counts:
            found = tokens(text, "word", True)
            seen.update(found)
            sizes.append(len(found))
        often = sum(count > 1 for count in seen.values())
        if often >= FEWEST or (seen and len(facts.columns) == 2):
            length = max(1, min(LONGEST, int(np.percentile(sizes, 95))))
            return Texts(name, max(FIRST + 1, min(MOST_WORDS, often + FIRST)), length)
    return None
