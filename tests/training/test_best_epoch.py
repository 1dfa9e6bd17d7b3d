"""Which epoch is the best: the direction of what is monitored, and metrics that are NaN or infinite."""

import io
import json
import math
from pathlib import Path

import numpy as np
import pytest

from nnctl import config as spec
from nnctl.api import load
from nnctl.reports.run_report import PlainReport
from nnctl.reports.shown_epochs import ShownEpochs
from nnctl.reports.terminal import Terminal
from nnctl.training import runner
from nnctl.training.callbacks import callbacks
from nnctl.training.events import EpochEnded, RunEnded, RunStarted, Said
from nnctl.training.model import Model

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NumPy's, of numbers that are too large
INF, NAN = math.inf, math.nan
CLASSES = "dataset: iris\nlayers: [{Dense: {units: 3, activation: softmax}}]\nloss: sparse_categorical_crossentropy\n"
NUMBERS = "dataset: diabetes\nlayers: [{Dense: {units: 1}}]\nloss: mse\n"
TWO = """
dataset: {path: DATA, target: {kind: y, size: z}, split: {validation: 0.5, test: 0}}
inputs: {x: {}}
layers:
  - Dense: {units: 1, activation: sigmoid, name: kind, from: x}
  - Dense: {units: 1, name: size, from: x}
outputs: [kind, size]
loss: {kind: binary_crossentropy, size: mse}
"""


def built(text, tmp_path):
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "d.npz", x=rng.normal(size=(20, 2)), y=np.arange(20) % 2, z=rng.normal(size=20))
    config = spec.loads(text.replace("DATA", f"{tmp_path}/d.npz"))
    data = runner.load_data(config)
    return Model.build(config, data.input_shapes, data.targets)


@pytest.mark.parametrize(
    ("text", "directions"),
    [
        (CLASSES + "metrics: [accuracy, accuracy, auc, auc, auc]\nweighted_metrics: [auc, scce]\n",
         {"loss": 0, "accuracy": 1, "accuracy_1": 1, "auc": 1, "auc_1": 1, "auc_2": 1, "weighted_auc": 1,
          "sparse_categorical_crossentropy": 0}),
        (NUMBERS + "metrics: [mae, mae, r2, r2, rmse, rmse, cosine_similarity]\n",
         {"loss": 0, "mae": 0, "mae_1": 0, "r2_score": 1, "r2_score_1": 1, "rmse": 0, "rmse_1": 0,
          "cosine_similarity": 1}),
        (TWO + "metrics: {kind: [auc, {auc: {curve: PR}}, binary_crossentropy], size: [mae, r2, r2]}\n",
         {"loss": 0, "kind_loss": 0, "size_loss": 0, "kind_auc": 1, "kind_auc_1": 1, "kind_binary_crossentropy": 0,
          "size_mae": 0, "size_r2_score": 1, "size_r2_score_1": 1}),
        # names that end in a metric's: the direction is the metric's, not the word's
        (TWO.replace("kind", "auc").replace("size", "accuracy") + "metrics: {auc: [mae, auc], accuracy: [mae, mae]}\n",
         {"auc_loss": 0, "accuracy_loss": 0, "auc_mae": 0, "auc_auc": 1, "accuracy_mae": 0, "accuracy_mae_1": 0}),
        (TWO.replace("kind", "val_kind") + "metrics: {val_kind: [auc]}\n", {"val_kind_loss": 0, "val_kind_auc": 1}),
    ],
    ids=["classes", "numbers", "two outputs", "outputs called like metrics", "an output called val_"],
)  # fmt: skip
def test_every_metric_keeps_its_direction(tmp_path, text, directions):
    model = built(text, tmp_path)
    for name, bigger in directions.items():
        for monitor in (name, f"val_{name}"):
            assert name in model.metric_names
            assert model.bigger_is_better(monitor) == bool(bigger), monitor
            for kind in ("EarlyStopping", "ReduceLROnPlateau", "ModelCheckpoint"):
                auto = callbacks.build({kind: {"monitor": monitor}}).directed(model.bigger_is_better)
                assert auto.mode == ("max" if bigger else "min")
                assert auto.better(2.0, 1.0) == bool(bigger)
                assert auto.better(1.0, 2.0) != bool(bigger)
                other = callbacks.build({kind: {"monitor": monitor, "mode": "min" if bigger else "max"}})
                assert other.directed(model.bigger_is_better) == other  # the config's word goes first


