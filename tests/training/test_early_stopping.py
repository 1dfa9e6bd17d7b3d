"""EarlyStopping against what Keras does with the same values: when it stops, and which weights come back."""

import math

import pytest
from training.callback_runs import Run, made, watch

from nnctl.training.callbacks import improves

NAN, INF = math.nan, math.inf


def stopped_at(values, **arguments):
    run, _ = watch(made("EarlyStopping", **arguments), values)
    return run.stopped[0][0] if run.stopped else None


@pytest.mark.parametrize(("value", "best", "bigger", "min_delta", "better"), [
    (1, None, False, 0, True), (1, None, True, 0, True), (1, None, False, 100, True), (-1, None, True, 100, True),
    (0, None, False, 0, True), (0, 1, False, 0, True), (1, 0, False, 0, False), (1, 0, True, 0, True),
    (0, 1, True, 0, False), (1, 1, False, 0, False), (1, 1, True, 0, False), (0, 0, False, 0, False),
    # better by exactly min_delta is not enough
    (0.5, 1, False, 0.5, False), (0.49, 1, False, 0.5, True), (1.5, 1, True, 0.5, False), (1.51, 1, True, 0.5, True),
    (0.75, 1, False, 0.5, False), (1.25, 1, True, 0.5, False),
    (-3, -2, False, 0.5, True), (-2, -3, True, 0.5, True),
    (-2.25, -2, False, 0.5, False), (-2, -2.25, True, 0.5, False),
    *[(value, best, bigger, 0, False) for value in (NAN, INF, -INF) for best in (None, 1) for bigger in (False, True)],
])  # fmt: skip
def test_what_is_better_than_the_best(value, best, bigger, min_delta, better):
    assert improves(value, best, bigger=bigger, min_delta=min_delta) is better


def test_without_min_delta_any_improvement_counts():
    assert improves(1 - 1e-15, 1.0, bigger=False) and improves(1 + 1e-15, 1.0, bigger=True)
    assert not improves(1.0, 1.0, bigger=False) and not improves(1.0, 1.0, bigger=True)
    assert made("EarlyStopping").better(0.75, 1.0) and made("EarlyStopping", mode="max").better(1.25, 1.0)


FALLING_THEN_FLAT = [5, 4, 3, 3, 3, 3, 3, 3]


