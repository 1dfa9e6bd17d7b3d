"""The rows of a training run: aligned, for any width, and not too many."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnctl.reports.run_table import RunTable
from nnctl.reports.shown_epochs import ShownEpochs
from nnctl.training.events import EpochEnded, RunStarted


def started(metrics=("loss", "accuracy"), epochs=20, validates=True, first=1):
    rows = {"train": 90, "validation": 30} if validates else {"train": 90}
    return RunStarted("iris", Path("runs/iris"), epochs, 16, 6, rows, 131, metrics, first_epoch=first)


def ended(epoch, loss, **more):
    return EpochEnded(epoch, {"loss": loss, "val_loss": loss, **more}, 0.001, 0.02)


def test_training_and_validation_are_side_by_side():
    event = EpochEnded(3, {"loss": 0.5, "accuracy": 0.75, "val_loss": 0.625, "val_accuracy": 1.0}, 0.001, 2.0)
    table = RunTable(started(), first=event)
    row = table.epoch(event)
    assert table.header() == [
        "          ─── training ────  ── validation ───",
        "   epoch     loss  accuracy     loss  accuracy        lr   time (s)",
    ]
    assert row == "       3   0.5000    0.7500   0.6250    1.0000     0.001        2.0"
    assert table.baseline({"accuracy": 0.5, "loss": 1.0}) == "baseline                      1.0000    0.5000"


def test_without_validation_the_baseline_is_in_the_training_columns():
    table = RunTable(started(validates=False))
    assert len(table.header()) == 1
    assert table.baseline({"loss": 1.0, "accuracy": 0.5}) == "baseline   1.0000    0.5000"


NAMES = ("loss", "kind_loss", "price_loss", "kind_sparse_categorical_accuracy", "kind_f1_score", "price_mae")


@given(st.integers(1, 6), st.integers(24, 200), st.booleans())
def test_columns_are_aligned_and_the_losses_are_always_shown(metrics, width, validates):
    table = RunTable(started(NAMES[:metrics], validates=validates), width)
    keys = [column.key for column in table.columns]
    assert "loss" in keys and ("val_loss" in keys) == validates
    row = table.epoch(ended(7, 0.25, **dict.fromkeys(NAMES[1:], 0.5), **{f"val_{name}": 0.5 for name in NAMES[1:]}))
    ends = [match.end() for match in re.finditer(r"\S+(?: m?s)?", row)]
    titles = [match.end() for match in re.finditer(r"\S+", table.header()[-1])]
    assert ends == titles
    assert max(map(len, [row, *table.header()])) <= width


def test_time_and_rate_are_hidden_before_any_metric():
    full = [column.key for column in RunTable(started()).columns]
    for width in range(120, 30, -1):
        keys = [column.key for column in RunTable(started(), width).columns]
        assert [key for key in full if key in keys] == keys
        if "accuracy" not in keys:
            assert "rate" not in keys and "seconds" not in keys


@pytest.mark.parametrize(("epochs", "every"), [(1, 1), (30, 1), (31, 2), (60, 2), (100, 5), (1000, 50), (10**6, 50000)])
def test_a_long_run_shows_every_kth_epoch(epochs, every):
    assert ShownEpochs(started(epochs=epochs)).every == every
    assert ShownEpochs(started(epochs=epochs), every_epoch=True).every == 1


def test_a_resumed_run_counts_the_remaining_epochs():
    assert ShownEpochs(started(epochs=1000, first=980)).every == 1


@given(st.lists(st.floats(0, 10) | st.just(float("nan")), min_size=1, max_size=120), st.integers(1, 200))
def test_first_last_and_best_epoch_always_get_one_row(losses, planned):
    epochs = ShownEpochs(started(epochs=planned))
    shown = [event.epoch for number, loss in enumerate(losses, start=1) if epochs.take(event := ended(number, loss))]
    shown += [event.epoch for event in epochs.left_over()]
    assert {1, len(losses)} <= set(shown) and len(shown) == len(set(shown))
    numbers = [loss for loss in losses if loss == loss]
    if numbers:
        assert losses.index(min(numbers)) + 1 in shown
    assert epochs.left_over() == []


def test_the_best_epoch_has_the_least_validation_loss():
    epochs = ShownEpochs(started())
    epochs.take(EpochEnded(1, {"loss": 0.5, "val_loss": 0.4}, 0.1, 1))
    epochs.take(EpochEnded(2, {"loss": 0.3, "val_loss": 0.6}, 0.1, 1))
    assert epochs.best.epoch == 1


def test_the_best_epoch_is_chosen_by_the_monitored_metric():
    epochs = ShownEpochs(replace(started(), monitor="val_accuracy", bigger_is_better=True))
    for epoch, accuracy in enumerate((0.5, 0.9, float("nan"), 0.9, 0.7), start=1):
        epochs.take(ended(epoch, 1 / epoch, val_accuracy=accuracy))
    assert epochs.best.epoch == 2


@pytest.mark.parametrize(
    ("first", "title", "times"),
    [
        (0.0073, "time (ms)", {0.0073: "7.3", 0.00042: "0.4", 0.12: "120.0", 2.5: "2500.0"}),
        (0.25, "time (ms)", {0.25: "250", 0.0073: "7", 12.5: "12500"}),
        (
            3.25,
            "time (s)",
            {3.25: "3.2", 61.04: "61.0", 0.26: "0.3", 0.0019: "0.0019", 0.0206: "0.021", 0: "0", 4000: "4000.0"},
        ),
        (1800, "time (min)", {1800: "30.0", 45: "0.8"}),
        (54000, "time (h)", {54000: "15.00", 3600: "1.00"}),
    ],
)
def test_the_time_keeps_the_unit_of_the_first_epoch(first, title, times):
    table = RunTable(started(), first=EpochEnded(1, {"loss": 1.0}, 0.1, first))
    assert table.header()[-1].endswith(title)
    for seconds, text in times.items():
        row = table.epoch(EpochEnded(2, {"loss": 1.0}, 0.1, seconds))
        assert row.split()[-1] == text and len(row) == len(table.header()[-1])


@pytest.mark.parametrize(
    ("first", "shown"),
    [
        (2.3, {2.3: "2.3000", 0.0312: "0.0312", 0.0: "0.0000", 12.34567: "12.3457"}),
        (2.3, {0.0000123: "1.2e-05", 0.00049: "4.9e-04", 0.0005: "0.0005", 1234.5: "1.2e+03"}),
        (123.4, {123.4: "123.400", 0.5: "0.500", 0.002: "2.0e-03", -7.25: "-7.250"}),
        (2890.5, {2890.5: "2890.50", 31.25: "31.25", 0.03: "3.0e-02", float("nan"): "nan"}),
        (123456.7, {123456.7: "123456.70", 1.5: "1.50", 0.0000123: "1.230e-05", float("inf"): "inf"}),
        (3.2e9, {3.2e9: "3.2e+09", 12345.6: "12346"}),
    ],
)
def test_a_metric_keeps_its_decimals_and_what_does_not_fit_is_scientific(first, shown):
    run = started(("loss",), validates=False)
    table = RunTable(run, first=EpochEnded(1, {"loss": first}, 0.1, 1))
    for value, text in shown.items():
        row = table.epoch(EpochEnded(2, {"loss": value}, 0.1, 1))
        assert row.split()[1] == text and len(row) == len(table.header()[0])


def test_training_validation_and_baseline_have_the_same_decimals():
    run = replace(started(), baselines={"validation": {"loss": 4000.0, "accuracy": 0.5}})
    first = EpochEnded(1, {"loss": 0.5, "accuracy": 0.5, "val_loss": 0.75, "val_accuracy": 0.5}, 0.001, 1)
    table = RunTable(run, first=first)
    assert table.baseline(run.baseline).split() == ["baseline", "4000.00", "0.5000"]
    assert table.epoch(first).split()[1:5] == ["0.50", "0.5000", "0.75", "0.5000"]


@pytest.mark.parametrize("rate", [0.001, 0.000123456, 3e-05, 1.23456e-07, 0.5, 1.0])
def test_learning_rates_fit_their_column(rate):
    table = RunTable(started(), first=ended(1, 0.5))
    assert len(table.epoch(EpochEnded(2, {"loss": 1.0}, rate, 0.02))) == len(table.header()[-1])


def test_slow_epochs_get_a_row_every_few_seconds_if_wanted():
    epochs = ShownEpochs(started(epochs=1000), pause=10)
    shown = [number for number in range(1, 101) if epochs.take(replace(ended(number, 1.0), seconds=4.0))]
    assert shown[:6] == [1, 4, 7, 10, 13, 16] and {50, 100} <= set(shown)  # 4 s: three epochs are the first 10 s
    assert epochs.rule() == "every 50th epoch, at least one every 10 seconds, the best and the last"


def test_the_rows_of_a_log_do_not_depend_on_time():
    epochs = ShownEpochs(started(epochs=60))
    shown = [number for number in range(1, 11) if epochs.take(replace(ended(number, 1.0), seconds=1000.0))]
    assert shown == [1, 2, 4, 6, 8, 10]
    assert epochs.rule() == "every 2nd epoch, the best and the last"


def test_columns_that_do_not_fit_are_listed():
    assert RunTable(started()).absent == []
    assert RunTable(started(), 48).absent == ["lr", "time"]
    assert RunTable(started(), 36).absent == ["accuracy", "lr", "time"]


def test_names_of_metrics_may_contain_wide_or_control_characters():
    table = RunTable(started(("loss", "数_f1", "a\x1b[2Jb_f1"), validates=False), first=ended(1, 0.5))
    assert table.header() == ["   epoch     loss    数_f1  a\\x1b[2Jb_f1        lr  time (ms)"]
    narrow = RunTable(started(("loss", "数学的な_f1"), validates=False), 30)
    assert narrow.header()[-2:] == ["                   数学的な_", "   epoch     loss         f1"]


def test_a_metric_with_negative_values_has_space_for_the_sign():
    run = started(("loss", "price_r2_score"))
    first = EpochEnded(1, {"loss": 1.0, "val_loss": 1.0, "price_r2_score": -0.25, "val_price_r2_score": 0.5}, 0.1, 1)
    table = RunTable(run, 40, first)
    assert table.epoch(first).split()[1:] == ["1.0000", "-0.250", "1.0000", "0.500"]
