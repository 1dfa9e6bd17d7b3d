"""Callbacks against what Keras does with the same values: when a run stops, which weights it ends with, which learning
rate each epoch has. The expected numbers were worked out by hand from Keras' rules, in the order of Keras' own code."""

import json
import math

import pytest
from contract import check_rows

from nnctl.errors import InputError
from nnctl.training.callbacks import callbacks, improves

NAN, INF = math.nan, math.inf


class Run:
    """A stand-in for the loop, which records what callbacks do."""

    def __init__(self, rate=1.0):
        self.base, self.rate_scale, self.epoch = rate, 1.0, 0
        self.stopped, self.said, self.snapshots, self.restored, self.saves = [], [], [], [], []

    @property
    def learning_rate(self):
        return self.base * self.rate_scale

    def stop(self, reason):
        self.stopped.append((self.epoch, reason))

    def say(self, text):
        self.said.append(text)

    def snapshot(self):
        self.snapshots.append(self.epoch)
        return {"parameters": self.epoch}

    def restore(self, weights):
        self.restored.append(weights["parameters"])

    def save_soon(self):
        self.saves.append(self.epoch)


def made(name, bigger=lambda _: False, **arguments):
    return callbacks.build({name: {"monitor": "loss", **arguments}}).directed(bigger)


def watch(callback, values, run=None, name="loss"):
    """The run after these epochs, or after the one that stopped it; and the learning rate after each epoch."""
    run, state, rates = run or Run(), callback.start(), []
    for run.epoch, value in enumerate(values, 1):
        callback.epoch_ended(state, run, run.epoch, {name: value})
        rates.append(run.learning_rate)
        if run.stopped:
            break
    callback.run_ended(state, run)
    run.state = state
    return run, rates


# The contract of every callback, by table: arguments with which it acts on the values below.
CONTRACT = {
    "EarlyStopping": {"monitor": "loss", "patience": 2, "restore_best_weights": True},
    "ReduceLROnPlateau": {"monitor": "loss", "patience": 1},
    "ModelCheckpoint": {"monitor": "loss"},
    "TerminateOnNaN": {},
}


def test_every_callback_has_a_row():
    check_rows(callbacks, CONTRACT, "CONTRACT in tests/training/test_callbacks.py")


@pytest.mark.parametrize("cut", range(1, 6))
@pytest.mark.parametrize("name", CONTRACT)
def test_it_continues_from_a_saved_state(name, cut):
    """Its state is JSON and all that it remembers: a resumed run ends like one that was never stopped."""
    callback = callbacks.build({name: CONTRACT[name]}).directed(lambda _: False)
    assert callbacks.build(callback.to_config()) == callback
    whole, halves = Run(), Run()
    state, states = callback.start(), callback.start()
    for epoch, value in enumerate([5, 4, 3, 3, 3, 3, NAN], 1):
        if epoch == cut:
            callback, states = callbacks.build(callback.to_config()), json.loads(json.dumps(states))
        for run, remembered in ((whole, state), (halves, states)):
            run.epoch = epoch
            callback.epoch_ended(remembered, run, epoch, {"loss": value})
    for run, remembered in ((whole, state), (halves, states)):
        callback.run_ended(remembered, run)
    assert vars(whole) == vars(halves)


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