@pytest.mark.parametrize(("values", "arguments", "epoch"), [
    # patience: that many epochs in a row without an improvement
    (FALLING_THEN_FLAT, {}, 4), (FALLING_THEN_FLAT, {"patience": 0}, 4), (FALLING_THEN_FLAT, {"patience": 1}, 4),
    (FALLING_THEN_FLAT, {"patience": 2}, 5), (FALLING_THEN_FLAT, {"patience": 3}, 6),
    (FALLING_THEN_FLAT, {"patience": 5}, 8), (FALLING_THEN_FLAT, {"patience": 6}, None),
    # an improvement starts the count again
    ([5, 6, 6, 4, 6, 6, 6, 6], {"patience": 3}, 7), ([5, 6, 4, 6, 3, 6, 2, 6], {"patience": 2}, None),
    ([5, 6, 5, 5.5, 4.9, 9], {"patience": 4}, None), ([5, 6, 5, 5.5, 5, 9], {"patience": 4}, 5),
    ([9, 8, 7, 6, 5, 4], {}, None), ([9], {}, None), ([9, 9], {}, 2),
    # min_delta: slow progress does not count, and does not change the best
    ([5, 4.9, 4.8, 4.7, 4.6], {"min_delta": 0.1, "patience": 2}, None),
    ([5, 4.5, 4.25, 4, 3.75], {"min_delta": 0.5, "patience": 2}, 5),
    ([5, 4.75, 4.5, 4.25, 4], {"min_delta": 0.5, "patience": 3}, None),
    ([5, 4.75, 4.5, 4.5, 4], {"min_delta": 0.5, "patience": 3}, 4),
    ([5, 4, 3.9, 3.8], {"min_delta": 2, "patience": 3}, 4),
    # start_from_epoch: that many epochs are ignored; the first one after them is the best so far
    ([1, 2, 3, 4, 5, 6], {"start_from_epoch": 3}, 5), ([1, 2, 3, 4, 5, 6], {"start_from_epoch": 3, "patience": 2}, 6),
    ([1, 2, 3, 4, 5, 6], {"start_from_epoch": 0}, 2), ([1, 2, 3, 4, 5, 6], {"start_from_epoch": 1}, 3),
    ([1, 2, 3, 4, 5, 6], {"start_from_epoch": 5}, None), ([1, 2, 3, 4, 5, 6], {"start_from_epoch": 6}, None),
    # mode
    ([1, 2, 3, 2, 2], {"mode": "max", "patience": 2}, 5), ([1, 2, 3, 2, 2], {"mode": "min", "patience": 2}, 3),
    ([1, 2, 3, 4], {"mode": "max"}, None), ([4, 3], {"mode": "max"}, 2),
    ([1, 1.5, 2, 2.5], {"mode": "max", "min_delta": 0.5, "patience": 2}, None),
    ([1, 1.5, 1.5, 2.5], {"mode": "max", "min_delta": 0.5, "patience": 2}, 3),
    # baseline: an improvement that is not better than the baseline does not start the count again
    ([5, 4.5, 4.2, 3], {"baseline": 4, "patience": 3}, None),
    ([5, 4.5, 4.2, 4.1, 3], {"baseline": 4, "patience": 3}, None),
    ([5, 5, 3], {"baseline": 4, "patience": 2}, 2), ([5, 4.5, 4.2, 4.2], {"baseline": 4, "patience": 3}, 4),
    ([4, 4, 4], {"baseline": 4, "patience": 2}, 2), ([3, 3, 3, 3], {"baseline": 4, "patience": 3}, 4),
    ([3, 3.5, 3.5], {"baseline": 4, "patience": 2}, 3),
    ([3.75, 3.75, 3], {"baseline": 4, "min_delta": 0.5, "patience": 2}, 2),
    ([1, 1.5, 1.6], {"baseline": 2, "mode": "max", "patience": 3}, None),
    ([1, 1.5, 1.5], {"baseline": 2, "mode": "max", "patience": 3}, 3),
    ([3, 2.5, 2.5, 2.5], {"baseline": 2, "mode": "max", "patience": 3}, 4),
    # NaN and infinity are never an improvement
    ([5, NAN, NAN, NAN], {"patience": 2}, 3), ([NAN, 5, NAN, 4, NAN, NAN], {"patience": 2}, 6), ([NAN, NAN], {}, 2),
    ([5, -INF, -INF], {"patience": 2}, 3), ([INF, 5, 6], {"patience": 2}, None), ([NAN], {}, None),
    ([NAN, 5, 4, 3], {"patience": 1}, None),
])  # fmt: skip
def test_early_stopping_stops_as_keras_does(values, arguments, epoch):
    assert stopped_at(values, **arguments) == epoch


def keras_stops(values, *, patience, min_delta, start, baseline, mode):
    """Keras' EarlyStopping.on_epoch_end, which counts epochs from 0, written out once more for finite values."""
    sign = 1 if mode == "max" else -1
    best, wait = None, 0
    for epoch, value in enumerate(values):
        if epoch < start:
            continue
        wait += 1
        if best is None or sign * (value - sign * min_delta - best) > 0:
            best = value
            if baseline is None or sign * (value - sign * min_delta - baseline) > 0:
                wait = 0
            continue
        if wait >= patience and epoch > 0:
            return epoch + 1
    return None


