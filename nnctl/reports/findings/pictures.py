"""Small pictures as PNG data URIs, without an image library: PNG is zlib-compressed rows between checksums."""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np

Array = np.ndarray
LARGEST = 96  # pixels of the longer side; larger pictures are shown with every second pixel, or every third, ...


def data_uri(pixels: Array, largest: int = LARGEST) -> str:
    """(height, width) gray or (height, width, 3) color, uint8, as `data:image/png;base64,...`."""
    step = -(-max(pixels.shape[:2]) // largest)
    return "data:image/png;base64," + base64.b64encode(png(pixels[::step, ::step])).decode("ascii")


def png(pixels: Array) -> bytes:
    """The bytes of a PNG file. pixels: as in `data_uri`."""
    height, width = pixels.shape[:2]
    color = {2: 0, 3: 2}[pixels.ndim]  # PNG's numbers for gray and for red, green and blue
    rows = np.ascontiguousarray(pixels).reshape(height, -1)
    lines = np.concatenate([np.zeros((height, 1), np.uint8), rows], axis=1)  # filter 0 before each row
    header = struct.pack(">IIBBBBB", width, height, 8, color, 0, 0, 0)
    body = _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(lines.tobytes(), 9)) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def gray(values: Array, low: float, high: float) -> Array:
    """Values as uint8, `low` black and `high` white."""
    scaled = (np.asarray(values, np.float64) - low) / (high - low if high > low else 1.0)
    pixels: Array = (np.clip(np.nan_to_num(scaled), 0, 1) * 255 + 0.5).astype(np.uint8)
    return pixels


def diverging(values: Array) -> Array:
    """(height, width) as (height, width, 3): 0 is white, positive numbers are red and negative ones blue, the largest
    the darkest."""
    x = np.nan_to_num(np.asarray(values, np.float64))
    x = x / (np.abs(x).max() or 1.0)
    strong = np.abs(x)[..., None]
    dark = np.where(x[..., None] >= 0, np.array([178, 24, 43]), np.array([33, 102, 172]))
    pixels: Array = (255 - strong * (255 - dark) + 0.5).astype(np.uint8)
    return pixels


def side_of_square(size: int) -> int | None:
    """The side of a square of `size` pixels; None if there is none, or it is too small to show anything."""
    side = int(size**0.5 + 0.5)
    return side if side * side == size and side >= 4 else None
