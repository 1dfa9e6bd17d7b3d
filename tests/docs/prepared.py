"""Files that pages speak of and do not make: written to the current folder before a page's blocks run."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np

from docs.blocks import ROOT, blocks


def letters() -> None:
    images = np.random.default_rng(0).integers(0, 17, (60, 8, 8, 1), dtype=np.uint8)
    np.savez("letters.npz", x=images, y=np.arange(60) % 5)
    Path("reviews.csv").write_text("review,label\n" + "a good film,yes\na bad film,no\n" * 10, encoding="utf-8")
    vectors = "".join(f"{word} {' '.join(['0.5'] * 50)}\n" for word in ("the", "good", "bad"))
    Path("glove.6B.50d.txt").write_text(vectors, encoding="utf-8")


def clicks() -> None:
    rows = "".join(f"{i % 7},{i % 5},{'yes' if i % 2 else 'no'}\n" for i in range(40))
    Path("clicks-1.csv").write_text(f"pages,minutes,bought\n{rows}", encoding="utf-8")


def iris() -> None:
    shutil.copy(ROOT / "datasets" / "iris.csv", "iris.csv")


def pictures() -> None:
    """The first of those that the page's program writes."""
    from PIL import Image

    digits = np.load(ROOT / "datasets" / "digits.npz")
    for number, label in enumerate(digits["labels"][:100]):
        Path(f"pictures/digit {label}").mkdir(parents=True, exist_ok=True)
        Image.fromarray(digits["images"][number] * 15).save(f"pictures/digit {label}/{number}.png")


def flowers() -> None:
    for name in ("flowers.csv", "new_flowers.csv"):
        shutil.copy(ROOT / "datasets" / "iris.csv", name)


def model_of_keras() -> None:
    import keras  # not in the environment of most tests

    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")])
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    model.save("m.keras")
    shutil.copy(ROOT / "datasets" / "iris.csv", "data.csv")


FILES: dict[str, Callable[[], None]] = {
    "README.md": flowers, "README.ko.md": flowers, "keras.md": model_of_keras,
    "fine_tuning.md": letters, "large_tables.md": clicks, "coming_from_keras.md": iris, "tutorials/images.md": pictures,
}  # fmt: skip


def prepare(page: Path, name: str) -> None:
    """Writes the files of a page: those above, the checkout's configs, and the blocks that are files."""
    shutil.copytree(ROOT / "configs", "configs")
    if any("datasets/" in block.text for block in blocks(page)):
        shutil.copytree(ROOT / "datasets", "datasets")
    if name in FILES:
        FILES[name]()
    for block in blocks(page):
        if block.file:
            Path(block.file).write_text(block.text, encoding="utf-8")
