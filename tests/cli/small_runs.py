"""Small trained runs for tests of eval and predict, and helpers that read their output."""

import csv
import io

import numpy as np
from click.testing import CliRunner

from nnctl import cli


def nnctl(*arguments, stdin=None):
    return CliRunner().invoke(cli.program, [str(a) for a in arguments], input=stdin)


def train(folder, config, run="run", **files):
    """Trains a config on files with the given texts, each named NAME.csv, and returns the folder of the run."""
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text)
    (folder / "c.yaml").write_text(config.replace("FOLDER", str(folder)))
    result = nnctl("train", folder / "c.yaml", "--quiet", "--run", folder / run)
    assert result.exit_code == 0, result.output
    return folder / run


def table(result):
    assert result.exit_code == 0, result.output
    return list(csv.DictReader(io.StringIO(result.stdout)))


def notes(result):
    """The notes on stderr, each as one line."""
    joined = " ".join(result.stderr.split())
    return [note.strip() for note in joined.split("note: ")[1:]]


COLOURS = "colour,age,y\n" + "".join(f"{'red' if i % 2 == 0 else 'blue'},{20 + i},{'AB'[i % 2]}\n" for i in range(16))
COLOURED = """
dataset: {path: FOLDER/train.csv, target: y, missing: {age: median, colour: category}, split: {validation: 0, test: 0}}
layers: [{Dense: {units: 2, activation: softmax}}]
loss: sparse_categorical_crossentropy
epochs: 20
"""


def softmax_by_hand(run, rows):
    from safetensors.numpy import load_file

    weights = load_file(run / "model.safetensors")
    [kernel] = (w for name, w in weights.items() if w.ndim == 2)
    [bias] = (w for name, w in weights.items() if w.ndim == 1)
    z = np.array(rows) @ kernel + bias
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


DROPPED = """
dataset: {path: FOLDER/train.csv, target: y, missing: drop, split: {validation: 0, test: 0}}
layers: [{Dense: {units: 2, activation: softmax}}]
loss: sparse_categorical_crossentropy
epochs: 2
"""

STEPS = "id,t,a,kind,y\n" + "".join(
    f"s{i:02},{t},{i + t},{'uv'[i % 2]},{'AB'[i % 2]}\n" for i in range(12) for t in (1, 2)
)
SEQUENCES = """
dataset: {path: FOLDER/train.csv, target: y, features: [a], sequence: {id: id, order: t}, missing: drop,
          split: {validation: 0, test: 0}}
layers: [{SimpleRNN: {units: 3}}, {Dense: {units: 2, activation: softmax}}]
loss: sparse_categorical_crossentropy
epochs: 1
"""
