"""A run's folder that lacks some of its files, a run that is not what it was, and signals: --resume leads on, or says
why it does not and leaves everything as it was."""

import json
import os
import shutil
import signal

import pytest
from training import faults

from nnctl import config
from nnctl.errors import RunError
from nnctl.training import checkpoint, runner
from nnctl.training.events import IterationEnded

CONFIG = """
name: small
dataset: iris
seed: 5
layers: [{Dense: {units: 6, activation: tanh}}, {Dropout: {rate: 0.2}}, {Dense: {units: 3, activation: softmax}}]
loss: sparse_categorical_crossentropy
optimizer: {adam: {learning_rate: RATE}}
epochs: EPOCHS
batch_size: 45
callbacks: CALLBACKS
engine: {threads: 1}
"""


def config_text(callbacks="[{ModelCheckpoint: {every_epochs: 1}}]", epochs=3, rate=0.05):
    return CONFIG.replace("CALLBACKS", callbacks).replace("EPOCHS", str(epochs)).replace("RATE", str(rate))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("faults")
    (folder / "small.yaml").write_text(config_text())
    runner.train(config.load(folder / "small.yaml"), folder=folder / "run")
    return folder


def copied(whole, tmp_path, *without):
    """A copy of the finished run without some of its files."""
    folder = tmp_path / "run"
    shutil.copytree(whole / "run", folder)
    for name in without:
        shutil.rmtree(folder / name) if (folder / name).is_dir() else (folder / name).unlink()
    return folder


@pytest.mark.parametrize(
    "without",
    [
        ["checkpoints"], ["checkpoints", "model.safetensors"], ["checkpoints", "environment.json"],
        ["checkpoints", "metrics.csv", "events.jsonl", "environment.json", "model.safetensors"],
        ["model.safetensors"], ["model.safetensors", "metrics.csv", "events.jsonl", "environment.json"],
    ],
)  # fmt: skip
def test_what_is_missing_is_made_again(whole, tmp_path, without):
    folder = copied(whole, tmp_path, *without)
    events = []
    runner.resume(folder, subscribers=[events.append])
    assert faults.files(folder) == faults.files(whole / "run")
    said = " ".join(events[0].notes)
    assert ("from the beginning" if "checkpoints" in without else "model.safetensors is missing") in said
    assert json.loads((folder / "environment.json").read_text())["numpy"]


def test_without_a_config_one_line_says_what_to_do(whole, tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / ".config.yaml.123.tmp").write_text("half")
    with pytest.raises(RunError, match=r"stopped before its config.yaml was written") as raised:
        runner.resume(folder)
    assert "nnctl train CONFIG --run" in raised.value.problems[0].hint
    runner.train(config.load(whole / "small.yaml"), folder=folder)
    assert faults.files(folder) == faults.files(whole / "run")


def test_damage_to_all_checkpoints_starts_the_run_again_and_names_them(whole, tmp_path):
    folder = copied(whole, tmp_path, "model.safetensors")
    for path in folder.glob("checkpoints/*/position.json"):
        path.write_text("{}")
    events = []
    runner.resume(folder, subscribers=[events.append])
    assert sum("skipped" in note for note in events[0].notes) == 2
    assert faults.files(folder) == faults.files(whole / "run")


def test_half_a_line_of_events_goes(whole, tmp_path):
    folder = copied(whole, tmp_path, "model.safetensors")
    with open(folder / "events.jsonl", "a", encoding="utf-8") as file:
        file.write('{"event": "EpochEn')
    runner.resume(folder)
    assert all(json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines())


def stop_at(step):
    def listen(event):
        if isinstance(event, IterationEnded) and event.step == step:
            signal.raise_signal(signal.SIGINT)

    return listen


@pytest.mark.parametrize(("key", "value"), [("batch_size", 10), ("seed", 6)])
def test_inside_an_epoch_its_batches_stay(whole, tmp_path, key, value):
    runner.train(config.load(whole / "small.yaml"), folder=tmp_path / "run", subscribers=[stop_at(1)])
    with pytest.raises(RunError, match=rf"{key} was \d+ and cannot become {value} inside epoch 1|training data"):
        runner.resume(tmp_path / "run", overrides=[f"{key}={value}"])


def test_callbacks_may_change_and_begin_anew(whole, tmp_path):
    folder = copied(whole, tmp_path)
    events = []
    more = ["epochs=5", "callbacks=[{ReduceLROnPlateau: {}}, {ModelCheckpoint: {monitor: val_accuracy}}]"]
    assert runner.resume(folder, overrides=more, subscribers=[events.append]).epochs == 5
    notes = " ".join(events[0].notes)
    assert "ReduceLROnPlateau, is new" in notes and "the best epoch is now chosen by val_accuracy" in notes
    assert events[0].best_so_far is None and events[0].bigger_is_better


