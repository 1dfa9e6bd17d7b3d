"""Folders of images: one folder a class, read through Pillow.

    photos/cat/*.png, photos/dog/*.jpg                        the parts are split as the config says
    photos/train/cat/..., photos/test/cat/...                 ... or as the folders do
    photos/*.png                                              no classes: for predictions and autoencoders
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nnctl.data.files import FORMATS, is_image
from nnctl.data.mapped import machine_memory
from nnctl.data.named_arrays import Arrays
from nnctl.data.rows import large
from nnctl.data.spec import ImageSpec
from nnctl.data.table import listing
from nnctl.errors import DataError

if TYPE_CHECKING:
    from PIL.Image import Image

Array = np.ndarray

FILE = "file"  # the array of the files' names
_ENDINGS = tuple(ending for ending, kind in FORMATS.items() if kind == "image")
_READERS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "PPM")  # Pillow has dozens more, some of them little tried
_PARTS = {"train": "train", "training": "train", "validation": "validation", "valid": "validation",
          "val": "validation", "test": "test", "testing": "test"}  # fmt: skip
_LEFT_BY_SYSTEMS = ("thumbs.db", "desktop.ini")
_MOST_PIXELS = 50_000_000
_GRAY = ("1", "L", "LA", "I;16", "I;16L", "I;16B")

Found = list[tuple[str | None, Path]]  # (class, file)


def has_images(folder: Path) -> bool:
    """Whether images lie in a folder or in folders inside it."""
    return any(is_image(path) and not _hidden(path) for path in folder.rglob("*"))


def read_image_folder(folder: Path, spec: ImageSpec) -> Arrays:
    """x (rows, height, width, channels) uint8; y, the names of the classes, where there are class folders; and the
    names of the files. By part, as x_train, where folders give parts. Raises DataError."""
    inner = _folders(folder)
    words = [_PARTS.get(path.name.lower()) for path in inner]
    if "train" in words and None not in words:
        if len(set(words)) < len(words):
            raise DataError(f"two folders are of one part: {listing(path.name for path in inner)}", str(folder),
                            "name each of train, validation and test once")  # fmt: skip
        parts = {f"_{word}": _images(path) for word, path in zip(words, inner, strict=True)}
    else:
        parts = {"": _images(folder)}
    files = [path for found in parts.values() for _, path in found]
    x, notes = _Reader(spec).read(files, str(folder))
    arrays, first = {}, 0
    for part, found in parts.items():
        arrays[f"x{part}"] = x[first : first + len(found)]
        if found[0][0] is not None:
            arrays[f"y{part}"] = np.array([label for label, _ in found])
        arrays[FILE + part] = np.array([path.relative_to(folder).as_posix() for _, path in found])
        first += len(found)
    return _as_arrays(arrays, str(folder), notes)


def read_images(paths: Sequence[Path], spec: ImageSpec, source: str) -> Arrays:
    """x of single images, without classes, and their names."""
    x, notes = _Reader(spec).read(paths, source)
    return _as_arrays({"x": x, FILE: np.array([path.name for path in paths])}, source, notes)


def _as_arrays(arrays: dict[str, Array], source: str, notes: tuple[str, ...]) -> Arrays:
    divisors = {name: 255.0 for name in arrays if name[0] == "x"}
    return Arrays({name: large(array) for name, array in arrays.items()}, source, divisors, FILE, notes)


def _hidden(path: Path) -> bool:
    return path.name.startswith(".") or path.name.lower() in _LEFT_BY_SYSTEMS


def _folders(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.iterdir()) if path.is_dir() and not _hidden(path)]


def _images(folder: Path) -> Found:
    """Every image by the folder it is in, its class; without a class where there are no folders."""
    inner = _folders(folder)
    loose = [path for path in sorted(folder.iterdir()) if path.is_file() and is_image(path) and not _hidden(path)]
    if inner and loose:
        raise DataError(f"has images beside the folders of classes: {listing((path.name for path in loose), 5)}",
                        str(folder), "move each into the folder of its class")  # fmt: skip
    found: Found = [(None, path) for path in loose]
    strange, empty = [], []
    for each in inner:
        paths = [path for path in sorted(each.rglob("*")) if path.is_file() and not _hidden(path)]
        strange += [str(path) for path in paths if not is_image(path)]
        empty += [] if paths else [each.name]
        found += [(each.name, path) for path in paths]
    if strange:
        raise DataError(f"holds files that are no images: {listing(strange, 5)}", str(folder),
                        f"move them away; images end in {', '.join(_ENDINGS)}")  # fmt: skip
    if empty or not found:
        raise DataError(f"has no images{f' in {listing(empty)}' if empty else ''}", str(folder),
                        "make a folder of images for each class: photos/cat/..., photos/dog/...")  # fmt: skip
    return found


class _Reader:
    """Reads images to one size and colour: the config's, or those of the first."""

    def __init__(self, spec: ImageSpec):
        try:
            from PIL import Image, ImageOps
        except ImportError:
            raise DataError("reading images needs the package Pillow", hint="pip install 'nnctl[images]'") from None
        self._pillow, self._ops = Image, ImageOps
        self._mode = {"gray": "L", "rgb": "RGB"}.get(spec.color or "")
        self._size = (spec.size[1], spec.size[0]) if spec.size else None  # Pillow says width, height
        self._resized = self._recoloured = 0

    def read(self, paths: Sequence[Path], source: str) -> tuple[Array, tuple[str, ...]]:
        """(rows, height, width, channels) uint8, and notes on what was changed."""
        broken = []
        room = None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd metadata and the like
            warnings.simplefilter("error", self._pillow.DecompressionBombWarning)
            for row, path in enumerate(paths):
                try:
                    with self._pillow.open(path, formats=_READERS) as image:
                        image = self._upright(image)
                        if room is None:
                            room = _room(len(paths), self._shape(image), source)
                        room[row] = self._pixels(image).reshape(room.shape[1:])
                except DataError:
                    raise
                except Exception as error:  # a broken file may raise anything in Pillow's readers
                    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
                    broken.append(f"{path} ({reason.replace(repr(str(path)), 'it')[:80]})")
        if broken:
            raise DataError(f"{len(broken)} of {len(paths)} images cannot be read: {listing(broken, 20)}", source,
                            "mend them or move them away")  # fmt: skip
        return room, tuple(self._notes(len(paths), room.shape))

    def _upright(self, image: Image) -> Image:
        if image.width * image.height > _MOST_PIXELS:
            raise ValueError(f"{image.width} x {image.height} pixels are too many")
        if image.mode in ("I", "F"):
            raise ValueError("its pixels are of 32 bits: save 8 or 16")
        return self._ops.exif_transpose(image)  # cameras note which side is up

    def _shape(self, image: Image) -> tuple[int, int, int]:
        """(height, width, channels) of all images, the config's or else the first's."""
        self._size = self._size or image.size
        self._mode = self._mode or ("L" if image.mode in _GRAY else "RGB")
        return self._size[1], self._size[0], len(self._mode)

    def _pixels(self, image: Image) -> Array:
        self._recoloured += (image.mode in _GRAY) != (self._mode == "L")
        if image.mode.startswith("I;16"):  # Pillow would cut at 255
            image = self._pillow.fromarray((np.asarray(image) >> 8).astype(np.uint8))
        image = image.convert(self._mode)
        if image.size != self._size:
            image = image.resize(self._size, self._pillow.Resampling.BILINEAR)
            self._resized += 1
        return np.asarray(image, np.uint8)

    def _notes(self, count: int, shape: tuple[int, ...]):
        if self._resized:
            yield f"{self._resized} of {count} images are brought to {shape[1]} x {shape[2]} pixels"
        if self._recoloured:
            yield f"{self._recoloured} of {count} images are taken as {'gray' if self._mode == 'L' else 'RGB'}"


def _room(rows: int, shape: tuple[int, ...], source: str) -> Array:
    """Memory for the pixels. Raises DataError where the machine has not so much."""
    wanted = rows * int(np.prod(shape))
    if wanted > machine_memory():
        raise DataError(
            f"{rows:,} images of {shape[0]} x {shape[1]} x {shape[2]} take {wanted / 1e9:.1f} GB, more than there is",
            source, "make them smaller: `image: {size: [64, 64]}` under dataset",
        )  # fmt: skip
    return np.empty((rows, *shape), np.uint8)