# factor 0.5 and a rate of 1: the rate after each epoch
@pytest.mark.parametrize(("values", "arguments", "rates"), [
    ([1] * 5, {"patience": 1}, [1, .5, .25, .125, .0625]),
    ([1] * 5, {"patience": 0}, [1, .5, .25, .125, .0625]),
    ([1] * 7, {"patience": 2}, [1, 1, .5, .5, .25, .25, .125]),
    ([1] * 7, {"patience": 3}, [1, 1, 1, .5, .5, .5, .25]),
    # cooldown: that many epochs are not counted
    ([1] * 8, {"patience": 1, "cooldown": 1}, [1, .5, .25, .125, .0625, .03125, .015625, .0078125]),
    ([1] * 8, {"patience": 1, "cooldown": 2}, [1, .5, .5, .25, .25, .125, .125, .0625]),
    ([1] * 8, {"patience": 1, "cooldown": 3}, [1, .5, .5, .5, .25, .25, .25, .125]),
    ([1] * 9, {"patience": 2, "cooldown": 2}, [1, 1, .5, .5, .5, .25, .25, .25, .125]),
    ([1] * 9, {"patience": 2, "cooldown": 3}, [1, 1, .5, .5, .5, .5, .25, .25, .25]),
    # a best value during the cooldown counts as the best
    ([2, 2, 1, 1.5, 1.5, 1.5], {"patience": 1, "cooldown": 2}, [1, .5, .5, .25, .25, .125]),
    ([2, 2, 1, 1.5, 0.5, 0.7], {"patience": 2, "cooldown": 0}, [1, 1, 1, 1, 1, 1]),
    # an improvement starts the count again
    ([3, 3, 2, 2, 1, 1], {"patience": 2}, [1] * 6),
    ([3, 3, 2, 2, 2, 1], {"patience": 2}, [1, 1, 1, 1, .5, .5]),
    ([5, 4, 3, 2, 1], {"patience": 1}, [1] * 5),
    # min_delta, by default a ten-thousandth
    ([1, 1 - 0.9e-4, 1 - 1.8e-4], {"patience": 1}, [1, .5, .5]),
    ([1, 1 - 1.1e-4, 1 - 2.2e-4], {"patience": 1}, [1, 1, 1]),
    ([1, 0.5, 0.25], {"patience": 1, "min_delta": 0.5}, [1, .5, .5]),
    ([1, 0.75, 0.25], {"patience": 2, "min_delta": 0.5}, [1, 1, 1]),
    ([1, 0.9999999, 0.9999998], {"patience": 1, "min_delta": 0}, [1, 1, 1]),
    # min_lr
    ([1] * 5, {"patience": 1, "min_lr": 0.3}, [1, .5, .3, .3, .3]),
    ([1] * 4, {"patience": 1, "min_lr": 1}, [1, 1, 1, 1]), ([1] * 4, {"patience": 1, "min_lr": 2}, [1, 1, 1, 1]),
    ([1] * 4, {"patience": 1, "min_lr": 0.25}, [1, .5, .25, .25]),
    # mode
    ([1, 2, 3, 3], {"patience": 1, "mode": "max"}, [1, 1, 1, .5]),
    ([1, 2, 3, 3], {"patience": 1, "mode": "min"}, [1, .5, .25, .125]),
    ([1, 2, 1, 2.5], {"patience": 2, "mode": "max", "min_delta": 1}, [1, 1, .5, .5]),
    # NaN and infinity are no improvement
    ([1, NAN, NAN, 0.5], {"patience": 2}, [1, 1, .5, .5]), ([NAN, NAN, 1], {"patience": 2}, [1, .5, .5]),
    ([1, -INF, 0.5, 0.5], {"patience": 1}, [1, .5, .5, .25]),
])  # fmt: skip
def test_the_learning_rate_falls_as_keras_does_it(values, arguments, rates):
    run, found = watch(made("ReduceLROnPlateau", factor=0.5, **arguments), values)
    assert found == pytest.approx(rates, rel=1e-12)
    assert not run.stopped
    falls = [(old, new) for old, new in zip([1, *rates], rates, strict=False) if new != old]
    assert run.said == [f"learning rate lowered to {new:.3g}: loss is on a plateau" for _, new in falls]


def test_cooling_down_counts_from_nothing():
    callback, run = made("ReduceLROnPlateau", factor=0.5, patience=2, cooldown=3), Run()
    assert callback.start() == {"best": None, "wait": 0, "cooling": 0}
    state = {"best": 1, "wait": 1, "cooling": 2}
    callback.epoch_ended(state, run, 5, {"loss": 1})
    assert state == {"best": 1, "wait": 0, "cooling": 1} and run.learning_rate == 1


def test_a_rate_at_its_lowest_keeps_counting():
    """At the lowest rate, Keras neither cools down nor starts the count again."""
    run, _ = watch(made("ReduceLROnPlateau", factor=0.5, patience=2, min_lr=1, cooldown=3), [1] * 5)
    assert run.state == {"best": 1, "wait": 4, "cooling": 0} and run.said == []


@pytest.mark.parametrize("factor", [0.1, 0.9])
def test_the_factor_is_of_the_rate_as_it_is_then(factor):
    run, rates = watch(made("ReduceLROnPlateau", factor=factor, patience=1), [1, 1, 1], Run(rate=0.02))
    assert rates == pytest.approx([0.02, 0.02 * factor, 0.02 * factor**2], rel=1e-12)
    assert run.rate_scale == pytest.approx(factor**2, rel=1e-12)
    run.base = 0.01  # as a schedule has it
    state = {"best": 1, "wait": 0, "cooling": 0}
    made("ReduceLROnPlateau", factor=0.5, patience=1).epoch_ended(state, run, 4, {"loss": 1})
    assert run.learning_rate == pytest.approx(0.01 * factor**2 * 0.5, rel=1e-12)


def test_defaults_are_keras_own():
    stopping, plateau = (callbacks.build(name) for name in ("EarlyStopping", "ReduceLROnPlateau"))
    assert (stopping.monitor, stopping.min_delta, stopping.patience, stopping.mode) == ("val_loss", 0, 0, "auto")
    assert (stopping.baseline, stopping.restore_best_weights, stopping.start_from_epoch) == (None, False, 0)
    assert (plateau.monitor, plateau.factor, plateau.patience, plateau.mode) == ("val_loss", 0.1, 10, "auto")
    assert (plateau.min_delta, plateau.cooldown, plateau.min_lr) == (1e-4, 0, 0)
    checkpoint = callbacks.build("ModelCheckpoint")
    assert (checkpoint.monitor, checkpoint.mode, checkpoint.every_epochs) == ("val_loss", "auto", None)


