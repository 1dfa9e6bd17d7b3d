"""Small pictures, and a folder of two classes of them."""

import numpy as np
import pytest

Image = pytest.importorskip("PIL.Image")


def paint(path, pixels, **how):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(pixels, np.uint8)).save(path, **how)


def bright_and_dark(folder):
    """A folder of bright and of dark pictures, 30 of each, of 6 x 5 pixels in color."""
    rng = np.random.default_rng(0)
    for label, low in (("bright", 130), ("dark", 0)):
        for number in range(30):
            paint(folder / label / f"{number}.png", rng.integers(low, low + 120, (6, 5, 3)))
    return folder
