"""Finds and reads a config file: a path, or the name of a ready config that is part of nnctl."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from nnctl.config.messages import nearest
from nnctl.config.source_map import shorten
from nnctl.config.yaml_text import MOST_BYTES
from nnctl.errors import InputError
from nnctl.quoting import shell_path
from nnctl.similar_names import alike_files

_SUFFIXES = (".yaml", ".yml")


def bundled_configs() -> dict[str, Path]:
    """The ready configs by name (`iris`, `optimizers/adam`), of the installed package or of the source checkout."""
    package = Path(__file__).parent.parent
    for folder in (package / "_bundled" / "configs", package.parent / "configs"):
        if folder.is_dir():
            files = sorted(folder.rglob("*"), key=lambda file: (len(file.parts), file))
            return {file.relative_to(folder).with_suffix("").as_posix(): file
                    for file in files if file.suffix in _SUFFIXES}  # fmt: skip
    return {}


def find_config(path: str | Path) -> Path:
    """The file for a path or for the name of a ready config. Raises InputError if there is none."""
    file = Path(path)
    try:
        if file.is_dir():
            names = [shell_path(one) for one in _configs_in(file)]
            raise InputError("is a folder, not a config file", str(path),
                             f"name a file: {', '.join(names[:5])}" if names
                             else f"name a YAML file; for data in the folder, {starter_hint(file)}")  # fmt: skip
        if file.exists():
            _refuse_data(file)
            return file
    except (ValueError, OSError) as error:
        raise InputError(f"cannot be read: {error}", shorten(str(path))) from None
    bundled = bundled_configs()
    if ready := _ready_one(file, bundled):
        return ready
    raise InputError("no such config file", shorten(str(path), 200), _missing_hint(file, bundled))


def _refuse_data(file: Path) -> None:
    """Raises InputError for a file of data. JSON is YAML, too, and texts may have any extension."""
    if file.suffix.lower() not in (*_SUFFIXES, ".json", ".txt", ".data", "") and is_data(file):
        raise InputError("this is data, not a config", str(file), starter_hint(file))


def is_data(file: str | Path) -> bool:
    """Whether a file has an extension of data."""
    from nnctl.data.readers.paths import FORMATS  # imported here to keep start-up fast

    return Path(file).suffix.lower() in FORMATS


def starter_hint(data: str | Path) -> str:
    """How to get a config for data."""
    return f"write a config for it: nnctl init --from {shell_path(data)}"


def kind_of_config(path: Path) -> Literal["a config", "a ready config"] | None:
    """What to call a path that leads to a config: "a config", "a ready config", or None if it leads to none."""
    if path.suffix in _SUFFIXES and path.is_file():
        return "a config"
    return "a ready config" if not path.exists() and _ready_one(path, bundled_configs()) else None


def _ready_one(file: Path, bundled: dict[str, Path]) -> Path | None:
    """The ready config that a path means: `iris`, `iris.yaml` and `configs/iris.yaml` work from any folder."""
    name = file.with_suffix("").as_posix().removeprefix("configs/") if file.name else ""
    return bundled.get(name) if file.suffix in ("", *_SUFFIXES) else None


def read_config(file: Path) -> bytes:
    """The bytes of the file, at most one more than allowed. Raises InputError if it cannot be read."""
    try:
        with open(file, "rb") as stream:
            return stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", str(file), "check the file's permissions") from None


def _configs_in(folder: Path) -> Iterator[Path]:
    return (file for file in sorted(folder.iterdir()) if file.suffix in _SUFFIXES)


def _missing_hint(file: Path, bundled: dict[str, Path]) -> str:
    inside = file.with_suffix("") / "config.yaml"  # as nnctl import writes it
    if inside.is_file():
        return f"did you mean {shell_path(inside)}?"
    beside = {one.name: one for one in _configs_in(file.parent)} if file.parent.is_dir() else {}
    if near := alike_files(file.name, beside):
        return f"did you mean {' or '.join(shell_path(beside[name]) for name in near)}?"
    if near := nearest(file.stem, bundled):
        return f"did you mean {' or '.join(near)}?"
    ready = f"; ready ones: {', '.join(bundled)}" if bundled else ""
    return f"`nnctl init` writes a starter file{ready}"