def test_a_run_that_stopped_early_is_finished_until_epochs_or_callbacks_change(tmp_path):
    given = config.loads(
        config_text("[{EarlyStopping: {patience: 1, restore_best_weights: true}}]", epochs=40, rate=0.9)
    )
    ended = runner.train(given, folder=tmp_path / "run")
    assert ended.reason == "early stopping" and ended.epochs < 39
    with pytest.raises(RunError, match=f"stopped early after {ended.epochs} epochs"):
        runner.resume(tmp_path / "run")
    (tmp_path / "run" / "model.safetensors").rename(tmp_path / "model")
    assert runner.resume(tmp_path / "run").reason == "early stopping"
    assert (tmp_path / "run" / "model.safetensors").read_bytes() == (tmp_path / "model").read_bytes()
    more = runner.resume(tmp_path / "run", overrides=["callbacks=[]", f"epochs={ended.epochs + 2}"])
    assert more.reason == "done" and more.epochs == ended.epochs + 2


@pytest.mark.parametrize(
    "error", [BrokenPipeError(32, "Broken pipe"), OSError(5, "Input/output error"), OSError(28, "No space left")]
)
def test_a_run_whose_listener_is_gone_is_saved(whole, tmp_path, error):
    def listen(event):
        if isinstance(event, IterationEnded) and event.step == 4:
            raise error

    with pytest.raises(OSError) as raised:
        runner.train(config.load(whole / "small.yaml"), folder=tmp_path / "run", subscribers=[listen])
    assert raised.value is error
    found, _ = checkpoint.newest(tmp_path / "run" / "checkpoints")
    assert found.position["step"] == 4
    runner.resume(tmp_path / "run")
    assert faults.files(tmp_path / "run")["model.safetensors"] == faults.files(whole / "run")["model.safetensors"]


@pytest.mark.parametrize(("number", "reason"), [
    (signal.SIGINT, "interrupted"), (signal.SIGTERM, "terminated"), (signal.SIGHUP, "hung up"),
])  # fmt: skip
def test_every_signal_saves(whole, tmp_path, number, reason):
    def listen(event):
        if isinstance(event, IterationEnded) and event.step == 4:
            signal.raise_signal(number)

    before = signal.getsignal(number)
    given = config.load(whole / "small.yaml")
    assert runner.train(given, folder=tmp_path / "run", subscribers=[listen]).reason == reason
    assert signal.getsignal(number) == before
    assert checkpoint.newest(tmp_path / "run" / "checkpoints")[0].position["step"] == 4
    runner.resume(tmp_path / "run")
    assert faults.files(tmp_path / "run")["model.safetensors"] == faults.files(whole / "run")["model.safetensors"]


def test_what_nohup_ignores_stays_ignored(whole, tmp_path):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:

        def listen(event):
            if isinstance(event, IterationEnded):
                signal.raise_signal(signal.SIGHUP)

        given = config.load(whole / "small.yaml")
        assert runner.train(given, folder=tmp_path / "run", subscribers=[listen]).reason == "done"
    finally:
        signal.signal(signal.SIGHUP, before)


EARLY = config_text("[{EarlyStopping: {patience: 0, restore_best_weights: true}}]", rate=0.9, epochs=9)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.parametrize("most", [pytest.param(10), pytest.param(None, marks=pytest.mark.slow)])
def test_killed_at_any_file_operation_a_run_that_stops_early_does_not_train_on(tmp_path, most):
    (tmp_path / "c.yaml").write_text(EARLY)
    ended = runner.train(config.load(tmp_path / "c.yaml"), folder=tmp_path / "warm")
    assert ended.reason == "early stopping"
    expected, count = faults.files(tmp_path / "warm"), {}

    def run(arguments, kind=None, at=None):
        return faults.run([*arguments, "-q"], tmp_path / "output", faults.Disk(folder, kind, at))

    folder = tmp_path / "run"
    operations = run(["train", tmp_path / "c.yaml", "--run", folder]).operations
    every = range(len(operations)) if most is None else [len(operations) * (i + 1) // most - 1 for i in range(most)]
    for at in every:
        shutil.rmtree(folder, ignore_errors=True)
        assert run(["train", tmp_path / "c.yaml", "--run", folder], "kill", at).code == faults.KILLED
        resumed = run(["train", "--resume", folder])
        if not (folder / "config.yaml").exists():
            resumed = run(["train", tmp_path / "c.yaml", "--run", folder])
        assert resumed.code == 0 or "stopped early after" in " ".join(resumed.err.split()), resumed.err
        assert not faults.differences(faults.files(folder), expected), f"killed before {at}, {operations[at]}"
        count[resumed.code] = count.get(resumed.code, 0) + 1
    print(f"{len(operations)} file operations, kills by exit code of --resume: {count}")
