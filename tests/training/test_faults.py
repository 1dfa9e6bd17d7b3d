"""Killed, out of disk or interrupted at any moment, a run that is resumed ends as one that nothing happened to: in the
same bytes of model, checkpoints, metrics and config."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from training import faults

from nnctl import cli, config
from nnctl.errors import NnctlError
from nnctl.training import checkpoint, loop, runner
from nnctl.training.atomic_files import Lock
from nnctl.training.events import EpochEnded

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")

CONFIG = """
dataset: iris
seed: 5
layers:
  - Dense: {units: 6, activation: relu}
  - BatchNormalization
  - Dropout: {rate: 0.3}
  - Dense: {units: 3, activation: softmax}
loss: sparse_categorical_crossentropy
optimizer: adam
metrics: [accuracy]
epochs: 3
batch_size: 45
callbacks:
  - EarlyStopping: {patience: 50, restore_best_weights: true}
  - ModelCheckpoint: {every_epochs: 1}
engine: {threads: 1}
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The config, the files of an undisturbed run of it, and its file operations."""
    place = tmp_path_factory.mktemp("whole")
    (place / "c.yaml").write_text(CONFIG)
    with pytest.raises(SystemExit):  # what is imported now, no child has to
        cli.program([str(word) for word in train(place, place / "warm")])
    folder = place / "run"
    ended = faults.run(train(place, folder), place / "output", faults.Disk(folder))
    assert ended.code == 0 and not ended.problems, ended.err
    files = faults.files(folder)
    assert files == faults.files(place / "warm")
    assert len([name for name in files if "last-" in name]) == 6, "two checkpoints of three files"
    return place, files, ended.operations


def train(place, folder):
    return ["train", place / "c.yaml", "--run", folder, "--quiet"]


def resume(place, folder):
    """Goes on with a run as its messages say. Returns the last child's end and what came of the way back."""
    ended = faults.run(["train", "--resume", folder, "--quiet"], place / "output", faults.Disk(folder))
    how = "resumed"
    if not (folder / "config.yaml").exists():
        refused = ended.code == 2 and "start it again" in " ".join(ended.err.split())
        assert refused or not folder.exists(), ended.err
        ended = faults.run(train(place, folder), place / "output", faults.Disk(folder))
        how = "begun again"
    elif ended.code == 2 and "the run is finished" in ended.err:
        return ended, "was finished"
    assert ended.code == 0 and not ended.problems, ended.err
    return ended, how


def suffer(whole, folder, kind, at):
    """A run with one fault, then resumed. Returns the files that it ends with, or fails the test."""
    place, expected, operations = whole
    shutil.rmtree(folder, ignore_errors=True)
    ended = faults.run(train(place, folder), place / "output", faults.Disk(folder, kind, at))
    where = f"{kind} at operation {at}, {operations[at]}"
    if kind in ("kill", "torn"):
        assert ended.code == faults.KILLED, f"{where}: {ended}"
    elif ended.code == 0 and operations[at].split()[0] in ("unlink", "rmdir", "open", "rename", "mkdir"):
        resume(place, folder)  # an old checkpoint that could not be removed goes now
        assert not faults.differences(faults.files(folder), expected), f"{where}: a fault that is passed over"
        return "passed over"
    else:
        assert ended.code == 1 and not ended.problems, f"{where}: {ended}"
        assert folder.name in "".join(ended.err.split()) and "hint" in ended.err, f"{where}: {ended.err}"
    found, skipped = checkpoint.newest(folder / "checkpoints")
    assert not skipped, f"{where}: {skipped}"
    if found is None:
        assert not list((folder / "checkpoints").glob("last-*")), where
    _, how = resume(place, folder)
    different = faults.differences(faults.files(folder), expected)
    assert not different, f"{where}, {how}: {different}"
    events = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    assert events[-1]["event"] == "RunEnded" or how == "was finished", where
    assert json.loads((folder / "environment.json").read_text())["seed"] == 5
    return how


def cases(operations):
    """Each kind of fault at each operation; torn writes only where something is written."""
    return [
        (kind, at)
        for at, name in enumerate(operations)
        for kind in faults.KINDS
        if kind != "torn" or name.startswith("write")
    ]


def suffer_all(whole, tmp_path, chosen, show):
    counts, wrong = Counter(), []
    for kind, at in chosen:
        try:
            counts["kills" if kind in ("kill", "torn") else "faults", suffer(whole, tmp_path / "run", kind, at)] += 1
        except AssertionError as error:
            wrong.append(str(error).splitlines()[0])
    show(f"{len(whole[2])} file operations, {len(chosen)} cases: {dict(counts)}")
    assert not wrong, f"{len(wrong)} of {len(chosen)}:\n" + "\n".join(wrong)


