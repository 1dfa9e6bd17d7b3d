"""The text of a file as UTF-8, block by block: decompressed, decoded, without a byte order mark."""

from __future__ import annotations

import codecs
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, cast

from nnctl.data.readers.paths import unreadable
from nnctl.errors import DataError
from nnctl.similar_names import alike

BLOCK = 1 << 19  # bytes; two of them are less than DuckDB's default limit for a line
UTF8 = "utf-8"
_GZIP = b"\x1f\x8b"
_MARKS = (  # the longer first: the mark of UTF-32 begins with that of UTF-16
    (codecs.BOM_UTF8, UTF8),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def is_gzip(path: Path) -> bool:
    """Whether a file is compressed by gzip, whatever its name."""
    with path.open("rb") as file:
        return file.read(2) == _GZIP


def open_bytes(path: Path) -> BinaryIO:
    """The bytes of a file, decompressed if it is compressed by gzip."""
    return cast(BinaryIO, gzip.open(path)) if is_gzip(path) else path.open("rb")


def marked_encoding(path: Path) -> str | None:
    """The encoding of the byte order mark of a file; None without a mark."""
    with _named(path), open_bytes(path) as file:
        head = file.read(4)
    return next((name for mark, name in _MARKS if head.startswith(mark)), None)


def known_encoding(name: str) -> str:
    """Python's name of an encoding. Raises DataError for an unknown one, with similar names."""
    try:
        found = codecs.lookup(name.strip())
    except (LookupError, ValueError):
        found = None
    if found is None or not getattr(found, "_is_text_encoding", True):
        from encodings.aliases import aliases  # imported here to keep start-up fast

        names = sorted({*aliases, *aliases.values()})
        near = alike(name.strip().lower().replace("-", "_"), names, 3, 0.6)
        raise DataError(
            f"there is no text encoding called {name!r}",
            "dataset.encoding",
            (f"did you mean {' or '.join(near)}? " if near else "")
            + "common ones: utf-8, utf-16, cp1252 (Western Europe), cp949 (Korean), shift_jis, gb18030",
        )
    return UTF8 if found.name in ("utf-8", "utf-8-sig") else found.name


def utf8_blocks(path: Path, encoding: str = UTF8, size: int = BLOCK) -> Iterator[bytes]:
    """The text of a file as UTF-8, without a byte order mark. UTF-8 files are not checked.

    Raises UnicodeDecodeError if the file does not have this encoding, DataError if it cannot be decompressed.
    """
    decoder = None if encoding == UTF8 else codecs.getincrementaldecoder(encoding)()
    first = True
    with _named(path), open_bytes(path) as file:
        while raw := file.read(size):
            block = raw if decoder is None else decoder.decode(raw).encode(UTF8, "surrogatepass")
            if first and block:
                block = block.removeprefix(codecs.BOM_UTF8)
                first = False
            if block:
                yield block
        if decoder is not None and (rest := decoder.decode(b"", final=True).encode(UTF8, "surrogatepass")):
            yield rest


class _named:
    """Turns errors of reading a file into DataErrors that name it."""

    def __init__(self, path: Path):
        self._path = path

    def __enter__(self) -> None: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, (EOFError, zlib.error, gzip.BadGzipFile)):
            raise DataError(
                "the gzip file is truncated or damaged", str(self._path), "copy or download it again"
            ) from None
        if isinstance(error, OSError):
            raise unreadable(str(self._path), error) from None
