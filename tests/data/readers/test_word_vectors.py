"""Files of word vectors: GloVe's and word2vec's forms, packed or not, and what broken ones are told."""

import gzip

import numpy as np
import pytest

from nnctl.data.readers.word_vectors import read_word_vectors
from nnctl.errors import DataError

ROWS = {"the": 2, "größe": 3, "cat": 4, "absent": 5}
GLOVE = "the 0.5 -1 2e-3\ndog 1 1 1\n. . . 7 7 7\ngröße 3 4 5\ncat 6 7 8\ncat 0 0 0\n"


def read(content, tmp_path, size=3, name="vectors.txt"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    at, vectors = read_word_vectors(path, ROWS, size)
    return dict(zip(at.tolist(), vectors.tolist(), strict=True))


EXPECTED = {2: [0.5, -1, 2e-3], 3: [3, 4, 5], 4: [6, 7, 8]}


@pytest.mark.parametrize("content", [
    GLOVE,
    "6 3\n" + GLOVE,  # word2vec's first line
    GLOVE.replace(" ", "\t"),
    GLOVE.replace("\n", " \n"),  # word2vec ends its lines with a blank
    GLOVE.replace("\n", "\r\n"),
    GLOVE.replace("dog", "the words cat"),  # a word with blanks
    GLOVE + "\n\n",
    gzip.compress(("6 3\n" + GLOVE).encode()),
], ids=["glove", "header", "tabs", "trailing", "crlf", "blanks", "empty lines", "gz"])  # fmt: skip
def test_the_vectors_of_the_words(content, tmp_path):
    assert read(content, tmp_path) == EXPECTED


def test_no_word_is_found(tmp_path):
    assert read("dog 1 2 3\n", tmp_path) == {}


@pytest.mark.parametrize(("content", "message", "hint"), [
    (GLOVE.replace("0.5", "0.5 1"), "its vectors have 4 numbers, but output_dim is 3", "set output_dim: 4"),
    ("6 300\n" + GLOVE, "its vectors have 300 numbers, but output_dim is 3", "set output_dim: 300"),
    (GLOVE.replace("6 7 8", "6 7"), "expected a word and 3 numbers", "use a text file"),
    (GLOVE.replace("6 7 8", "6 7 x"), "expected a word and 3 numbers", "use a text file"),
    (GLOVE.replace("6 7 8", "6 nan 8"), "expected a word and 3 numbers", "use a text file"),
    ("", "the file is empty", "use a text file"),
    ("word\n", "the first line is not a word and its numbers", "use a text file"),
    (b"PK\x03\x04....", "this is a zip archive", "unpack it"),
    (gzip.compress(GLOVE.encode() * 100)[:-20], "cannot be read", "use a text file"),
])  # fmt: skip
def test_broken_files(content, message, hint, tmp_path):
    with pytest.raises(DataError) as caught:
        read(content, tmp_path)
    [problem] = caught.value.problems
    assert message in problem.message and hint in problem.hint
    assert "vectors.txt" in problem.where


def test_a_broken_line_is_numbered(tmp_path):
    with pytest.raises(DataError, match=r"vectors\.txt:5"):
        read(GLOVE.replace("6 7 8", "6 7 x"), tmp_path)


def test_vectors_are_float64(tmp_path):
    path = tmp_path / "v.txt"
    path.write_text("the 0.1 0.2 0.3")
    at, vectors = read_word_vectors(path, ROWS, 3)
    assert vectors.dtype == np.float64 and at.dtype.kind == "i"