@pytest.mark.parametrize("monitor", ["val_auc", "val_auc_1"])
def test_the_largest_auc_is_restored_and_starred(tmp_path, monitor):
    rng = np.random.default_rng(0)
    x = rng.normal(size=80)
    np.savez(tmp_path / "d.npz", x=x[:, None], y=(x + rng.normal(size=80) > 0).astype(int))
    text = f"""
    dataset: {{path: {tmp_path}/d.npz, split: {{validation: 0.5, test: 0, order: keep}}}}
    layers: [{{Dense: {{units: 1, activation: sigmoid, kernel_initializer: {{constant: {{value: -1}}}}}}}}]
    loss: binary_crossentropy
    metrics: [auc, {{auc: {{curve: PR}}}}]
    callbacks:
      - EarlyStopping: {{monitor: {monitor}, patience: 9, restore_best_weights: true}}
      - ModelCheckpoint: {{monitor: {monitor}}}
    optimizer: {{sgd: {{learning_rate: 1.0}}}}
    epochs: 6
    batch_size: all
    """
    events = []
    runner.train(spec.loads(text), folder=tmp_path / "run", subscribers=[events.append])
    values = [event.metrics[monitor] for event in events if isinstance(event, EpochEnded)]
    best = values.index(max(values)) + 1
    assert best > 1
    assert [e.bigger_is_better for e in events if isinstance(e, RunStarted)] == [True]
    assert [e.best_epoch for e in events if isinstance(e, RunEnded)] == [best]
    assert any(f"the weights of epoch {best}, the best" in e.text for e in events if isinstance(e, Said))


class Run:
    """A stand-in for the loop, whose snapshots are the epoch's number."""

    rate_scale, learning_rate = 1.0, 0.1

    def __init__(self):
        self.said, self.restored, self.stopped, self.epoch = [], None, None, 0

    def stop(self, reason):
        self.stopped = self.epoch

    def say(self, text):
        self.said.append(text)

    def snapshot(self):
        return {"parameters": self.epoch}

    def restore(self, weights):
        self.restored = weights["parameters"]


def watched(config, values):
    """The run after a callback was given these values of val_loss, epoch by epoch, and the callback's state."""
    callback = callbacks.build(config).directed(lambda name: False)
    run, state = Run(), callback.start()
    for run.epoch, value in enumerate(values, start=1):
        callback.epoch_ended(state, run, run.epoch, {"val_loss": value})
        if run.stopped:
            break
    callback.run_ended(state, run)
    return run, state


@pytest.mark.parametrize(
    ("values", "restored"),
    [
        ([3, 2, 1], 3),
        ([NAN, 2, 3], 2),
        ([NAN, NAN, 3], 3),
        ([2, NAN, 3], 1),
        ([2, NAN, 1], 3),
        ([-INF, 2, 3], 2),
        ([2, -INF, 3], 1),
        ([INF, INF, 3], 3),
        ([NAN, NAN, NAN], None),
        ([NAN, INF], None),
    ],
)
def test_early_stopping_restores_no_epoch_without_a_number(values, restored):
    run, state = watched({"EarlyStopping": {"restore_best_weights": True, "patience": 9}}, values)
    assert run.restored == restored
    assert state["best"] == (None if restored is None else values[restored - 1])
    none = "no weights are restored: val_loss was never finite in an epoch that EarlyStopping watched"
    assert run.said == [f"the weights of epoch {restored}, the best, are restored" if restored else none]


@pytest.mark.parametrize(
    ("values", "stopped", "said"),
    [
        ([2, NAN, NAN, NAN], 3, "early stopping: val_loss has not improved since epoch 1"),
        ([NAN, NAN, NAN], 2, "early stopping: val_loss was never finite"),
        ([NAN, 1, NAN, NAN], 4, "early stopping: val_loss has not improved since epoch 2"),
    ],
)
def test_nan_counts_as_an_epoch_without_improvement(values, stopped, said):
    run, _ = watched({"EarlyStopping": {"patience": 2}}, values)
    assert (run.stopped, run.said) == (stopped, [said])


