"""Fractions from 0 to 1 as targets of a binary loss, as in Keras: in tables and arrays, one column or more."""

import math

import numpy as np
import pytest

from nnctl import config as spec
from nnctl.api import load
from nnctl.data import Preprocessing, load_dataset
from nnctl.data.config import DatasetSpec
from nnctl.errors import InputError
from nnctl.nn.metrics import metrics
from nnctl.training.runner import train

RATINGS = [0.195, 0.8, 0.5, 1.0, 0.0, 0.333, 0.9, 0.1]


def table(tmp_path, columns, name="d.csv"):
    lines = [",".join(["x", *columns])]
    rows = len(next(iter(columns.values())))
    lines += [",".join([str(row * 0.5), *(str(column[row]) for column in columns.values())]) for row in range(rows)]
    (tmp_path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(tmp_path / name)


def loaded(file, target, labels="binary", **settings):
    settings = {"split": {"validation": 0, "test": 0}} | settings
    return load_dataset(DatasetSpec(path=file, target=target, **settings), {}, {"out": labels}, 0)


@pytest.mark.parametrize("values", [
    RATINGS, [0.25, 0.75] * 4, [0, 1, 0, 1, 0, 1, 0, 0.5], [1e-9, 1] * 4, list(np.linspace(0, 1, 40)),
], ids=["ratings", "two values", "nearly classes", "tiny", "forty values"])  # fmt: skip
def test_a_column_of_fractions_is_unchanged(tmp_path, values):
    data = loaded(table(tmp_path, {"rating": values}), "rating")
    np.testing.assert_allclose(data.train.targets["out"][:, 0], np.float32(values))
    target = data.targets["out"]
    assert target.soft and target.classes is None and target.shape == (1,)
    [note] = [note for note in data.notes if "probabilities" in note]
    assert note.startswith('target "rating": fractions from 0 to 1')


def test_several_columns_may_hold_fractions(tmp_path):
    columns = {"a": [0, 1, 0.5, 1, 0, 0.2], "b": [1, 0, 1, 0, 1, 0]}
    data = loaded(table(tmp_path, columns), ("a", "b"))
    np.testing.assert_allclose(data.train.targets["out"], np.stack([*columns.values()], axis=1), rtol=1e-6)
    assert data.targets["out"].soft


@pytest.mark.parametrize("y", [
    np.array(RATINGS), np.array(RATINGS, np.float32)[:, None], np.array([RATINGS, RATINGS[::-1]]).T,
    np.array(RATINGS).reshape(8, 1, 1).repeat(2, axis=1),
], ids=["(rows,)", "(rows, 1)", "(rows, 2)", "(rows, steps, 1)"])  # fmt: skip
def test_arrays_may_hold_fractions(tmp_path, y):
    np.savez(tmp_path / "d.npz", x=np.ones((8, 2)), y=y)
    data = load_dataset(
        DatasetSpec(path=str(tmp_path / "d.npz"), split={"validation": 0, "test": 0}), {}, {"out": "binary"}, 0
    )
    np.testing.assert_allclose(data.train.targets["out"].reshape(y.shape), np.float32(y))
    assert data.targets["out"].soft
    assert any("probabilities" in note for note in data.notes)


@pytest.mark.parametrize("values, said", [
    ([0.5, 1.5, 0.2, 0.1], "values from 0 to 1, got 1.5"),
    ([0.5, -0.25, 0.2, 0.1], "values from 0 to 1, got -0.25"),
    ([0.5, 2, 0, 1], "values from 0 to 1, got 2"),
])  # fmt: skip
@pytest.mark.parametrize("kind", ["column", "columns", "array"])
def test_what_is_beyond_0_and_1_is_an_error(tmp_path, values, said, kind):
    if kind == "array":
        np.savez(tmp_path / "d.npz", x=np.ones((4, 2)), y=np.array(values))
        file, target = str(tmp_path / "d.npz"), "y"
    else:
        file = table(tmp_path, {"y": values, "z": [0, 1, 0, 1]})
        target = "y" if kind == "column" else ("y", "z")
    with pytest.raises(InputError, match=said):
        loaded(file, target)


@pytest.mark.parametrize("values", [[0, 1, 1, 0], [1, 2, 2, 1], [-1, 1, 1, -1]])
def test_two_whole_numbers_are_classes_still(tmp_path, values):
    target = loaded(table(tmp_path, {"y": values}), "y").targets["out"]
    assert not target.soft and len(target.classes) == 2


def test_soft_targets_are_saved(tmp_path):
    file = table(tmp_path, {"y": RATINGS})
    kept = Preprocessing.from_json(loaded(file, "y").preprocessing.to_json())
    only_ends, _ = kept.apply(table(tmp_path, {"y": [0, 1, 1]}, "e.csv"), with_targets=True)
    np.testing.assert_array_equal(only_ends.targets["out"], [[0], [1], [1]])


CONFIG = """
dataset: {{path: {file}, target: y, split: {{validation: 0, test: 0}}}}
layers: [{{Dense: {{units: 1, activation: {activation}, kernel_initializer: zeros}}}}]
loss: {loss}
metrics: [accuracy]
optimizer: {{sgd: {{learning_rate: 0.0}}}}
engine: {{dtype: float64}}
epochs: 1
"""


@pytest.mark.parametrize("activation, loss", [
    ("sigmoid", "binary_crossentropy"), ("linear", "{binary_crossentropy: {from_logits: true}}"),
])  # fmt: skip
def test_training_gives_keras_loss_accuracy_and_fractions(tmp_path, activation, loss):
    """Untrained, p is 0.5 everywhere: the loss is log 2, and p > 0.5 is false, which is correct for targets of 0."""
    file = table(tmp_path, {"y": RATINGS})
    config = CONFIG.format(file=file, activation=activation, loss=loss)
    events = []
    train(spec.loads(config), folder=tmp_path / "run", subscribers=[events.append])
    [metrics] = [event.metrics for event in events if type(event).__name__ == "EpochEnded"]
    assert metrics["loss"] == pytest.approx(math.log(2), rel=1e-6)
    assert metrics["accuracy"] == pytest.approx(1 / 8)
    columns = load(tmp_path / "run").predictions(file).columns
    assert list(columns) == ["y"]
    np.testing.assert_allclose(columns["y"], 0.5)


def test_a_margin_loss_takes_no_fractions(tmp_path):
    config = CONFIG.format(file=table(tmp_path, {"y": RATINGS}), activation="linear", loss="hinge")
    with pytest.raises(InputError, match="hinge expects targets of 0 and 1"):
        train(spec.loads(config), folder=tmp_path / "run")


@pytest.mark.parametrize("logits", [False, True])
def test_auc_counts_a_fraction_as_part_of_a_positive(logits):
    """A row of 0.25 is a quarter of a positive row and three quarters of a negative one."""
    y, p = np.array([[0.25], [1.0], [0.0], [0.6]]), np.array([[0.2], [0.9], [0.1], [0.6]])
    metric = metrics.build("auc").for_output("binary", (1,), logits)
    state = metric.start()
    metric.update(state, y, p)
    above = np.greater.outer(p[:, 0], p[:, 0]) + 0.5 * np.equal.outer(p[:, 0], p[:, 0])
    by_pairs = (np.outer(y, 1 - y) * above).sum() / (y.sum() * (1 - y).sum())
    assert metric.result(state) == pytest.approx(by_pairs, abs=1e-9)
