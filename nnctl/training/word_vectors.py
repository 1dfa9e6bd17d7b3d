"""Vectors for the words of a text input: from a file of word vectors, or from a run with another vocabulary."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from nnctl.counted import counted
from nnctl.data import Preprocessing
from nnctl.data.preprocessing.text import FIRST
from nnctl.data.readers.word_vectors import read_word_vectors
from nnctl.data.table import listing
from nnctl.engine.graph import Node
from nnctl.errors import InputError
from nnctl.training.model import Model
from nnctl.training.weights_file import WeightsFile, words_of

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
        raise InputError(f"{path} has none of the {counted(len(rows), 'word')} of the vocabulary, such as"
                         f" {listing([repr(word) for word in rows], 5)}", node.where,
                         "use word vectors of the same language, as text")  # fmt: skip
    matrix = initial.copy()
    matrix[at] = vectors
    share = len(at) / len(rows)
    return matrix, f"{node.name}: {path} has vectors for {len(at)} of the {counted(len(rows), 'word')} ({share:.1%})"


def with_words_of(file: WeightsFile, model: Model, preprocessing: Preprocessing) -> tuple[WeightsFile, list[str]]:
    """The file with the rows of its Embeddings in the order of the model's words, where the two have other words, and
    notes on how many words it has. Other words keep the initializer's values."""
    theirs_of = {ours: theirs for theirs, ours in ((model.spec.weights and model.spec.weights.layers) or {}).items()}
    layers, notes = dict(file.layers), []
    for node in model.graph.nodes:
        words, theirs = words_of(node, preprocessing), theirs_of.get(node.name, node.name)
        known = file.words.get(theirs)
        if not node.layer.takes_word_vectors or node.shared or not words or not known or tuple(known) == words:
            continue
        matrix = model.program.view(f"{node.name}/embeddings").copy()
        source = layers[theirs]["embeddings"]
        if source.shape[1] != matrix.shape[1]:
            continue  # which is an error, or a note
        matrix[:FIRST] = source[:FIRST]  # padding and unknown words
        rows = {word: row for row, word in enumerate(known, FIRST) if row < len(source)}
        pairs = [(row, rows[word]) for row, word in enumerate(words, FIRST) if word in rows and row < len(matrix)]
        matrix[[row for row, _ in pairs]] = source[[row for _, row in pairs]]
        layers[theirs] = {"embeddings": matrix}
        notes.append(f"{node.name}: {len(pairs)} of the {len(words)} words are in the vocabulary of {file.name}")
    return replace(file, layers=layers), notes
