"""Metrics of a scaled target are in the target's own unit, in training, validation, test, eval and the baseline; the
loss is of the scaled target."""

import csv
import io

import numpy as np
import pytest

from nnctl import config
from nnctl.api import load
from nnctl.data.preprocessing.targets import TargetCoder
from nnctl.reports.evaluation import show
from nnctl.reports.run_report import PlainReport
from nnctl.reports.terminal import Terminal
from nnctl.training import dry_run, runner
from nnctl.training.events import EpochEnded, RunEnded, RunStarted

ROWS = 60
METRICS = ["mae", "mse", "rmse", "r2_score", "mape", "huber", "log_cosh"]


def by_hand(y, p):
    """Keras' formulas on numbers in the data's unit: (rows, columns) each."""
    error = y - p
    squares = ((y - y.mean(0)) ** 2).sum(0)
    return {
        "mae": np.abs(error).mean(),
        "mse": (error**2).mean(),
        "rmse": np.sqrt((error**2).mean()),
        "r2_score": (1 - (error**2).sum(0) / squares).mean(),
        "mape": 100 * (np.abs(error) / np.abs(y)).mean(),
        "huber": np.where(np.abs(error) <= 1, error**2 / 2, np.abs(error) - 0.5).mean(),
        "log_cosh": (np.abs(error) + np.log1p(np.exp(-2 * np.abs(error))) - np.log(2)).mean(),
    }


