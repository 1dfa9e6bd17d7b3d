"""What an entry of the cache depends on: the files, and how they are read."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nnctl.data.columns.column_format import Rules
from nnctl.version import __version__

FORMAT = 1  # of the entries; raised when what they contain changes
_SAMPLES, _SAMPLE = 64, 1 << 16  # how many pieces of a file are looked at, and their bytes


def sample_sum(path: Path) -> str:
    """A checksum of pieces spread over a file, its first and last among them; of all of a file up to 4 MB."""
    sum_ = hashlib.blake2b(digest_size=16)
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        sum_.update(str(size).encode())
        whole = size <= _SAMPLES * _SAMPLE
        starts = [0] if whole else [(size - _SAMPLE) * at // (_SAMPLES - 1) for at in range(_SAMPLES)]
        for start in starts:
            file.seek(start)
            sum_.update(file.read(size if whole else _SAMPLE))
    return sum_.hexdigest()


def describe(paths: Sequence[Path]) -> list[dict[str, Any]]:
    """The files as an entry remembers them: path, size, time of the last change, and a checksum of samples."""
    return [{**_stat(path), "sum": sample_sum(path)} for path in paths]


def _stat(path: Path) -> dict[str, Any]:
    info = path.stat()
    return {"path": os.path.abspath(path), "size": info.st_size, "mtime": info.st_mtime_ns}


def unchanged(files: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the files that `describe` described have the same size and time of change."""
    try:
        return all(_stat(Path(file["path"])) == {key: file[key] for key in ("path", "size", "mtime")} for file in files)
    except OSError:
        return False


def key_of(files: Sequence[Mapping[str, Any]], rules: Rules, encoding: str | None, ignored: Sequence[str],
           formats: Any = None) -> str:  # fmt: skip
    """The key of what is read from the files. rules, encoding, ignored: how; formats: those of a trained model."""
    how = {name: sorted(value) if isinstance(value, frozenset) else value for name, value in vars(rules).items()}
    parts = [FORMAT, __version__, list(files), how, encoding, list(ignored), formats]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=dict).encode()).hexdigest()[:16]
