"""Folders with one folder of files per class, as they are used for images and texts.

photos/cat/*, photos/dog/*                  split as the config says
photos/train/cat/*, photos/test/cat/*       split by folder
photos/*                                    no classes: for predictions and autoencoders
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from nnctl.data.table import listing
from nnctl.errors import DataError

Found = list[tuple[str | None, Path]]  # (class, file)

_SPLITS = {"train": "train", "training": "train", "validation": "validation", "valid": "validation",
           "val": "validation", "test": "test", "testing": "test"}  # fmt: skip
_LEFT_BY_SYSTEMS = ("thumbs.db", "desktop.ini")


@dataclass(frozen=True)
class Kind:
    """A kind of files. name: "images". accepts: whether a file is of the kind. endings: of their names. example: a
    folder of them, with two classes."""

    name: str
    accepts: Callable[[Path], bool]
    endings: tuple[str, ...]
    example: tuple[str, str, str]

    def any_in(self, folder: Path) -> bool:
        """Whether there are such files in a folder or its subfolders."""
        return any(self._takes(path) for path in folder.rglob("*"))

    def by_split(self, folder: Path) -> dict[str, Found]:
        """Every file with its class, by "_train", "_validation" and "_test" if there are folders for the splits;
        otherwise all of them by "". Raises DataError."""
        inner = _folders(folder)
        words = [_SPLITS.get(path.name.lower()) for path in inner]
        if "train" not in words or None in words:
            return {"": self._labelled(folder)}
        if len(set(words)) < len(words):
            raise DataError(f"two folders are for the same split: {listing(path.name for path in inner)}", str(folder),
                            "use one folder each for train, validation and test")  # fmt: skip
        return {f"_{word}": self._labelled(path) for word, path in zip(words, inner, strict=True)}

    def _labelled(self, folder: Path) -> Found:
        """Every file with its class, the name of its folder; without a class if there are no folders."""
        inner = _folders(folder)
        loose = [path for path in sorted(folder.iterdir()) if path.is_file() and self._takes(path)]
        if inner and loose:
            raise DataError(f"has {self.name} next to the class folders: {listing((path.name for path in loose), 5)}",
                            str(folder), "move each into the folder of its class")  # fmt: skip
        found: Found = [(None, path) for path in loose]
        strange, empty = [], []
        for each in inner:
            paths = [path for path in sorted(each.rglob("*")) if path.is_file() and not _hidden(path)]
            strange += [str(path) for path in paths if not self.accepts(path)]
            empty += [] if paths else [each.name]
            found += [(each.name, path) for path in paths]
        if strange:
            raise DataError(f"contains files that are not {self.name}: {listing(strange, 5)}", str(folder),
                            f"move them away; {self.name} end in {', '.join(self.endings)}")  # fmt: skip
        if empty or not found:
            outer, one, other = self.example
            raise DataError(
                f"has no {self.name}{f' in {listing(empty)}' if empty else ''}", str(folder),
                f"make a folder of {self.name} for each class: {outer}/{one}/..., {outer}/{other}/...",
            )  # fmt: skip
        return found

    def _takes(self, path: Path) -> bool:
        return self.accepts(path) and not _hidden(path)


def paths_of(splits: dict[str, Found]) -> Iterator[Path]:
    """The files of all splits, in their order."""
    return (path for found in splits.values() for _, path in found)


def _hidden(path: Path) -> bool:
    return path.name.startswith(".") or path.name.lower() in _LEFT_BY_SYSTEMS


def _folders(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.iterdir()) if path.is_dir() and not _hidden(path)]
