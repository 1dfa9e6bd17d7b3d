"""Writes digit_pairs.npz: pairs of images from digits.npz, half of which show the same digit.

A pair has two different images, `left` and `right`; the target `same` is 1 if both show the same digit, otherwise 0.
The images are split before the pairs are made, so none is in pairs of two splits.

    python datasets/make_digit_pairs.py [FOLDER]
"""

import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
SEED = 1994
PAIRS = {"train": 4000, "validation": 500, "test": 1000}
SHARES = {"train": 0.6, "validation": 0.2, "test": 0.2}  # of the images


def make_pairs(rng, labels, count):
    """(count, 2) indices of images, and (count,) 1 for pairs of the same digit, else 0; half of each, shuffled."""
    same = rng.permutation(np.arange(count) % 2)
    pairs = np.empty((count, 2), dtype=int)
    for row, alike in enumerate(same):
        first = rng.integers(len(labels))
        others = np.flatnonzero((labels == labels[first]) == alike)
        pairs[row] = first, rng.choice(others[others != first])
    return pairs, same.astype(np.uint8)


def make():
    """The arrays of the file, by name."""
    with np.load(HERE / "digits.npz") as file:
        images, labels = file["images"], file["labels"]
    rng = np.random.default_rng(SEED)
    cuts = np.cumsum([int(share * len(images)) for share in SHARES.values()])[:-1]
    arrays = {}
    for part, chosen in zip(SHARES, np.split(rng.permutation(len(images)), cuts), strict=True):
        pairs, same = make_pairs(rng, labels[chosen], PAIRS[part])
        arrays[f"left_{part}"], arrays[f"right_{part}"] = (images[chosen[pairs[:, side]]] for side in (0, 1))
        arrays[f"same_{part}"] = same
    return arrays


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    np.savez_compressed(folder / "digit_pairs.npz", **make())
