"""Callbacks against what Keras does with the same values: which learning rate each epoch has, and when a checkpoint is
written (test_early_stopping.py has EarlyStopping). The expected numbers were worked out by hand from Keras' rules, in
the order of Keras' own code."""

import json
import math

import pytest
from contract import check_rows
from training.callback_runs import Run, made, watch

from nnctl.errors import InputError
from nnctl.training.callbacks import callbacks

NAN, INF = math.nan, math.inf


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
