"""The examples of docs/fine_tuning.md train."""

import re
from pathlib import Path

import numpy as np
import pytest

import nnctl

TEXT = (Path(__file__).parents[1] / "docs" / "fine_tuning.md").read_text(encoding="utf-8")
LETTERS, REVIEWS = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_from_another_model(folder):
    nnctl.train("digits_cnn", epochs=1, folder="runs/digits")
    images = np.random.default_rng(0).integers(0, 17, (60, 8, 8, 1), dtype=np.uint8)
    np.savez("letters.npz", x=images, y=np.arange(60) % 5)
    Path("letters.yaml").write_text(LETTERS, encoding="utf-8")
    notes = []
    run = nnctl.train("letters.yaml", epochs=1, on_event=lambda event: notes.extend(getattr(event, "notes", ())))
    before = nnctl.load("runs/digits").model.program.named_weights()
    after = run.model.program.named_weights()
    for layer in ("conv2d", "conv2d_1"):
        np.testing.assert_array_equal(after[f"{layer}/kernel"], before[f"{layer}/kernel"])
    moved = np.abs(after["conv2d_2/kernel"] - before["conv2d_2/kernel"]).max()
    assert 0 < moved < 0.01
    assert any(note.startswith("conv2d, conv2d_1, conv2d_2 start with the weights of runs/digits") for note in notes)


def test_from_word_vectors(folder):
    Path("reviews.csv").write_text("review,label\n" + "a good film,yes\na bad film,no\n" * 10, encoding="utf-8")
    Path("glove.6B.50d.txt").write_text(
        "".join(f"{word} {' '.join(['0.5'] * 50)}\n" for word in ("the", "good", "bad")), encoding="utf-8"
    )
    Path("reviews.yaml").write_text(REVIEWS, encoding="utf-8")
    notes = []
    nnctl.train("reviews.yaml", on_event=lambda event: notes.extend(getattr(event, "notes", ())))
    assert "embedding: glove.6B.50d.txt has vectors for 2 of the 4 words (50.0%)" in notes