def spread(every, count):
    return [every[i * len(every) // count] for i in range(count)]


def test_faults_spread_over_all_file_operations(whole, tmp_path):
    suffer_all(whole, tmp_path, spread(cases(whole[2]), 24), print)


@pytest.mark.slow
def test_every_fault_at_every_file_operation(whole, tmp_path):
    suffer_all(whole, tmp_path, cases(whole[2]), print)


CODES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}


def interrupt(whole, folder, chance, seconds):
    """A run that gets one signal at any moment, or two, then resumed. Returns the exit code and what came of it."""
    place, expected, _ = whole
    shutil.rmtree(folder, ignore_errors=True)
    number = chance.choice([*CODES])
    twice = number == signal.SIGINT and chance.random() < 0.5
    moment, later = chance.uniform(0, seconds), chance.uniform(0, seconds / 3)
    child = faults.start(train(place, folder), place / "output", faults.Disk(folder))
    time.sleep(moment)
    os.kill(child, number)  # its own id even if it has ended: it is not waited for yet
    if twice:
        time.sleep(later)
        os.kill(child, number)
    ended = faults.wait(child, place / "output")
    where = f"{number.name}{' twice' if twice else ''} after {moment:.3f} s: {ended}"
    assert ended.code in (0, CODES[number]), where
    assert "Traceback" not in ended.err and "error" not in ended.err and len(ended.err.splitlines()) <= 1, where
    if ended.code and not ended.err:
        assert "after" in ended.out or not folder.exists(), where
    checks = checkpoint.newest(folder / "checkpoints")[1]
    assert not checks, f"{where}: {checks}"
    _, how = resume(place, folder)
    last = max(name for name in expected if "last-" in name).split("/")[1]
    different = [
        name for name in faults.differences(faults.files(folder), expected)
        if "/last-" not in name or last in name  # the one before is of the moment of the interrupt
    ]  # fmt: skip
    assert not different, f"{where}, {how}: {different}"
    return ended.code, how


def interrupts(whole, tmp_path, times):
    place = whole[0]
    began = time.perf_counter()
    faults.run(train(place, tmp_path / "timed"), place / "output", faults.Disk(tmp_path / "timed"))
    seconds = time.perf_counter() - began
    chance = random.Random(17)
    counts = Counter()
    for _ in range(times):
        code, how = interrupt(whole, tmp_path / "run", chance, seconds)
        counts[code, how] += 1
        seconds *= {"was finished": 0.7, "begun again": 1.3}.get(how, 1)  # a machine's speed changes
    print(f"{times} interrupts: {dict(counts)}")


def test_interrupts_at_any_time(whole, tmp_path):
    interrupts(whole, tmp_path, 6)


@pytest.mark.slow
def test_many_interrupts_at_any_time(whole, tmp_path):
    interrupts(whole, tmp_path, 50)


def start_interpreter(arguments):
    """A process of its own, from the moment at which it handles all signals itself, which is early in its imports."""
    process = subprocess.Popen([sys.executable, "-m", "nnctl", *map(str, arguments)], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)  # fmt: skip
    status = Path(f"/proc/{process.pid}/status")
    while process.poll() is None:
        [caught] = [
            line.split()[1] for line in status.read_text(encoding="utf-8").splitlines() if line.startswith("SigCgt")
        ]
        if all(int(caught, 16) >> (number - 1) & 1 for number in CODES):
            break
        time.sleep(0.001)
    return process


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="this system has no /proc")
@pytest.mark.parametrize("number", CODES)
def test_a_signal_while_modules_are_imported(number, whole, tmp_path):
    process = start_interpreter(train(whole[0], tmp_path / "run"))
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (CODES[number], "", "stopped\n")


def test_two_trainers_one_folder(whole, tmp_path):
    place, expected, _ = whole
    outputs = [tmp_path / "a", tmp_path / "b"]
    folder = tmp_path / "run"
    for commands in (
        [train(place, folder)] * 2,
        [["train", "--resume", folder, "--set", f"epochs={n}"] for n in (4, 5)],
    ):
        children = [faults.start(command, output) for command, output in zip(commands, outputs, strict=True)]
        ends = [faults.wait(child, output) for child, output in zip(children, outputs, strict=True)]
        for ended in ends:
            assert ended.code in (0, 2) and not ended.problems, ended
        assert 0 in [ended.code for ended in ends]
        if len(ends) == 2 and "--resume" not in commands[0]:
            assert sorted(ended.code for ended in ends) == [0, 2]
            assert faults.files(folder) == expected
    names = {path.name for path in folder.iterdir()}
    assert not [name for name in names if name.endswith(".tmp")]


REFUSED = {
    "a key that there is not": (["epoch=4"], "unknown key"),
    "a value out of range": (["optimizer.adam.learning_rate=-1"], "learning_rate"),
    "other layers": (["layers.0.Dense.units=7"], "do not match the layers"),
    "another optimizer": (["optimizer=sgd"], "optimizer"),
    "other metrics": (["metrics=[]"], "cannot be changed when it is resumed"),
    "other data": (["dataset=wine"], ""),
    "another seed, and so other rows": (["seed=6"], "training data"),
    "a loss that does not fit": (["loss=mse"], ""),
    "a callback on no metric": (["callbacks=[{EarlyStopping: {monitor: f1}}]"], "f1"),
}


