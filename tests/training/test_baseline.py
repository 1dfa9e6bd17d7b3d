"""The baseline, computed by hand; and the first loss, which `check` shows."""

import numpy as np
import pytest

from nnctl import config
from nnctl.nn.losses import losses
from nnctl.training import dry_run, runner
from nnctl.training.baseline import baselines, perfect
from nnctl.training.events import IterationEnded, IterationsEnded
from nnctl.training.model import Model


def baseline_of(tmp_path, layers, loss, **arrays):
    """The baseline on the training split, the only one."""
    np.savez(tmp_path / "data.npz", **arrays)
    dataset = f"dataset: {{path: {tmp_path}/data.npz, split: {{validation: 0, test: 0}}}}"
    built = config.loads(f"{dataset}\nlayers: {layers}\nloss: {loss}\n")
    data = runner.load_data(built)
    with (model := Model.build(built, data.input_shapes, data.targets)).executor:
        return baselines(model, data)["train"]


def test_of_classes_is_their_frequency(tmp_path):
    y = np.array([0, 0, 0, 1, 2, 2, 0, 0])
    found = baseline_of(tmp_path, "[{Dense: {units: 3, activation: softmax}}]", "sparse_categorical_crossentropy",
                    x=np.ones((8, 2)), y=y)  # fmt: skip
    p = np.array([5, 1, 2]) / 8
    assert found["loss"] == pytest.approx(-(p * np.log(p)).sum(), rel=1e-5)
    assert found["accuracy"] == 5 / 8


def test_each_split_has_its_own(tmp_path):
    y = np.array([1.0, 3, 1, 3, 9, 2])  # the mean of the training rows is 2
    np.savez(tmp_path / "data.npz", x=np.ones((6, 1)), y=y)
    built = config.loads(
        f"dataset: {{path: {tmp_path}/data.npz, split: {{validation: 1/6, test: 1/6, order: keep}}}}\n"
        "layers: [{Dense: {units: 1}}]\nloss: mse\n".replace("1/6", str(1 / 6))
    )
    data = runner.load_data(built)
    with (model := Model.build(built, data.input_shapes, data.targets)).executor:
        found = baselines(model, data)
    assert {name: metrics["loss"] for name, metrics in found.items()} == {"train": 1, "validation": 49, "test": 0}


def test_a_large_training_split_is_seen_in_part(tmp_path, monkeypatch):
    monkeypatch.setattr("nnctl.training.baseline.MOST_ROWS", 3)
    monkeypatch.setattr("nnctl.training.baseline.FEWEST_ROWS", 2)
    found = baseline_of(tmp_path, "[{Dense: {units: 1}}]", "mse", x=np.ones((5, 2)), y=np.array([0, 9.0, 2, 1, 8]))
    assert found["loss"] == pytest.approx((16 + 4 + 16) / 3)  # of rows 1, 3 and 5; the mean is that of all


@pytest.mark.parametrize("loss", ["hinge", "squared_hinge"])
def test_of_margins_is_the_more_frequent_side(tmp_path, loss):
    found = baseline_of(tmp_path, "[{Dense: {units: 1}}]", loss, x=np.ones((5, 2)), y=np.array([1.0, 0, 0, 1, 0]))
    assert found["accuracy"] == 3 / 5
    assert found["loss"] == pytest.approx(2 / 5 * {"hinge": 2, "squared_hinge": 4}[loss])


def test_of_time_steps_leaves_padding_out(tmp_path):
    y = np.array([[0, 1, 0, 0], [1, 1, 0, 0], [1, 0, 1, 1]])
    layers = "[{LSTM: {units: 2, return_sequences: true}}, {Dense: {units: 2, activation: softmax}}]"
    arrays = {"x": np.ones((3, 4, 1)), "lengths": np.array([2, 2, 4]), "y": y}
    found = baseline_of(tmp_path, layers, "sparse_categorical_crossentropy", **arrays)
    p = np.array([2, 6]) / 8
    assert found["loss"] == pytest.approx(-(p * np.log(p)).sum(), rel=1e-5)
    assert found["accuracy"] == 6 / 8


def test_the_mean_of_numbers_at_time_steps_leaves_padding_out(tmp_path):
    y = np.array([[[4.0], [8], [0], [0]], [[6], [8], [3], [0]], [[8], [2], [0], [0]]])
    layers = "[{LSTM: {units: 2, return_sequences: true}}, {Dense: {units: 1}}]"
    found = baseline_of(tmp_path, layers, "mse", x=np.ones((3, 4, 1)), lengths=np.array([2, 3, 2]), y=y)
    means = [6, 6, 3]
    errors = [(value - mean) ** 2 for row, n in zip(y, (2, 3, 2), strict=True)
              for value, mean in zip(row[:n, 0], means, strict=False)]  # fmt: skip
    assert found["loss"] == pytest.approx(np.mean(errors), rel=1e-6)


