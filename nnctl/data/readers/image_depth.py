"""Images of more than 8 bits per channel: their values, the range these lie in, and that range as bytes.

Pillow keeps the upper byte of a 16-bit colour and cuts other deep pixels at 255, which leaves nothing of a picture
whose sensor gives 12 bits.
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

WHOLE: Range = (0.0, 65535.0)  # of 16 bits; for models that were trained on no deep image
_GRAY = ("I", "F")
# How Pillow is told to take the upper byte of a colour, and to take the lower one instead.
_LOWER = {"RGB;16B": "RGB;16L", "RGB;16L": "RGB;16B", "RGBA;16B": "RGBA;16L", "RGBA;16L": "RGBA;16B"} | {
    f"{mode};16N": f"{mode};16{'B' if sys.byteorder == 'little' else 'L'}" for mode in ("RGB", "RGBA")
}


def is_deep(image: Image) -> bool:
    """Whether pixels have more than 8 bits per channel. image: opened, not loaded."""
    return image.mode.startswith("I;16") or image.mode in _GRAY or _packing(image) in _LOWER


def is_cut(image: Image) -> bool:
    """Whether Pillow takes the upper 8 of 16 bits, and nothing can be done. image: opened, not loaded."""
    return ";16" in _packing(image) and not is_deep(image)


def _packing(image: Image) -> str:
    tile = getattr(image, "tile", None)
    args = tile[0].args if tile else ""
    return str(args[0] if isinstance(args, tuple) and args else args)


def values(image: Image, again: ImageFile) -> Array:
    """(height, width) or (height, width, channels) of a deep image: whole numbers, or float32.

    again: the same file opened a second time; neither is loaded. Raises ValueError for pixels that are no numbers.
    """
    if _packing(image) in _LOWER:
        again.tile = [part._replace(args=_lower(part.args)) for part in again.tile]
        deep: Array = np.asarray(image).astype(np.uint16) << 8 | np.asarray(again)
        return deep
    pixels = np.asarray(image)
    if pixels.dtype.kind == "f" and not np.isfinite(pixels).all():
        raise ValueError("some of its pixels are no finite numbers")
    return pixels


def _lower(args: str | tuple[Any, ...] | None) -> str | tuple[Any, ...]:
    """The arguments of Pillow's decoder that make it take the lower byte."""
    return (_LOWER[args[0]], *args[1:]) if isinstance(args, tuple) else _LOWER[str(args)]


def extent(pixels: Array) -> Range:
    """The smallest and the largest value, transparency left aside."""
    colours = pixels[..., :3] if pixels.ndim == 3 else pixels
    return float(colours.min()), float(colours.max())


def as_bytes(pixels: Array, extent: Range) -> Array:
    """uint8 of the same shape: `extent` cut into 256 equal parts, what lies outside at its ends.

    Of 16 bits' whole range that is the upper byte. Transparency, a fourth channel, is always of the whole range.
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
    """The bytes of an image one of whose values means transparent pixels, with a channel that says so."""
    if transparent is None or (pixels.ndim == 3 and pixels.shape[2] == 4):
        return eight
    same = pixels == np.asarray(transparent)
    same = same.all(axis=2) if same.ndim == 3 else same
    colours = eight if eight.ndim == 3 else eight[..., None]
    return np.dstack([colours, np.where(same, 0, 255).astype(np.uint8)])