@pytest.fixture(scope="module")
def half(whole, tmp_path_factory):
    """A run that was killed after its second epoch's checkpoint."""
    place, _, operations = whole
    folder = tmp_path_factory.mktemp("half") / "run"
    at = operations.index("mkdir checkpoints", 150)
    assert faults.run(train(place, folder), place / "output", faults.Disk(folder, "kill", at)).code == faults.KILLED
    return folder


@pytest.mark.parametrize("name", REFUSED)
def test_a_refused_setting_leaves_the_run_as_it_was(name, whole, half, tmp_path):
    place, expected, _ = whole
    settings, message = REFUSED[name]
    folder = shutil.copytree(half, tmp_path / "run")
    before = {**faults.files(folder), "events": (folder / "events.jsonl").read_bytes()}
    ended = faults.run(["train", "--resume", folder, *(f"--set={each}" for each in settings)], place / "output")
    assert ended.code == 2 and message in " ".join(ended.err.split()) and "Traceback" not in ended.err, ended
    assert "bug in nnctl" not in ended.err
    assert {**faults.files(folder), "events": (folder / "events.jsonl").read_bytes()} == before
    resume(place, folder)
    assert faults.files(folder) == expected


def test_a_setting_of_a_run_that_another_process_holds_is_not_written(whole, half, tmp_path):
    folder = shutil.copytree(half, tmp_path / "run")
    before = faults.files(folder)
    with Lock(folder):
        ended = faults.run(["train", "--resume", folder, "--set", "epochs=9"], whole[0] / "output")
    assert ended.code == 2 and "is training in this folder" in " ".join(ended.err.split())
    assert faults.files(folder) == before


def damaged(path):
    content = bytearray(path.read_bytes())
    content[len(content) * 3 // 4] ^= 8
    path.write_bytes(content)


@pytest.mark.parametrize("harm", [lambda model: model.unlink(), damaged, lambda model: model.write_bytes(b"")])
def test_a_finished_run_gets_its_model_again(harm, whole, tmp_path):
    place, expected, _ = whole
    folder = tmp_path / "run"
    faults.run(train(place, folder), place / "output", faults.Disk(folder))
    harm(folder / "model.safetensors")
    (folder / ".model.safetensors.99999.tmp").write_bytes(b"half")
    ended = faults.run(["train", "--resume", folder], place / "output")
    assert ended.code == 0, ended.err
    assert "the run is finished" in " ".join(ended.out.split())
    assert faults.files(folder) == expected
    again = faults.run(["train", "--resume", folder], place / "output")
    assert again.code == 2 and "the run is finished" in " ".join(again.err.split())


def test_metrics_and_environment_that_are_gone_are_written_again(whole, half, tmp_path):
    folder = shutil.copytree(half, tmp_path / "run")
    (folder / "metrics.csv").unlink()
    (folder / "environment.json").write_text("{")
    (folder / "events.jsonl").write_text((folder / "events.jsonl").read_text() + '{"event": "Epo')
    resume(whole[0], folder)
    assert faults.files(folder) == whole[1]
    assert all(json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines())
    assert json.loads((folder / "environment.json").read_text())["seed"] == 5


def test_a_file_in_the_place_of_the_run(whole, tmp_path):
    (tmp_path / "file").write_text("mine")
    for arguments in (train(whole[0], tmp_path / "file"), train(whole[0], tmp_path / "file" / "run"),
                      ["train", "--resume", tmp_path / "file"]):  # fmt: skip
        ended = faults.run(arguments, whole[0] / "output")
        assert ended.code in (1, 2) and not ended.problems, ended
    assert (tmp_path / "file").read_text() == "mine"


def test_a_run_whose_folder_is_deleted_ends_with_an_error(whole, tmp_path):
    folder = tmp_path / "run"

    def delete(event):
        if isinstance(event, EpochEnded) and event.epoch == 2:
            shutil.rmtree(folder)

    with pytest.raises(NnctlError, match="deleted or moved"):
        runner.train(config.load(whole[0] / "c.yaml"), folder=folder, subscribers=[delete])
    assert not folder.exists()


def test_saved_after_every_iteration_it_ends_the_same(whole, tmp_path, monkeypatch):
    """An epoch's last iteration and its end are one step: the later position counts."""
    monkeypatch.setitem(loop.Loop.__init__.__kwdefaults__, "save_seconds", 0.0)
    folder = tmp_path / "run"
    runner.train(config.load(whole[0] / "c.yaml"), folder=folder)
    assert faults.differences(faults.files(folder), whole[1]) == [
        f"checkpoints/last-000000000{step}/{name}" for step in (4, 5)
        for name in ("arrays.safetensors", "manifest.json", "position.json")
    ]  # fmt: skip
    with pytest.raises(NnctlError, match="finished"):
        runner.resume(folder)


def test_a_signal_in_the_last_epoch_does_not_interrupt_what_is_done(whole, tmp_path):
    def stop(event):
        if isinstance(event, EpochEnded) and event.epoch == 3:
            signal.raise_signal(signal.SIGINT)

    folder = tmp_path / "run"
    assert runner.train(config.load(whole[0] / "c.yaml"), folder=folder, subscribers=[stop]).reason == "done"
    assert faults.files(folder) == whole[1]
