"""Files of word vectors: GloVe's, and word2vec's as text. Each line is a word and its numbers, `the 0.418 0.249 ...`;
word2vec writes a first line with the number of words and their size."""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, cast

import numpy as np

from nnctl.counted import counted
from nnctl.errors import DataError

Array = np.ndarray
_GZIP, _ZIP = b"\x1f\x8b", b"PK"  # the first bytes of packed files
_FORM = "use a text file with a word and its numbers in each line, such as glove.6B.100d.txt"


def read_word_vectors(path: Path, rows: Mapping[str, int], size: int) -> tuple[Array, Array]:
    """The vectors of some words; the file is read line by line.

    rows: word -> row of an embedding matrix. size: of each vector.
    Returns: (found,) rows and (found, size) vectors. Of a word that the file has twice, the first counts.
    Raises DataError if the file cannot be read, or its vectors have another size.
    """
    wanted = {word.encode(): row for word, row in rows.items()}
    found: dict[int, list[float]] = {}
    number = 0
    try:
        with _opened(path) as file:
            for number, line in enumerate(file, start=1):
                word, *_ = line.split(None, 1) or [b""]
                if number == 1 and _is_header(line.split(), size, path):
                    continue
                row = wanted.get(word)
                if row is not None and row not in found:
                    numbers = line.split()[1:]
                    if len(numbers) <= size:  # with more of them it is a word with blanks, which no text input has
                        found[row] = _vector(numbers, size, f"{path}:{number}")
    except (OSError, EOFError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"cannot be read: {reason}", str(path), _FORM) from None
    if not number:
        raise DataError("the file is empty", str(path), _FORM)
    return np.array(list(found), dtype=np.intp), np.array(list(found.values()), dtype=np.float64).reshape(-1, size)


def _opened(path: Path) -> IO[bytes]:
    with open(path, "rb") as file:
        start = file.read(2)
    if start == _ZIP:
        raise DataError("this is a zip archive", str(path), "unpack it, and name one of the files in it")
    return cast("IO[bytes]", gzip.open(path, "rb")) if start == _GZIP else open(path, "rb")


def _is_header(fields: Sequence[bytes], size: int, path: Path) -> bool:
    """Whether the first line has the number of words and their size. Raises DataError if they have another size."""
    header = len(fields) == 2 and all(field.isdigit() for field in fields)
    given = int(fields[1]) if header else len(fields) - 1
    if given < 1:
        raise DataError("the first line is not a word and its numbers", str(path), _FORM)
    if given != size:
        raise DataError(f"its vectors have {counted(given, 'number')}, but output_dim is {size}", str(path),
                        f"set output_dim: {given}, or use another file")  # fmt: skip
    return header


def _vector(numbers: Sequence[bytes], size: int, where: str) -> list[float]:
    try:
        vector = [float(number) for number in numbers]
    except ValueError:
        vector = []
    if len(vector) != size or not np.isfinite(vector).all():
        raise DataError(f"expected a word and {counted(size, 'number')}", where, _FORM)
    return vector