def test_a_plateau_of_nan_lowers_the_rate_and_its_end_is_an_improvement():
    run, state = watched({"ReduceLROnPlateau": {"patience": 2, "factor": 0.5}}, [NAN, NAN, 5, 4])
    assert (run.rate_scale, state["best"], state["wait"]) == (0.5, 4, 0)


HUGE = """
dataset: {path: DATA, split: {validation: 0.5, test: 0, order: keep}, normalize: none}
layers: [{Dense: {units: 3, activation: softmax, kernel_initializer: ones}}]
loss: sparse_categorical_crossentropy
metrics: [accuracy, auc]
epochs: 3
"""


def huge(tmp_path, more="", rows=(11, 14)):
    """Events of a run of 10 training and 10 validation rows; `rows` (numbers from 0) are too large for float32."""
    x = np.ones((20, 2), np.float32)
    x[list(rows)] = 3e38  # the sum is infinite, and softmax of infinite numbers is NaN
    np.savez(tmp_path / "d.npz", x=x, y=np.arange(20) % 3)
    events = []
    runner.train(spec.loads((HUGE + more).replace("DATA", f"{tmp_path}/d.npz")), folder=tmp_path / "run",
                 subscribers=[events.append])  # fmt: skip
    return events


@pytest.mark.parametrize("monitor", ["val_loss", "val_accuracy", "val_auc"])
def test_nan_in_validation_has_one_note_and_is_never_the_best(tmp_path, monitor):
    events = huge(tmp_path, f"callbacks: [{{ModelCheckpoint: {{monitor: {monitor}}}}}]\n")
    metrics = [event.metrics for event in events if isinstance(event, EpochEnded)]
    assert len(metrics) == 3
    for each in metrics:
        assert all(math.isnan(each[f"val_{name}"]) for name in ("loss", "accuracy", "auc"))
        assert all(math.isfinite(each[name]) for name in ("loss", "accuracy", "auc"))
    [said] = [event.text for event in events if isinstance(event, Said)]
    assert said == (
        "epoch 1: val_loss, val_accuracy and val_auc are NaN: the model's predictions for 2 of 10 validation rows are"
        f" not finite (rows 12, 15). An epoch in which {monitor} is not finite is never the best"
    )
    assert events[-1].best_epoch is None
    lines = (tmp_path / "run" / "events.jsonl").read_text().splitlines()
    kept = [json.loads(line, parse_constant=pytest.fail) for line in lines]  # JSON has no NaN, so it is null
    assert [line["metrics"]["val_loss"] for line in kept if line["event"] == "EpochEnded"] == [None] * 3
    assert not (tmp_path / "run" / "checkpoints" / "best").exists()


def test_eval_has_the_note_too(tmp_path):
    huge(tmp_path)
    found = load(tmp_path / "run").evaluation(split="validation")
    assert math.isnan(found.metrics["accuracy"])
    assert found.notes[-1].startswith(
        "loss, accuracy and auc are NaN: the model's predictions for 2 of 10 validation rows"
    )
    assert not any("NaN" in note for note in load(tmp_path / "run").evaluation(split="train").notes)


def test_an_epoch_that_is_nan_first_is_not_the_best_later(tmp_path, monkeypatch):
    """val_loss: NaN, 2, 1.5, -infinity, 3; the best is the third, for the loop, for EarlyStopping and in the table."""
    values = iter([NAN, 2.0, 1.5, -INF, 3.0])
    true = Model.compute_metrics

    def compute_metrics(self, split, keep=lambda result: None):
        return {**true(self, split, keep), "loss": next(values)}

    monkeypatch.setattr(Model, "compute_metrics", compute_metrics)
    text = CLASSES + "epochs: 5\ncallbacks: [{EarlyStopping: {patience: 9, restore_best_weights: true}}]\n"
    events = []
    text = text.replace("iris", "{name: iris, split: {validation: 0.2, test: 0}}")
    runner.train(spec.loads(text), folder=tmp_path / "run", subscribers=[events.append])
    said = [event.text for event in events if isinstance(event, Said)]
    assert said[0].startswith("epoch 1: val_loss is NaN. ")
    assert said[1:] == ["the weights of epoch 3, the best, are restored"]
    assert events[-1].best_epoch == 3