def written(tmp_path, columns):
    """The rows as a file: x, then the target's columns; targets far from 0 and 1."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=ROWS)
    everything = {
        "price": 200_000 + 50_000 * x + rng.normal(0, 9_000, ROWS),
        "days": 40 + 3 * x + rng.normal(0, 2, ROWS),
    }
    y = np.stack([everything[name] for name in columns], axis=1).round(2)
    with open(tmp_path / "d.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["x", *columns], *np.column_stack([x, y]).tolist()])
    return y


@pytest.mark.parametrize("chain", ["", "engine: {fuse: [convolution]}\n"], ids=["many steps at once", "step by step"])
@pytest.mark.parametrize(
    ("columns", "normalize"),
    [
        (["price"], "{price: standard}"),
        (["price"], "{price: minmax}"),
        (["days", "price"], "{days: minmax, price: standard}"),
        (["days", "price"], "{price: standard}"),
        (["days"], "{x: standard}"),
    ],
    ids=str,
)
def test_metrics_are_in_the_data_s_unit(tmp_path, columns, normalize, chain):
    y = written(tmp_path, columns)
    text = f"""
    dataset:
      {{path: {tmp_path}/d.csv, target: [{", ".join(columns)}], normalize: {normalize},
       split: {{validation: 0.25, test: 0.2, order: keep}}}}
    layers: [{{Dense: {{units: {len(columns)}}}}}]
    loss: mse
    metrics: [{", ".join(METRICS)}]
    optimizer: {{sgd: {{learning_rate: 0}}}}
    batch_size: 8
    """
    events = []
    runner.train(config.loads(text + chain), folder=tmp_path / "run", subscribers=[events.append])
    found = {type(event): event for event in events}
    predicted = load(tmp_path / "run").predictions(str(tmp_path / "d.csv")).columns
    p = np.stack([np.asarray(predicted[name], float) for name in columns], axis=1)
    last = ROWS - found[RunStarted].rows["test"]
    middle = last - found[RunStarted].rows["validation"]
    rows = {"train": slice(0, middle), "validation": slice(middle, last), "test": slice(last, ROWS)}
    told = {"train": found[EpochEnded].metrics, "test": found[RunEnded].test,
            "validation": {name: found[EpochEnded].metrics[f"val_{name}"] for name in ("loss", *METRICS)}}  # fmt: skip
    for split, chosen in rows.items():
        wanted = by_hand(y[chosen], p[chosen])
        for metrics in (told[split], load(tmp_path / "run").evaluation(split=split).metrics):
            assert {name: metrics[name] for name in METRICS} == pytest.approx(wanted, rel=1e-4), split
    # the loss is of what is learnt: (y - shift) / scale, fitted on the training rows
    train, shift, scale = y[rows["train"]], np.zeros(len(columns)), np.ones(len(columns))
    for i, name in enumerate(columns):
        if f"{name}: standard" in normalize:
            shift[i], scale[i] = train[:, i].mean(), train[:, i].std()
        elif f"{name}: minmax" in normalize:
            shift[i], scale[i] = train[:, i].min(), np.ptp(train[:, i])
    loss = (((y - p) / scale)[rows["validation"]] ** 2).mean()
    assert told["validation"]["loss"] == pytest.approx(loss, rel=1e-4)
    for split, chosen in rows.items():
        baseline = by_hand(y[chosen], np.broadcast_to(train.mean(0), y[chosen].shape))
        shown = {name: found[RunStarted].baselines[split][name] for name in METRICS}
        assert shown == pytest.approx(baseline, rel=1e-4, abs=1e-9), split


SCALED = """
dataset: {path: FILE, target: price, normalize: {price: standard}, split: {validation: 0.2, test: 0.2}}
layers: [{Dense: {units: 1}}]
loss: mse
"""


def piped():
    return Terminal(io.StringIO(), live=False, color=False, unicode=True, width=None)


NOTE = 'the loss is computed on the scaled target "price"; metrics are in the target\'s own unit'


def test_it_is_said_that_the_loss_is_scaled(tmp_path):
    written(tmp_path, ["price"])
    text = SCALED.replace("FILE", f"{tmp_path}/d.csv")
    terminal = piped()
    events = []
    report = PlainReport(terminal)
    runner.train(config.loads(text), folder=tmp_path / "run", subscribers=[events.append, report])
    assert NOTE in events[0].notes
    assert events[0].scaled == ("loss",)
    assert any(line.startswith("loss (scaled) ") for line in terminal.stream.getvalue().splitlines())
    found = load(tmp_path / "run").evaluation()
    assert NOTE in found.notes
    terminal = piped()
    show(found, terminal)
    assert any(line.startswith("loss (scaled) ") for line in terminal.stream.getvalue().splitlines())
    assert NOTE in dry_run.check(config.loads(text)).warnings


def test_nothing_is_said_where_nothing_is_scaled(tmp_path):
    written(tmp_path, ["days"])
    text = (
        SCALED.replace("FILE", f"{tmp_path}/d.csv").replace("price", "days").replace("{days: standard}", "{x: minmax}")
    )
    events = []
    runner.train(config.loads(text), folder=tmp_path / "run", subscribers=[events.append])
    assert events[0].scaled == ()
    assert not any("scaled target" in note for note in events[0].notes)


def test_of_two_outputs_the_scaled_one_is_named(tmp_path):
    y = written(tmp_path, ["days", "price"])
    text = f"""
    dataset:
      {{path: {tmp_path}/d.csv, target: {{soon: days, dear: price}}, normalize: {{price: standard}},
       split: {{validation: 0, test: 0}}}}
    inputs: {{x: {{}}}}
    layers: [{{Dense: {{units: 1, name: soon, from: x}}}}, {{Dense: {{units: 1, name: dear, from: x}}}}]
    outputs: [soon, dear]
    loss: mse
    metrics: [mae]
    """
    events = []
    runner.train(config.loads(text), folder=tmp_path / "run", subscribers=[events.append])
    assert events[0].scaled == ("loss", "dear_loss")
    assert any(note.startswith('dear_loss is computed on the scaled target "price"; ') for note in events[0].notes)
    found = load(tmp_path / "run").evaluation(split="train").metrics
    predicted = load(tmp_path / "run").predictions(str(tmp_path / "d.csv")).columns
    for name, column in (("soon", "days"), ("dear", "price")):
        truth = y[:, ["days", "price"].index(column)]
        assert found[f"{name}_mae"] == pytest.approx(
            np.abs(truth - np.asarray(predicted[column], float)).mean(), rel=1e-4
        )


@pytest.mark.parametrize("normalize", ["none", "standard"])
@pytest.mark.parametrize("kind", ["float", "bytes"])
def test_an_autoencoder_s_unit(tmp_path, kind, normalize):
    """An input that is the target too, and scaled as the input is, has its own unit."""
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (30, 4, 4)).astype(np.uint8) if kind == "bytes" else 50 + 9 * rng.normal(size=(30, 16))
    np.savez(tmp_path / "d.npz", x=x)
    text = f"""
    dataset: {{path: {tmp_path}/d.npz, target: x, normalize: {normalize}, split: {{validation: 0, test: 0}}}}
    layers:
      - Flatten
      - Dense: {{units: 16, kernel_initializer: zeros}}
      - Reshape: {{target_shape: {list(x.shape[1:])}}}
    loss: mse
    metrics: [mae]
    optimizer: {{sgd: {{learning_rate: 0}}}}
    """
    runner.train(config.loads(text), folder=tmp_path / "run")
    found = load(tmp_path / "run").evaluation(split="train").metrics
    middle = x.mean(axis=None if kind == "bytes" else 0) if normalize == "standard" else 0  # which 0 stands for
    assert found["mae"] == pytest.approx(np.abs(x - middle).mean(), rel=1e-4)


@pytest.mark.parametrize(
    ("shift", "scale", "own"),
    [((0.0,), (255.0,), ((0.0,), (1.0,), False)), ((102.0,), (51.0,), ((0.4,), (0.2,), True))],
    ids=["divided alone", "standardized"],
)
def test_the_unit_of_pixels_is_not_the_byte(shift, scale, own):
    """Pixels of images are numbers from 0 to 1, though predictions are written as the bytes that files hold."""
    target = TargetCoder("number", ("x",), (4, 4), shift=shift, scale=scale, divisor=255.0).target
    assert (target.shift, target.scale, target.scaled) == own