@pytest.mark.parametrize("mode", ["min", "max"])
@pytest.mark.parametrize("baseline", [None, 4])
@pytest.mark.parametrize("start", [0, 1, 3])
def test_early_stopping_of_all_short_runs_is_as_keras_has_it(mode, baseline, start):
    """Values are multiples of a quarter, which are exact as floats."""
    import random

    rng = random.Random(f"{mode}{baseline}{start}")
    for _ in range(300):
        values = [rng.randrange(12, 22) / 4 for _ in range(rng.randint(1, 9))]
        given = {"patience": rng.randint(0, 4), "min_delta": rng.choice([0, 0.25, 0.5])}
        expected = keras_stops(values, **given, start=start, baseline=baseline, mode=mode)
        extra = {} if baseline is None else {"baseline": baseline}
        assert stopped_at(values, **given, start_from_epoch=start, mode=mode, **extra) == expected, (values, given)


def test_early_stopping_says_why():
    run, _ = watch(made("EarlyStopping", patience=2), [5, 4, 6, 6])
    assert run.stopped == [(4, "early stopping")]
    assert run.said == ["early stopping: loss has not improved since epoch 2"]
    run, _ = watch(made("EarlyStopping", patience=1), [NAN, NAN])
    assert run.said == ["early stopping: loss was never finite"]
    run, _ = watch(made("EarlyStopping", patience=1), [5, 6])
    assert run.said == ["early stopping: loss has not improved since epoch 1"]


@pytest.mark.parametrize(("values", "arguments", "best"), [
    ([5, 3, 4, 4], {"patience": 2}, 2),  # stopped
    ([5, 3, 4], {"patience": 9}, 2),  # ended without
    ([5, 4, 3], {"patience": 9}, 3), ([3, 4, 5], {"patience": 9}, 1), ([3, 3, 3], {"patience": 9}, 1),
    ([5, 3, 4, 2.9, 8], {"patience": 9}, 4), ([5, 3, 4, 2.9, 8], {"patience": 9, "min_delta": 0.5}, 2),
    ([1, 5, 4, 6], {"patience": 9, "start_from_epoch": 1}, 3), ([2, 5, 4], {"patience": 9, "mode": "max"}, 2),
    ([NAN, 5, NAN, 4, -INF], {"patience": 9}, 4), ([5, 4.5, 4.4], {"patience": 9, "baseline": 1}, 3),
])  # fmt: skip
def test_the_best_epochs_weights_come_back(values, arguments, best):
    run, _ = watch(made("EarlyStopping", restore_best_weights=True, **arguments), values)
    assert run.restored == [best] and run.snapshots[-1] == best
    assert run.said[-1] == f"the weights of epoch {best}, the best, are restored"


def test_weights_are_kept_and_restored_only_where_that_is_wanted():
    run, _ = watch(made("EarlyStopping", patience=1), [5, 3, 4])
    assert run.snapshots == run.restored == [] and len(run.said) == 1
    run, _ = watch(made("EarlyStopping", patience=9, restore_best_weights=True), [5, 3, 4])
    assert run.snapshots == [1, 2]


@pytest.mark.parametrize(("values", "arguments"), [([NAN, INF], {"patience": 9}), ([1, 2], {"start_from_epoch": 2})])
def test_where_no_epoch_was_best_the_weights_stay_and_it_is_said(values, arguments):
    run, _ = watch(made("EarlyStopping", restore_best_weights=True, **arguments), values)
    assert run.restored == [] and len(run.said) == 1
    assert run.said[0].startswith("no weights are restored: loss was never finite in an epoch")


def test_the_state_is_all_that_is_remembered():
    """Two runs with the same callback do not affect each other, and a saved state continues."""
    callback = made("EarlyStopping", patience=2)
    one, two = callback.start(), callback.start()
    assert one == {"best": None, "best_epoch": 0, "wait": 0, "weights": None}
    callback.epoch_ended(one, Run(), 1, {"loss": 1.0})
    callback.epoch_ended(one, Run(), 2, {"loss": 2.0})
    assert two == callback.start()
    assert one == {"best": 1.0, "best_epoch": 1, "wait": 1, "weights": None}
    run = Run()
    callback.epoch_ended(dict(one), run, 3, {"loss": 2.0})
    assert run.stopped