def test_the_table_stars_no_epoch_without_a_number():
    epochs = ShownEpochs(RunStarted("run", Path(), 4, 1, 1, {}, 1, ("loss",)))
    for epoch, value in enumerate([NAN, INF, -INF], start=1):
        epochs.take(EpochEnded(epoch, {"loss": 1.0, "val_loss": value}, 0.1, 1.0))
        assert epochs.best is None
    epochs.take(EpochEnded(4, {"loss": 1.0, "val_loss": 7.0}, 0.1, 1.0))
    assert epochs.best.epoch == 4


def resumed(tmp_path, rate):
    """The lines of epochs and the last event of a run of two epochs that is resumed for two more."""
    text = CLASSES + f"optimizer: {{sgd: {{learning_rate: {rate}}}}}\nepochs: 2\nbatch_size: all\n"
    runner.train(
        spec.loads(text.replace("iris", "{name: iris, split: {validation: 0.2, test: 0}}")), folder=tmp_path / "run"
    )
    terminal, events = Terminal(io.StringIO(), live=False, color=False, unicode=True, width=None), []
    runner.resume(tmp_path / "run", overrides=["epochs=4"], subscribers=[PlainReport(terminal), events.append])
    rows = [line[:8].strip() for line in terminal.stream.getvalue().splitlines()]
    at = rows.index("baseline")
    return rows[at + 1 : rows.index("", at)], events


@pytest.mark.parametrize(
    ("rate", "labels", "best"),
    [
        (0.5, ["best 2", "* 3", "* 4"], 4),
        (-0.5, ["best 1", "3", "4"], 1),  # every step makes it worse
    ],
)
def test_the_resumed_table_knows_the_best_so_far(tmp_path, monkeypatch, rate, labels, best):
    if rate < 0:  # no config can set this
        true = Model.compute_metrics
        values = iter([1.0, 2.0, 3.0, 4.0])
        monkeypatch.setattr(Model, "compute_metrics", lambda *given: {**true(*given), "loss": next(values)})
    rows, events = resumed(tmp_path, abs(rate))
    assert rows == labels
    assert events[0].best_so_far.epoch == int(labels[0][-1])
    assert events[-1].best_epoch == best


def test_nan_of_the_test_split_has_a_note(tmp_path):
    x = np.ones((20, 2), np.float32)
    x[17] = 3e38
    np.savez(tmp_path / "d.npz", x=x, y=np.arange(20) % 3)
    text = HUGE.replace("validation: 0.5, test: 0,", "validation: 0.2, test: 0.4,").replace("DATA", f"{tmp_path}/d.npz")
    events = []
    runner.train(spec.loads(text), folder=tmp_path / "run", subscribers=[events.append])
    [said] = [event.text for event in events if isinstance(event, Said)]
    assert (
        said
        == "test: loss, accuracy and auc are NaN: the model's predictions for 1 of 8 test rows are not finite (row 18)"
    )


def test_nan_of_one_output_leaves_the_other_s_metrics(tmp_path):
    x = np.ones((20, 2), np.float32)
    x[12] = 3e38
    np.savez(tmp_path / "d.npz", wide=x, narrow=np.ones((20, 2), np.float32), y=np.arange(20) % 3, z=np.arange(20) % 3)
    unit = "units: 3, activation: softmax, kernel_initializer: ones"
    text = f"""
    dataset:
      {{path: {tmp_path}/d.npz, target: {{bad: y, good: z}}, split: {{validation: 0.5, test: 0, order: keep}}}}
    inputs: {{wide: {{}}, narrow: {{}}}}
    layers: [{{Dense: {{{unit}, name: bad, from: wide}}}}, {{Dense: {{{unit}, name: good, from: narrow}}}}]
    outputs: [bad, good]
    loss: sparse_categorical_crossentropy
    callbacks: [{{ModelCheckpoint: {{monitor: val_good_accuracy}}}}]
    """
    events = []
    runner.train(spec.loads(text), folder=tmp_path / "run", subscribers=[events.append])
    [metrics] = [event.metrics for event in events if isinstance(event, EpochEnded)]
    lost = {name for name, value in metrics.items() if math.isnan(value)}
    assert lost == {"val_loss", "val_bad_loss", "val_bad_accuracy"}
    assert events[-1].best_epoch == 1  # by the metric that is a number
