"""Word vectors for the Embedding of a text input."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nnctl.data import Preprocessing
from nnctl.data.preprocessing.text import FIRST, TextInput
from nnctl.data.readers.word_vectors import read_word_vectors
from nnctl.data.table import listing
from nnctl.engine.graph import Node
from nnctl.errors import InputError

Array = np.ndarray


def with_word_vectors(node: Node, path: Path, initial: Array, preprocessing: Preprocessing) -> tuple[Array, str]:
    """The matrix of an Embedding with the vectors of the words that the file has, and a note on how many it has.

    initial: (input_dim, output_dim), whose other rows stay. Raises InputError if the Embedding does not read the words
    of a text input, or the file has none of them; DataError if it has vectors of another size or is no such file.
    """
    words = words_of(node, preprocessing)
    if words is None:
        raise InputError(
            f"layer {node.name!r} has `weights`, but what it reads are not the words of a text input", node.where,
            "set `text: {column: ...}` under `dataset`, and let the layer take that input; or remove `weights`",
        )  # fmt: skip
    rows = {word: row for row, word in enumerate(words, FIRST) if row < len(initial)}
    at, vectors = read_word_vectors(path, rows, initial.shape[1])
    if not len(at):
        raise InputError(f"{path} has none of the {len(rows)} words of the vocabulary, such as"
                         f" {listing([repr(word) for word in rows], 5)}", node.where,
                         "use word vectors of the same language, as text")  # fmt: skip
    matrix = initial.copy()
    matrix[at] = vectors
    share = len(at) / len(rows)
    return matrix, f"{node.name}: {path} has vectors for {len(at)} of the {len(rows)} words ({share:.1%})"


def words_of(node: Node, preprocessing: Preprocessing) -> tuple[str, ...] | None:
    """The words whose token ids a layer reads, the first of which has the id 2; None if it reads something else."""
    source = preprocessing.inputs.get(node.sources[0])
    return source.words if isinstance(source, TextInput) else None
