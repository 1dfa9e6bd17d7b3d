"""Images with more than 8 bits per channel: their values, the range of the values, and the conversion to bytes.

Pillow keeps only the upper byte of 16-bit colors and clips other deep pixels at 255, which destroys an image with 12
bits per channel.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

Array = np.ndarray
Range = tuple[float, float]

WHOLE: Range = (0.0, 65535.0)  # of 16 bits; for models that were trained without deep images
_GRAY = ("I", "F")
# The argument that makes Pillow take the upper byte of a color -> the one that makes it take the lower byte.
_LOWER = {"RGB;16B": "RGB;16L", "RGB;16L": "RGB;16B", "RGBA;16B": "RGBA;16L", "RGBA;16L": "RGBA;16B"} | {
    f"{mode};16N": f"{mode};16{'B' if sys.byteorder == 'little' else 'L'}" for mode in ("RGB", "RGBA")
}


def is_deep(image: Image) -> bool:
    """Whether pixels have more than 8 bits per channel. image: opened, but not loaded."""
    return image.mode.startswith("I;16") or image.mode in _GRAY or _packing(image) in _LOWER


def is_cut(image: Image) -> bool:
    """Whether Pillow takes only the upper 8 of 16 bits, unavoidably. image: opened, but not loaded."""
    return ";16" in _packing(image) and not is_deep(image)


def _packing(image: Image) -> str:
    tile = getattr(image, "tile", None)
    args = tile[0].args if tile else ""
    return str(args[0] if isinstance(args, tuple) and args else args)


def values(image: Image, again: ImageFile) -> Array:
    """(height, width) or (height, width, channels) of a deep image: whole numbers, or float32.

    again: the same file opened a second time; neither is loaded. Raises ValueError for pixels that are not finite.
    """
    if _packing(image) in _LOWER:
        again.tile = [part._replace(args=_lower(part.args)) for part in again.tile]
        deep: Array = np.asarray(image).astype(np.uint16) << 8 | np.asarray(again)
        return deep
    pixels = np.asarray(image)
    if pixels.dtype.kind == "f" and not np.isfinite(pixels).all():
        raise ValueError("some of its pixels are not finite numbers")
    return pixels


def _lower(args: str | tuple[Any, ...] | None) -> str | tuple[Any, ...]:
    """The arguments of Pillow's decoder that make it take the lower byte."""
    return (_LOWER[args[0]], *args[1:]) if isinstance(args, tuple) else _LOWER[str(args)]


def extent(pixels: Array) -> Range:
    """The smallest and the largest value, without the transparency."""
    colours = pixels[..., :3] if pixels.ndim == 3 else pixels
    return float(colours.min()), float(colours.max())


def as_bytes(pixels: Array, extent: Range) -> Array:
    """uint8 of the same shape: `extent` divided into 256 equal intervals, values outside of it clipped.

    For the whole range of 16 bits, this is the upper byte. Transparency, the fourth channel, always has that range.
    """
    low, high = extent
    if pixels.dtype.kind == "f":
        width = (high - low) or 1.0
        scaled = np.floor((pixels.astype(np.float64) - low) * (256 / width))
    else:
        first = int(np.floor(low))
        scaled = (pixels.astype(np.int64) - first) * 256 // (int(np.ceil(high)) - first + 1)
    scaled = np.clip(scaled, 0, 255).astype(np.uint8)
    if pixels.ndim == 3 and pixels.shape[2] == 4:
        scaled[..., 3] = pixels[..., 3] >> 8
    return scaled


def with_alpha(eight: Array, pixels: Array, transparent: int | tuple[int, ...] | None) -> Array:
    """The bytes of an image in which one value means transparent pixels, with a channel of transparency."""
    if transparent is None or (pixels.ndim == 3 and pixels.shape[2] == 4):
        return eight
    same = pixels == np.asarray(transparent)
    same = same.all(axis=2) if same.ndim == 3 else same
    colours = eight if eight.ndim == 3 else eight[..., None]
    return np.dstack([colours, np.where(same, 0, 255).astype(np.uint8)])
