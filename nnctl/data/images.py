"""Folders of images: one folder a class, read through Pillow.

    photos/cat/*.png, photos/dog/*.jpg                        the parts are split as the config says
    photos/train/cat/..., photos/test/cat/...                 ... or as the folders do
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nnctl.data.arrays import Arrays
from nnctl.data.table import listing
from nnctl.errors import DataError

if TYPE_CHECKING:
    from nnctl.data.spec import ImageSpec

Array = np.ndarray

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
_PARTS = {"train": "train", "training": "train", "validation": "validation", "valid": "validation",
          "val": "validation", "test": "test", "testing": "test"}  # fmt: skip
_MOST_PIXELS = 50_000_000


def is_image(path: Path) -> bool:
    """Whether a file's name is that of an image; hidden files are none."""
    return path.suffix.lower() in ENDINGS and not path.name.startswith(".")


def has_images(folder: Path) -> bool:
    """Whether images lie in a folder or in folders inside it."""
    return any(is_image(path) for path in folder.rglob("*"))


def read_image_folder(folder: Path, spec: ImageSpec) -> Arrays:
    """x (rows, height, width, channels) uint8 and y, the names of the classes; by part, where folders give parts.

    In a folder without class folders there is x only. Raises DataError.
    """
    inner = [path for path in sorted(folder.iterdir()) if path.is_dir() and not path.name.startswith(".")]
    parts = {_PARTS[path.name.lower()]: path for path in inner if path.name.lower() in _PARTS}
    if parts and len(parts) == len(inner) and "train" in parts:
        files = {f"_{part}": _by_class(path) for part, path in parts.items()}
    elif inner:
        files = {"": _by_class(folder)}
    else:
        paths = [path for path in sorted(folder.iterdir()) if is_image(path)]
        return read_images(paths, spec, str(folder))
    everything = [path for found in files.values() for _, path in found]
    images = _Reader(spec).read(everything)
    arrays, first = {}, 0
    for suffix, found in files.items():
        arrays[f"x{suffix}"] = images[first : first + len(found)]
        arrays[f"y{suffix}"] = np.array([label for label, _ in found])
        first += len(found)
    return Arrays(arrays, str(folder), {name: 255.0 for name in arrays if name[0] == "x"},
                  tuple(path.name for path in everything))  # fmt: skip


def read_images(paths: Sequence[Path], spec: ImageSpec, source: str) -> Arrays:
    """x of single images, without classes, as for predictions."""
    return Arrays({"x": _Reader(spec).read(paths)}, source, {"x": 255.0}, tuple(path.name for path in paths))


def _by_class(folder: Path) -> list[tuple[str, Path]]:
    """(class, file) of every image, by the folders' names."""
    found = []
    for inner in sorted(folder.iterdir()):
        if inner.is_dir() and not inner.name.startswith("."):
            paths = sorted(path for path in inner.rglob("*") if path.is_file() and not path.name.startswith("."))
            if strange := [str(path) for path in paths if not is_image(path)]:
                raise DataError(f"holds files that are no images: {listing(strange, 5)}", str(inner),
                                f"move them away; images end in {', '.join(ENDINGS)}")  # fmt: skip
            if not paths:
                raise DataError("has no images", str(inner), "put its images there, or remove the folder")
            found += [(inner.name, path) for path in paths]
    if len({label for label, _ in found}) < 2:
        raise DataError("has images of fewer than two classes", str(folder),
                        "make a folder for each class: photos/cat/..., photos/dog/...")  # fmt: skip
    return found


class _Reader:
    """Reads images to one size: the config's, or that of the first."""

    def __init__(self, spec: ImageSpec):
        try:
            from PIL import Image, ImageOps
        except ImportError:
            raise DataError("reading images needs the package Pillow", hint="pip install 'nnctl[images]'") from None
        self._image, self._ops = Image, ImageOps
        self._mode = {"gray": "L", "rgb": "RGB"}.get(spec.color or "")
        self._size = (spec.size[1], spec.size[0]) if spec.size else None  # Pillow says width, height

    def read(self, paths: Sequence[Path]) -> Array:
        if not paths:
            raise DataError("there are no images")
        broken, images = [], []
        for path in paths:
            try:
                images.append(self._read(path))
            except (OSError, ValueError, SyntaxError, EOFError, self._image.DecompressionBombError, Warning) as error:
                broken.append(f"{path} ({str(error).splitlines()[0][:80] if str(error) else type(error).__name__})")
        if broken:
            raise DataError(f"{len(broken)} of {len(paths)} images cannot be read: {listing(broken, 5)}",
                            hint="mend them or move them away")  # fmt: skip
        return np.stack(images)

    def _read(self, path: Path) -> Array:
        with warnings.catch_warnings():
            warnings.simplefilter("error", self._image.DecompressionBombWarning)
            with self._image.open(path) as image:
                if image.width * image.height > _MOST_PIXELS:
                    raise ValueError(f"{image.width} x {image.height} pixels are too many")
                image = self._ops.exif_transpose(image)  # cameras note which side is up
                self._mode = self._mode or ("L" if image.mode in ("1", "L", "LA", "I;16") else "RGB")
                image = image.convert(self._mode)
                self._size = self._size or image.size
                if image.size != self._size:
                    image = image.resize(self._size, self._image.Resampling.BILINEAR)
                pixels = np.asarray(image, np.uint8)
        return pixels[..., None] if pixels.ndim == 2 else pixels
