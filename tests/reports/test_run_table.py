"""The rows of a training run: aligned, in any width, as many as a reader takes."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnctl.reports.run_table import Epochs, RunTable
from nnctl.training.events import EpochEnded, RunStarted


def started(figures=("loss", "accuracy"), epochs=20, validates=True, first=1):
    rows = {"train": 90, "validation": 30} if validates else {"train": 90}
    return RunStarted("iris", Path("runs/iris"), epochs, 16, 6, rows, 131, figures, first_epoch=first)


def ended(epoch, loss, **more):
    return EpochEnded(epoch, {"loss": loss, "val_loss": loss, **more}, 0.001, 0.02)


def test_training_and_validation_stand_beside_each_other():
    table = RunTable(started())
    row = table.epoch(
        EpochEnded(3, {"loss": 0.5, "accuracy": 0.75, "val_loss": 0.625, "val_accuracy": 1.0}, 0.001, 2.0)
    )
    assert table.header() == [
        "          ─── training ────  ── validation ───",
        "   epoch     loss  accuracy     loss  accuracy       lr       time",
    ]
    assert row == "       3   0.5000    0.7500   0.6250    1.0000    0.001      2.0 s"
    assert table.baseline({"accuracy": 0.5, "loss": 1.0}) == "baseline                      1.0000    0.5000"


def test_without_validation_the_baseline_stands_under_the_only_figures():
    table = RunTable(started(validates=False))
    assert len(table.header()) == 1
    assert table.baseline({"loss": 1.0, "accuracy": 0.5}) == "baseline   1.0000    0.5000"


NAMES = ("loss", "kind_loss", "price_loss", "kind_sparse_categorical_accuracy", "kind_f1_score", "price_mae")


@given(st.integers(1, 6), st.integers(24, 200), st.booleans())
def test_columns_are_aligned_and_the_losses_stay_whatever_the_width(figures, width, validates):
    table = RunTable(started(NAMES[:figures], validates=validates), width)
    keys = [column.key for column in table.columns]
    assert "loss" in keys and ("val_loss" in keys) == validates
    row = table.epoch(ended(7, 0.25, **dict.fromkeys(NAMES[1:], 0.5), **{f"val_{name}": 0.5 for name in NAMES[1:]}))
    ends = [match.end() for match in re.finditer(r"\S+(?: m?s)?", row)]
    titles = [match.end() for match in re.finditer(r"\S+", table.header()[-1])]
    assert ends == titles
    assert max(map(len, [row, *table.header()])) <= width


def test_time_and_rate_go_before_any_figure():
    full = [column.key for column in RunTable(started()).columns]
    for width in range(120, 30, -1):
        keys = [column.key for column in RunTable(started(), width).columns]
        assert [key for key in full if key in keys] == keys
        if "accuracy" not in keys:
            assert "rate" not in keys and "seconds" not in keys


@pytest.mark.parametrize(("epochs", "every"), [(1, 1), (30, 1), (31, 2), (60, 2), (100, 5), (1000, 50), (10**6, 50000)])
def test_a_long_run_shows_every_so_many_epochs(epochs, every):
    assert Epochs(started(epochs=epochs)).every == every
    assert Epochs(started(epochs=epochs), every_epoch=True).every == 1


def test_a_resumed_run_counts_the_epochs_still_to_go():
    assert Epochs(started(epochs=1000, first=980)).every == 1


@given(st.lists(st.floats(0, 10) | st.just(float("nan")), min_size=1, max_size=120), st.integers(1, 200))
def test_first_last_and_best_epoch_always_get_one_row(losses, planned):
    epochs = Epochs(started(epochs=planned))
    shown = [event.epoch for number, loss in enumerate(losses, start=1) if epochs.take(event := ended(number, loss))]
    shown += [event.epoch for event in epochs.left_over()]
    assert {1, len(losses)} <= set(shown) and len(shown) == len(set(shown))
    numbers = [loss for loss in losses if loss == loss]
    if numbers:
        assert losses.index(min(numbers)) + 1 in shown
    assert epochs.left_over() == []


def test_the_best_is_by_validation_loss_where_there_is_one():
    epochs = Epochs(started())
    epochs.take(EpochEnded(1, {"loss": 0.5, "val_loss": 0.4}, 0.1, 1))
    epochs.take(EpochEnded(2, {"loss": 0.3, "val_loss": 0.6}, 0.1, 1))
    assert epochs.best.epoch == 1


def test_the_best_is_by_the_figure_the_run_monitors():
    epochs = Epochs(replace(started(), monitor="val_accuracy", bigger_is_better=True))
    for epoch, accuracy in enumerate((0.5, 0.9, float("nan"), 0.9, 0.7), start=1):
        epochs.take(ended(epoch, 1 / epoch, val_accuracy=accuracy))
    assert epochs.best.epoch == 2
