"""Whether a table is loaded into memory or streamed into the cache, and what it takes there."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

from nnctl.data.config import DatasetSpec
from nnctl.data.readers.memory_size import available_memory
from nnctl.data.readers.paths import Files
from nnctl.errors import DataError

# Bytes that a field takes at the peak if the table is loaded into memory: DuckDB's text, float64, and its encoding.
_IN_MEMORY = {"csv": 48, "parquet": 24}
_STORED = 8 + 4  # bytes of a field on disk: as it is read, and in the encoded row
_LOOKED_AT = 1 << 20  # bytes of a CSV file from which its number of fields is estimated
_END_OF_FIELD = re.compile(rb"[,;\t\n]")


def is_streamed(files: Files, dataset: DatasetSpec) -> bool:
    """Whether the files are streamed: as the config says, or if they would take more than half of the available memory.

    Raises DataError if the config wants to stream what cannot be streamed.
    """
    if dataset.stream is False:
        return False
    reason = _obstacle(files, dataset)
    if dataset.stream and reason:
        raise DataError(f"`stream: true` does not work with {reason[0]}", files.name, reason[1])
    return bool(dataset.stream) or (not reason and in_memory(files) > available_memory() / 2)


def _obstacle(files: Files, dataset: DatasetSpec) -> tuple[str, str] | None:
    """What cannot be streamed, and what to do instead."""
    if files.format not in _IN_MEMORY:
        return f"{files.format.upper()} files", "convert them to Parquet"
    if dataset.query is not None:
        return "`query`", "write the result of the query to a Parquet file, and train on that"
    if dataset.sequence is not None:
        return "`sequence`", "remove one of them"
    if dataset.text is not None:
        return "`text`", "remove one of them"
    return None


def in_memory(files: Files) -> float:
    """About how many bytes the table takes if it is loaded into memory."""
    return fields(files) * _IN_MEMORY[files.format]


def on_disk(files: Files) -> float:
    """About how many bytes the table takes in the cache."""
    return fields(files) * _STORED


def fields(files: Files) -> float:
    """About how many values the files hold: rows times columns."""
    if files.format == "parquet":
        return _parquet_fields(files)
    return sum(map(_csv_fields, files.paths))


def _parquet_fields(files: Files) -> float:
    import duckdb  # imported here to keep start-up fast

    paths = list(map(str, files.paths))
    try:
        with duckdb.connect() as connection:
            rows = connection.execute("select sum(num_rows) from parquet_file_metadata(?)", [paths]).fetchall()[0][0]
            return float(rows) * len(connection.read_parquet(paths, union_by_name=True).columns)
    except duckdb.Error:
        return 0.0  # the error is reported when they are read


def _csv_fields(path: Path) -> float:
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            if path.suffix.lower() != ".gz":
                start = file.read(_LOOKED_AT)
            else:
                with gzip.open(file) as unpacked:
                    start = unpacked.read(_LOOKED_AT)
                size = int(size * len(start) / max(1, min(size, file.tell())))
    except (OSError, EOFError):
        return 0.0  # the error is reported when they are read
    return len(_END_OF_FIELD.findall(start)) * size / max(1, len(start))