@pytest.mark.parametrize(("name", "arguments", "right"), [
    ("EarlyStopping", {"patience": -1}, False), ("EarlyStopping", {"patience": 0}, True),
    ("EarlyStopping", {"patience": 1.5}, False), ("EarlyStopping", {"min_delta": -0.1}, False),
    ("EarlyStopping", {"min_delta": 0}, True), ("EarlyStopping", {"start_from_epoch": -1}, False),
    ("EarlyStopping", {"mode": "down"}, False), ("EarlyStopping", {"mode": "max"}, True),
    ("EarlyStopping", {"baseline": -3.5}, True), ("EarlyStopping", {"cooldown": 1}, False),
    ("ReduceLROnPlateau", {"factor": 0}, False), ("ReduceLROnPlateau", {"factor": 1}, False),
    ("ReduceLROnPlateau", {"factor": 1.5}, False), ("ReduceLROnPlateau", {"factor": 0.001}, True),
    ("ReduceLROnPlateau", {"factor": 0.999}, True), ("ReduceLROnPlateau", {"cooldown": -1}, False),
    ("ReduceLROnPlateau", {"min_lr": -1e-9}, False), ("ReduceLROnPlateau", {"patience": -1}, False),
    ("ReduceLROnPlateau", {"patience": 0}, True), ("ReduceLROnPlateau", {"min_delta": -1}, False),
    ("ModelCheckpoint", {"every_epochs": 0}, False), ("ModelCheckpoint", {"every_epochs": 1}, True),
    ("ModelCheckpoint", {"mode": "best"}, False), ("TerminateOnNaN", {}, True),
])  # fmt: skip
def test_arguments_out_of_range_are_refused(name, arguments, right):
    if right:
        assert callbacks.build({name: arguments} if arguments else name).kind == name
    else:
        with pytest.raises((InputError, ValueError)):
            callbacks.build({name: arguments})


@pytest.mark.parametrize("name", ["EarlyStopping", "ReduceLROnPlateau", "ModelCheckpoint"])
def test_the_direction_is_the_metrics_unless_said(name):
    asked = []

    def bigger(metric):
        asked.append(metric)
        return metric == "auc"

    assert made(name, bigger, monitor="auc").mode == "max" and asked == ["auc"]
    assert made(name, bigger, monitor="loss").mode == "min"
    assert made(name, bigger, monitor="auc", mode="min").mode == "min"
    assert made(name, bigger, monitor="loss", mode="max").mode == "max"
    assert asked == ["auc", "loss"]
    terminate = callbacks.build("TerminateOnNaN")
    assert terminate.directed(bigger) is terminate


@pytest.mark.parametrize(("every", "saves"), [
    (None, []), (1, [1, 2, 3, 4, 5, 6, 7]), (2, [2, 4, 6]), (3, [3, 6]), (7, [7]), (8, []),
])  # fmt: skip
def test_checkpoints_are_written_at_least_so_often(every, saves):
    arguments = {} if every is None else {"every_epochs": every}
    run, _ = watch(made("ModelCheckpoint", **arguments), [1] * 7)
    assert run.saves == saves and not run.stopped and not run.said


FIGURES = ["loss", "accuracy", "val_loss", "val_accuracy"]


@pytest.mark.parametrize(("monitor", "names", "message", "hint"), [
    ("val_loss", FIGURES[:2], "there is no validation split", "set dataset.split.validation"),
    ("val_nonsense", FIGURES[:2], "there is no validation split", "monitor: loss"),
    ("val_acuracy", FIGURES, "it has loss, accuracy, val_loss, val_accuracy", "did you mean val_accuracy?"),
    ("los", FIGURES[:2], "monitors 'los', which this run does not have; it has loss, accuracy", "did you mean loss?"),
    ("zzzzz", FIGURES, "which this run does not have", None),
])  # fmt: skip
@pytest.mark.parametrize("name", ["EarlyStopping", "ReduceLROnPlateau", "ModelCheckpoint"])
def test_a_monitor_that_the_run_does_not_have(name, monitor, names, message, hint):
    with pytest.raises(InputError) as caught:
        callbacks.build({name: {"monitor": monitor}}).check(names)
    [problem] = caught.value.problems
    assert problem.message.startswith(f"{name} monitors {monitor!r}") and message in problem.message
    assert hint in problem.hint if hint else problem.hint is None


@pytest.mark.parametrize("name", ["EarlyStopping", "ReduceLROnPlateau", "ModelCheckpoint"])
def test_a_monitor_that_the_run_has(name):
    for monitor in FIGURES:
        assert callbacks.build({name: {"monitor": monitor}}).check(FIGURES) is None
    assert callbacks.build("TerminateOnNaN").check([]) is None


def test_a_callback_that_does_not_exist():
    with pytest.raises(InputError, match="unknown callback 'EarlyStoping'") as caught:
        callbacks.build("EarlyStoping")
    assert caught.value.problems[0].hint == "did you mean EarlyStopping?"


def test_the_base_does_nothing():
    callback, run = callbacks.build("TerminateOnNaN"), Run()
    assert callback.start() == {}
    callback.epoch_ended({}, run, 1, {"loss": NAN})
    callback.run_ended({}, run)
    assert not run.stopped and not run.said
