"""Folders of images: one folder per class (see class_folders.py), read with Pillow.

photos/cat/*.png, photos/dog/*.jpg                        split as the config says
photos/train/cat/..., photos/test/cat/...                 split by folder
photos/*.png                                              no classes: for predictions and autoencoders
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nnctl.data.config import ImageSpec
from nnctl.data.lazy_array import large
from nnctl.data.named_arrays import Arrays
from nnctl.data.readers import image_depth
from nnctl.data.readers.class_folders import Kind, paths_of
from nnctl.data.readers.memory_size import machine_memory
from nnctl.data.readers.paths import FORMATS, is_image
from nnctl.data.table import listing
from nnctl.errors import DataError

if TYPE_CHECKING:
    from PIL.Image import Image

Array = np.ndarray

FILE = "file"  # the array of file names
IMAGES = Kind("images", is_image, tuple(ending for ending, kind in FORMATS.items() if kind == "image"),
              ("photos", "cat", "dog"))  # fmt: skip
_READERS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "PPM")  # Pillow has dozens more, some of them hardly tested
_MOST_PIXELS = 50_000_000  # below the number for which Pillow warns of a decompression bomb
_GRAY = ("1", "L", "LA", "La")
_OTHER_COLOURS = ("CMYK", "LAB", "HSV", "YCbCr")
_ORIENTATION = 0x0112  # of EXIF


def read_image_folder(folder: Path, spec: ImageSpec) -> Arrays:
    """x (rows, height, width, channels) uint8; y, the class names, if there are class folders; and the file names.
    By split, as x_train, if there are folders for the splits. Raises DataError."""
    splits = IMAGES.by_split(folder)
    files = list(paths_of(splits))
    reader = _Reader(spec, [path for _, path in splits.get("_train", splits.get("", []))])
    x, notes = reader.read(files, str(folder))
    arrays, first = {}, 0
    for suffix, found in splits.items():
        arrays[f"x{suffix}"] = x[first : first + len(found)]
        if found[0][0] is not None:
            arrays[f"y{suffix}"] = np.array([label for label, _ in found])
        arrays[FILE + suffix] = np.array([path.relative_to(folder).as_posix() for _, path in found])
        first += len(found)
    return _as_arrays(arrays, str(folder), notes, reader.spec)


def read_images(paths: Sequence[Path], spec: ImageSpec, source: str) -> Arrays:
    """x of single images, without classes, and their file names."""
    reader = _Reader(spec, paths)
    x, notes = reader.read(paths, source)
    return _as_arrays({"x": x, FILE: np.array([path.name for path in paths])}, source, notes, reader.spec)


def _as_arrays(arrays: dict[str, Array], source: str, notes: tuple[str, ...], spec: ImageSpec) -> Arrays:
    divisors = {name: 255.0 for name in arrays if name[0] == "x"}
    return Arrays({name: large(array) for name, array in arrays.items()}, source, divisors, FILE, notes, spec)


class _Reader:
    """Reads images with the size, color and range of the config; otherwise, with the size and color of the first image
    and the range of the training images.

    trained: the training images, whose values decide the range of deep images.
    """

    def __init__(self, spec: ImageSpec, trained: Sequence[Path]):
        try:
            from PIL import Image, ImageOps  # imported here to keep start-up fast
        except ImportError:
            raise DataError("reading images needs the package Pillow", hint="pip install 'nnctl[images]'") from None
        self._pillow, self._ops = Image, ImageOps
        self._spec, self._trained = spec, trained
        self._mode = {"gray": "L", "rgb": "RGB"}.get(spec.color or "")
        self._size = (spec.size[1], spec.size[0]) if spec.size else None  # Pillow uses (width, height)
        self._range = spec.range
        self._resized = self._converted = self._transparent = self._deep = self._clipped = self._cut = 0
        self._paged: list[str] = []

    @property
    def spec(self) -> ImageSpec:
        """How further images are read in the same way."""
        width, height = self._size or (1, 1)
        return self._spec.model_copy(update={
            "size": (height, width), "color": "gray" if self._mode == "L" else "rgb",
            "range": self._range or image_depth.WHOLE,
        })  # fmt: skip

    def read(self, paths: Sequence[Path], source: str) -> tuple[Array, tuple[str, ...]]:
        """(rows, height, width, channels) uint8, and notes on what was converted."""
        broken = []
        pixels = None
        for row, path in enumerate(paths):
            try:
                image = self._opened(path)
                if pixels is None:
                    pixels = _buffer(len(paths), self._shape(image), source)
                pixels[row] = self._pixels(image).reshape(pixels.shape[1:])
            except DataError:
                raise
            except Exception as error:  # Pillow's readers raise many types of errors for a broken file
                reason = str(error).splitlines()[0] if str(error) else type(error).__name__
                broken.append(f"{path} ({reason.replace(repr(str(path)), 'it')[:80]})")
        if broken:
            raise DataError(f"{len(broken)} of {len(paths)} images cannot be read: {listing(broken, 20)}", source,
                            "fix them, or move them to another folder")  # fmt: skip
        assert pixels is not None  # there is at least one image
        return pixels, tuple(self._notes(len(paths), pixels.shape))

    def _opened(self, path: Path) -> Image:
        """The first page of a file, with 8 bits per channel, rotated as its EXIF data say."""
        with self._pillow.open(path, formats=_READERS) as image:
            if image.width * image.height > _MOST_PIXELS:
                raise ValueError(f"{image.width} x {image.height} pixels are too many")
            if (pages := getattr(image, "n_frames", 1)) > 1:
                self._paged.append(f"{path.name} has {pages}")
                image.seek(0)
            self._cut += image_depth.is_cut(image)
            if not image_depth.is_deep(image):
                return self._ops.exif_transpose(image)
            if self._range is None:
                self._range = self._found_range()
            pixels = self._deep_values(path, image)
            low, high = image_depth.extent(pixels)
            self._deep += 1
            self._clipped += low < self._range[0] or high > self._range[1]
            bytes_ = image_depth.as_bytes(pixels, self._range)
            eight = self._pillow.fromarray(image_depth.with_alpha(bytes_, pixels, image.info.get("transparency")))
            eight.getexif()[_ORIENTATION] = image.getexif().get(_ORIENTATION, 1)
            return self._ops.exif_transpose(eight)

    def _deep_values(self, path: Path, image: Image) -> Array:
        with self._pillow.open(path, formats=_READERS) as again:
            return image_depth.values(image, again)

    def _found_range(self) -> tuple[float, float]:
        """The smallest and the largest value of the deep training images."""
        extents = []
        for path in self._trained:
            try:
                with self._pillow.open(path, formats=_READERS) as image:
                    if image.width * image.height <= _MOST_PIXELS and image_depth.is_deep(image):
                        extents.append(image_depth.extent(self._deep_values(path, image)))
            except Exception:  # `read` names it
                continue
        if not extents:
            return image_depth.WHOLE
        low, high = min(low for low, _ in extents), max(high for _, high in extents)
        return low, (high if low < high else low + 1)

    def _shape(self, image: Image) -> tuple[int, int, int]:
        """(height, width, channels) of all images, as in the config or as the first image."""
        self._size = self._size or image.size
        self._mode = self._mode or ("L" if image.mode in _GRAY else "RGB")
        return self._size[1], self._size[0], len(self._mode)

    def _pixels(self, image: Image) -> Array:
        self._converted += (image.mode in _GRAY) != (self._mode == "L") or image.mode in _OTHER_COLOURS
        if image.has_transparency_data:
            image = self._without_transparency(image)
        image = image.convert(self._mode)
        if self._size is not None and image.size != self._size:
            image = image.resize(self._size, self._pillow.Resampling.BILINEAR)
            self._resized += 1
        return np.asarray(image, np.uint8)

    def _without_transparency(self, image: Image) -> Image:
        """A transparent image on the background color; an opaque one unchanged."""
        layers = image.convert("RGBA")
        if layers.getchannel("A").getextrema()[0] == 255:
            return image
        self._transparent += 1
        background = self._pillow.new("RGBA", layers.size, (*self._spec.background, 255))
        return self._pillow.alpha_composite(background, layers).convert("RGB")

    def _notes(self, count: int, shape: tuple[int, ...]) -> Iterator[str]:
        if self._resized:
            yield f"{_images_are(self._resized, count)} resized to {shape[1]} x {shape[2]} pixels"
        if self._converted:
            yield f"{_images_are(self._converted, count)} converted to {'gray' if self._mode == 'L' else 'RGB'}"
        if self._transparent:
            advice = "" if self._spec.range else "; `image: {background: black}` sets another color"
            color = _color_name(self._spec.background)
            yield f"{_images_have(self._transparent, count)} transparent pixels, which are placed on {color}{advice}"
        yield from self._depth_notes(count)
        if self._paged:
            yield (
                f"{_images_have(len(self._paged), count)} several pages or frames, of which only the first is read:"
                f" {listing(self._paged, 3)}"
            )

    def _depth_notes(self, count: int) -> Iterator[str]:
        low, high = self._range or image_depth.WHOLE
        if self._deep:
            shown = f"{low:g} to {high:g}"
            advice = " (the values in the training images; `image: {range: [0, 65535]}` sets others)"
            decided = "" if self._spec.range else advice
            yield f"{_images_have(self._deep, count)} more than 8 bits per channel: {shown} becomes 0 to 1{decided}"
            if self._clipped:
                yield f"{_images_have(self._clipped, count)} values outside of {shown}, which are clipped"
        if self._deep < count and (self._deep or (low, high) != image_depth.WHOLE):
            yield f"{_images_have(count - self._deep, count)} 8 bits per channel: 0 to 255 becomes 0 to 1"
        if self._cut:
            yield f"{_images_have(self._cut, count)} 16 bits per channel, of which the upper 8 are read"


def _images_are(some: int, all_: int) -> str:
    return f"{some} of {all_} images {'is' if some == 1 else 'are'}"


def _images_have(some: int, all_: int) -> str:
    return f"{some} of {all_} images {'has' if some == 1 else 'have'}"


def _color_name(color: tuple[int, int, int]) -> str:
    names: dict[tuple[int, ...], str] = {(255, 255, 255): "white", (0, 0, 0): "black"}
    return names.get(tuple(color), "#" + "".join(f"{channel:02x}" for channel in color))


def _buffer(rows: int, shape: tuple[int, ...], source: str) -> Array:
    """Memory for the pixels. Raises DataError if the machine has less."""
    wanted = rows * int(np.prod(shape))
    if wanted > machine_memory():
        raise DataError(
            f"{rows:,} images of {shape[0]} x {shape[1]} x {shape[2]} take {wanted / 1e9:.1f} GB, more than the memory"
            " of this machine",
            source, "make them smaller: `image: {size: [64, 64]}` under dataset",
        )  # fmt: skip
    return np.empty((rows, *shape), np.uint8)
