"""Several processes under torchrun: the same training as in one process, and what happens when one of them ends."""

import pytest

pytest.importorskip("torch")

import csv
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

SMALL = """{dataset: iris, layers: [{Dense: {units: 16, activation: relu}}, {Dropout: {rate: 0.2}},
    BatchNormalization, {Dense: {units: 3, activation: softmax}}], loss: scce, optimizer: adam, epochs: EPOCHS,
    batch_size: 20, metrics: [accuracy, auc], engine: {backend: torch, threads: 1}, class_weight: balanced}"""
PADDED = """{dataset: japanese_vowels, layers: [{LSTM: {units: 6, return_sequences: true}}, {GRU: {units: 5}},
    {Dense: {units: 9, activation: softmax}}], loss: scce, optimizer: sgd, epochs: EPOCHS, batch_size: 37,
    engine: {backend: torch, threads: 1}}"""
EXITS = 30  # seconds within which all processes end once one of them was killed


def start(*arguments, ranks=2, restarts=0, **how):
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(ranks),
               "--max-restarts", str(restarts), "-m", "nnctl", "train", *map(str, arguments)]  # fmt: skip
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment, **how
    )


def train(*arguments, **how):
    process = start(*arguments, **how)
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    return output


def alone(*arguments):
    command = [sys.executable, "-m", "nnctl", "train", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300,
                          env={**os.environ, "OMP_NUM_THREADS": "1"})  # fmt: skip
    assert done.returncode == 0, done.stderr


def curve(folder):
    with open(folder / "metrics.csv", encoding="utf-8", newline="") as file:
        return [[float(value) for value in row.values()] for row in csv.DictReader(file)]


def written(folder, text, epochs):
    path = folder / "c.yaml"
    path.write_text(text.replace("EPOCHS", str(epochs)), encoding="utf-8")
    return path


@pytest.mark.parametrize(("text", "close"), [(SMALL, 1e-9), (PADDED, 1e-9)], ids=["dense", "padded sequences"])
@pytest.mark.parametrize("ranks", [2, 3])
def test_they_train_as_one_does(text, close, ranks, tmp_path):
    """Every metric of every epoch, in float64; the last batch divides unevenly."""
    config = written(tmp_path, text, 3)
    output = train(config, "--run-dir", tmp_path / "several", "--set", "engine.dtype=float64", ranks=ranks)
    alone(config, "--run", tmp_path / "one", "--set", "engine.dtype=float64")
    np.testing.assert_allclose(curve(tmp_path / "several"), curve(tmp_path / "one"), rtol=close, atol=close)
    one, several = (load_file(tmp_path / name / "model.safetensors") for name in ("one", "several"))
    for key, w in one.items():
        np.testing.assert_allclose(several[key], w, rtol=close, atol=close, err_msg=key)
    assert output.count("Done after 3 epochs") == 1 and f"{ranks} processes train together" in output


def test_with_the_same_shards_the_bits_are_the_same(tmp_path):
    config = written(tmp_path, SMALL.replace("BatchNormalization,", ""), 4)
    train(config, "--run-dir", tmp_path / "two", "--set", "engine.shard_rows=10")
    alone(config, "--run", tmp_path / "one", "--set", "engine.shard_rows=10")
    one, two = (load_file(tmp_path / name / "model.safetensors") for name in ("one", "two"))
    assert all(np.array_equal(two[key], w) for key, w in one.items())
    np.testing.assert_allclose(curve(tmp_path / "two"), curve(tmp_path / "one"), rtol=1e-6)  # validation has no shards


def test_a_batch_with_fewer_rows_than_processes(tmp_path):
    config = written(tmp_path, SMALL, 2)
    more = ("--set", "engine.dtype=float64", "--set", "batch_size=89")  # of 90 rows: the last batch has one
    train(config, "--run-dir", tmp_path / "two", *more)
    alone(config, "--run", tmp_path / "one", *more)
    np.testing.assert_allclose(curve(tmp_path / "two"), curve(tmp_path / "one"), rtol=1e-9, atol=1e-9)


def test_the_numpy_engine_refuses_several_processes(tmp_path):
    process = start(written(tmp_path, SMALL, 1), "--run-dir", tmp_path / "run", "--set", "engine.backend=numpy")
    output, _ = process.communicate(timeout=120)
    assert process.returncode and "can train together only with the torch engine" in output
    assert output.count("add --engine torch") == 1 and not (tmp_path / "run").exists()


def workers(process):
    """The process ids by rank."""
    found = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parent = int(re.search(r"PPid:\s*(\d+)", (path / "status").read_text())[1])
            if parent == process.pid:
                given = dict(pair.partition("=")[::2] for pair in (path / "environ").read_text().split("\0"))
                found[int(given["RANK"])] = int(path.name)
        except (OSError, KeyError, TypeError):
            continue
    return found


def wait_for_epoch(folder, process, epochs):
    events = folder / "events.jsonl"
    while process.poll() is None:
        text = events.read_text(encoding="utf-8") if events.is_file() else ""
        if text.count("EpochEnded") >= epochs and (folder / "checkpoints").is_dir():
            return
        time.sleep(0.05)
    raise AssertionError(process.stdout.read())


def killed(tmp_path, rng, number, restarts=0):
    """Kills a random process of a run some epochs after its beginning; returns the run's folder and the seconds after
    which all had ended."""
    folder = tmp_path / f"run-{number}"
    config = written(tmp_path, SMALL, 100_000)
    process = start(config, "--run-dir", folder, "--set", "callbacks=[ModelCheckpoint]", restarts=restarts)
    wait_for_epoch(folder, process, rng.randint(2, 6))
    time.sleep(rng.random() / 2)
    victims = workers(process)
    os.kill(victims[rng.choice(sorted(victims))], signal.SIGKILL)
    began = time.monotonic()
    if restarts:
        return folder, process
    output, _ = process.communicate(timeout=120)
    assert process.returncode != 0
    ended = time.monotonic() - began
    assert "this is a bug" not in output, output
    return folder, ended


@pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")
@pytest.mark.parametrize("kills", [2, pytest.param(20, marks=pytest.mark.slow)])
def test_a_killed_process_ends_all_and_the_run_can_be_resumed(kills, tmp_path):
    rng = random.Random(kills)
    for number in range(kills):
        folder, seconds = killed(tmp_path, rng, number)
        assert seconds < EXITS
        done = len(curve(folder))
        newest = max((folder / "checkpoints").glob("last-*"))
        epoch = json.loads((newest / "position.json").read_bytes())["epoch"]
        alone("--resume", folder, "--epochs", epoch + 1)
        assert len(curve(folder)) == epoch + 1 and done >= 1


@pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")
def test_torchrun_starts_all_again_and_they_continue(tmp_path):
    folder, process = killed(tmp_path, random.Random(5), 0, restarts=1)
    try:
        done = len(curve(folder))
        wait_for_epoch(folder, process, done + 5)
        notes = [json.loads(line).get("notes", []) for line in (folder / "events.jsonl").read_text().splitlines()]
        assert any("resuming after" in note for each in notes for note in each)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=120)