@pytest.mark.parametrize("masking, runs", [("", 3), ("{Masking: {mask_value: 9.0}}, ", 5)])
def test_rows_with_the_same_numbers_of_time_steps_have_the_same_masks(masking, runs, tmp_path, monkeypatch):
    x, y = np.ones((5, 4, 1)), np.arange(20.0).reshape(5, 4, 1)
    x[3, 1] = 9  # padding only for a layer that looks at the values
    seen, predict = [], Model.predict
    monkeypatch.setattr(Model, "predict", lambda model, split: seen.append(split.rows) or predict(model, split))
    layers = f"[{masking}{{LSTM: {{units: 2, return_sequences: true}}}}, {{Dense: {{units: 1}}}}]"
    lengths = np.array([3, 1, 4, 3, 1])
    found = baseline_of(tmp_path, layers, "mse", x=x, lengths=lengths, y=y)
    real = np.arange(4) < lengths[:, None]
    means = (y[..., 0] * real).sum(axis=0) / real.sum(axis=0)
    counted = (x != 9)[..., 0] if masking else real  # Masking makes a mask of its own
    assert seen == [runs]
    assert found["loss"] == pytest.approx(((y[..., 0] - means) ** 2)[counted].mean(), rel=1e-6)


def test_outputs_that_are_as_many_as_time_steps_are_none(tmp_path):
    y = np.array([[1.0, 2], [3, 4], [5, 6]])
    arrays = {"x": np.ones((3, 2, 1)), "lengths": np.array([1, 2, 1]), "y": y}
    found = baseline_of(tmp_path, "[{LSTM: {units: 2}}, {Dense: {units: 2}}]", "mse", **arrays)
    assert found["loss"] == pytest.approx(np.var(y, axis=0).mean(), rel=1e-6)


@pytest.mark.parametrize("activation", ["softmax", "linear"])
def test_of_texts_is_nothing_read(tmp_path, activation):
    y, lengths = np.array([[1, 2, 0], [2, 2, 1], [1, 0, 0]]), np.array([9, 7, 9])
    layers = f"[{{LSTM: {{units: 2, return_sequences: true}}}}, {{Dense: {{units: 3, activation: {activation}}}}}]"
    found = baseline_of(tmp_path, layers, "ctc", x=np.ones((3, 9, 1)), lengths=lengths, y=y)
    p = np.array([27 - 6, 3, 3]) / 27
    each, _ = losses.build("ctc").forward(y, np.tile(np.log(p), (3, 9, 1)), lengths)
    assert found["loss"] == pytest.approx(each.mean(), rel=1e-5)
    assert found["label_error_rate"] == 1


def test_check_tells_the_loss_of_the_first_batch(tmp_path):
    text = "dataset: wine\nseed: 3\nlayers: [{Dense: {units: 3, activation: softmax}}]\n"
    built = config.loads(text + "loss: sparse_categorical_crossentropy\nbatch_size: 8\n")
    losses_seen = []

    def note(event):
        if isinstance(event, IterationsEnded):  # of several at once, where kernels are compiled
            losses_seen.extend(each.batch_loss for each in event.each())
        if isinstance(event, IterationEnded):
            losses_seen.append(event.batch_loss)

    runner.train(built, folder=tmp_path / "run", subscribers=[note])
    assert dry_run.check(built).first_loss == pytest.approx(losses_seen[0], rel=1e-6)


def test_the_usual_metric_of_texts(tmp_path):
    built = config.loads("dataset: digit_lines\nlayers: [{Dense: {units: 11}}]\nloss: ctc\n")
    [[metric]] = built.metrics.values()
    assert metric.kind == "label_error_rate"


NO_HIDDEN = "[{{Dense: {{units: {}, activation: {}}}}}]"
SHARES, COUNTS = np.array([0.1, 0.5, 0.8, 0.9]), np.array([1.0, 2, 3, 4])


@pytest.mark.parametrize(("layers", "loss", "y", "least"), [
    (NO_HIDDEN.format(1, "linear"), "mse", COUNTS, 0.0),
    (NO_HIDDEN.format(3, "softmax"), "sparse_categorical_crossentropy", np.array([0, 1, 2, 2]), 0.0),
    (NO_HIDDEN.format(3, "linear"), "{sparse_categorical_crossentropy: {from_logits: true}}", np.array([0, 1, 2, 2]),
     0.0),
    (NO_HIDDEN.format(1, "linear"), "hinge", np.array([0, 1, 1, 0]), 0.0),
    (NO_HIDDEN.format(1, "sigmoid"), "binary_crossentropy", SHARES,
     -np.mean(SHARES * np.log(SHARES) + (1 - SHARES) * np.log(1 - SHARES))),
    (NO_HIDDEN.format(1, "exponential"), "poisson", COUNTS, np.mean(COUNTS - COUNTS * np.log(COUNTS))),
    (NO_HIDDEN.format(2, "softmax"), "{sparse_categorical_crossentropy: {label_smoothing: 0.2}}",
     np.array([0, 1, 1, 0]), -0.9 * np.log(0.9) - 0.1 * np.log(0.1)),
])  # fmt: skip
def test_no_prediction_has_a_smaller_loss_than_the_targets_themselves(layers, loss, y, least, tmp_path):
    np.savez(tmp_path / "data.npz", x=np.ones((4, 2)), y=y)
    dataset = f"dataset: {{path: {tmp_path}/data.npz, split: {{validation: 0, test: 0}}}}"
    built = config.loads(f"{dataset}\nlayers: {layers}\nloss: {loss}\n")
    data = runner.load_data(built)
    with (model := Model.build(built, data.input_shapes, data.targets)).executor:
        found = perfect(model, data.train, {})
        assert found.get("loss", 0.0) == pytest.approx(least, abs=1e-5)
        assert found.get("loss", 0.0) < baselines(model, data)["train"]["loss"]
