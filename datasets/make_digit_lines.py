"""Writes digit_lines.npz: lines of handwritten digits, made from the single digits in digits.npz.

A line is 3 to 8 digits side by side, with blank columns before, between and after them, read column by column:
a sequence of time steps of 8 pixels. The target is the text of the digits, without their positions.
The digits are split before the lines are made, so none is in both a training line and a test line.

    python datasets/make_digit_lines.py [FOLDER]
"""

import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
SEED = 1998
LINES = {"train": 3000, "test": 800}
TEST_SHARE = 0.2  # of the single digits
DIGITS = (3, 8)  # in a line, both ends included
MARGIN = (0, 4)  # blank columns before and after
GAP = (0, 3)  # blank columns between two digits


def make_line(rng, images, labels):
    """(steps, 8) uint8 columns of 0 to 16, and the digits as text."""
    chosen = rng.integers(len(images), size=rng.integers(DIGITS[0], DIGITS[1] + 1))
    pieces = [blank(rng, MARGIN)]
    for number, digit in enumerate(chosen):
        pieces += [blank(rng, GAP)] if number else []
        pieces.append(images[digit].T)  # a column of the image is a time step
    pieces.append(blank(rng, MARGIN))
    return np.concatenate(pieces), "".join(map(str, labels[chosen]))


def blank(rng, columns):
    return np.zeros((rng.integers(columns[0], columns[1] + 1), 8), dtype=np.uint8)


def make():
    """The arrays of the file, by name."""
    with np.load(HERE / "digits.npz") as file:
        images, labels = file["images"], file["labels"]
    rng = np.random.default_rng(SEED)
    order = rng.permutation(len(images))
    cut = int(len(order) * TEST_SHARE)
    parts = {"train": order[cut:], "test": order[:cut]}
    made = {part: [make_line(rng, images[parts[part]], labels[parts[part]]) for _ in range(count)]
            for part, count in LINES.items()}  # fmt: skip
    steps = max(len(line) for lines in made.values() for line, _ in lines)
    arrays = {}
    for part, lines in made.items():
        x = np.zeros((len(lines), steps, 8), dtype=np.uint8)
        for row, (line, _) in enumerate(lines):
            x[row, : len(line)] = line
        arrays[f"x_{part}"] = x
        arrays[f"lengths_{part}"] = np.array([len(line) for line, _ in lines], dtype=np.uint8)
        arrays[f"y_{part}"] = np.array([text for _, text in lines])
    return arrays


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    np.savez_compressed(folder / "digit_lines.npz", **make())
