"""Data larger than memory is used for training, evaluation and prediction, with the same bits as data in memory."""

import json
import os
import subprocess
import sys
import textwrap
import zipfile

import numpy as np
import pytest

from nnctl import config
from nnctl.api import load
from nnctl.data import lazy_array
from nnctl.data.readers import row_file
from nnctl.errors import DataError
from nnctl.training import runner
from nnctl.training.events import IterationEnded

resource = pytest.importorskip("resource")  # not on Windows

N = 400
RNG = np.random.default_rng(0)
Y = RNG.integers(0, 3, N)
FLOATS = RNG.normal(size=(N, 12)) + Y[:, None]
IMAGES = (RNG.random((N, 6, 6, 1)) * 80 + Y[:, None, None, None] * 60).astype(np.uint8)

DENSE = "[{Dense: {units: 16, activation: relu}}, {Dense: {units: 3, activation: softmax}}]"
CONVOLUTION = (
    "[{Conv2D: {filters: 4, kernel_size: 3}}, BatchNormalization, Flatten, {Dense: {units: 3, activation: softmax}}]"
)
CODER = "[{Dense: {units: 5}}, {Dense: {units: 12}}]"
SPARSE = "sparse_categorical_crossentropy"
CASES = {
    "dense": ({"x": FLOATS.astype(np.float32), "y": Y}, DENSE, SPARSE, ""),
    "scaled float64": ({"x": FLOATS, "y": Y}, DENSE, SPARSE, "normalize: standard,"),
    "images": ({"x": IMAGES, "y": Y}, CONVOLUTION, SPARSE, ""),
    "one-hot": ({"x": FLOATS, "y": np.eye(3)[Y]}, DENSE, "categorical_crossentropy", ""),
    "autoencoder": ({"x": FLOATS}, CODER, "mse", "target: x, normalize: standard,"),
}
CONFIG = """
dataset: {{path: {path}, {dataset} split: {{validation: 0.2, test: 0.1}}}}
layers: {layers}
loss: {loss}
optimizer: adam
metrics: [{metric}]
epochs: 3
batch_size: 32
engine: {{threads: 2, shard_rows: 16, dtype: {dtype}}}
"""
WAYS = {"in memory": (1 << 40, np.savez), "in a file": (1, np.savez), "packed": (1, np.savez_compressed)}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", CASES)
def test_training_ends_in_the_same_bits_wherever_the_rows_are(case, dtype, tmp_path, monkeypatch):
    arrays, layers, loss, dataset = CASES[case]
    monkeypatch.setattr("nnctl.training.batching.GATHERED", 1)  # every shard gathers its own, however few
    found = {}
    for way, (size, write) in WAYS.items():
        monkeypatch.setattr(lazy_array, "LARGE", size)
        monkeypatch.setattr(row_file, "_LOADED", 0)
        path = tmp_path / "d.npz"  # one name, since a run's files hold it
        write(path, **arrays)
        checked = config.loads(CONFIG.format(path=path, layers=layers, loss=loss, dataset=dataset, dtype=dtype,
                                           metric="mae" if loss == "mse" else "accuracy"))  # fmt: skip
        folder = tmp_path / way
        ended = runner.train(checked, folder=folder)
        evaluated = load(folder).evaluation(split="validation")
        said = load(folder).predictions(str(path)).columns
        found[way] = (
            (folder / "model.safetensors").read_bytes(), (folder / "metrics.csv").read_bytes(), ended.test,
            json.loads((folder / "environment.json").read_text())["data"], evaluated.metrics,
            {name: column.tolist() for name, column in said.items()},
        )  # fmt: skip
    assert found["in a file"] == found["in memory"]
    assert found["packed"] == found["in memory"]


def test_a_file_cut_under_a_run_is_told_and_not_a_crash(tmp_path, monkeypatch):
    monkeypatch.setattr(lazy_array, "LARGE", 1)
    monkeypatch.setattr(row_file, "_LOADED", 0)
    path = tmp_path / "d.npz"
    np.savez(path, x=FLOATS, y=Y)
    checked = config.loads(CONFIG.format(path=path, layers=DENSE, loss=SPARSE, dataset="", dtype="float32",
                                       metric="accuracy"))  # fmt: skip

    def cut(event):
        if isinstance(event, IterationEnded) and event.step == 3:
            with path.open("r+b") as file:
                file.truncate(5000)

    with pytest.raises(DataError, match=r"was truncated from [\d,]+ to 5,000 bytes"):
        runner.train(checked, folder=tmp_path / "run", subscribers=[cut])


WIDTH = 4096
MB = 1 << 20
# What a process has before it trains: its libraries, and the memory that BLAS takes once and for all. One thread and
# one heap: with more, what they take would depend on timing.
ONE = {"OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1", "NNCTL_KERNELS": "numpy"}
CHILD = """
import resource, sys
import numpy as np
from nnctl.cli import main
import nnctl.training.runner, nnctl.data.load, nnctl.data.readers.npz, duckdb, safetensors.numpy
square = np.ones((300, 300), np.float32)
square @ square
room = int(sys.argv.pop(1))
[held] = [int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmData")]
resource.setrlimit(resource.RLIMIT_DATA, (held * 1024 + room, held * 1024 + room))
main()
"""


def write_large(path, size, packed=False):
    """Writes an npz file whose x has `size` bytes, few of which are in memory at a time."""
    count = size // (4 * WIDTH)
    y = np.arange(count) % 3
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED, compresslevel=1) as archive:
        with archive.open("x.npy", "w", force_zip64=True) as file:
            shape = {"descr": "<f4", "fortran_order": False, "shape": (count, WIDTH)}
            np.lib.format.write_array_header_1_0(file, shape)
            for first in range(0, count, 64):
                block = np.zeros((len(y[first : first + 64]), WIDTH), np.float32)
                block[:, :3] = np.eye(3)[y[first : first + 64]] * 3
                file.write(block.tobytes())
        with archive.open("y.npy", "w") as file:
            np.lib.format.write_array(file, y)


def train_within(tmp_path, room, size, packed=False, dataset="normalize: standard,"):
    path = tmp_path / "large.npz"
    write_large(path, size, packed)
    (tmp_path / "config.yaml").write_text(
        textwrap.dedent(f"""
        dataset: {{path: {path}, {dataset} split: {{validation: 0.1, test: 0.1}}}}
        layers: [{{Dense: {{units: 8, activation: relu}}}}, {{Dense: {{units: 3, activation: softmax}}}}]
        loss: {SPARSE}
        optimizer: adam
        epochs: 1
        engine: {{threads: 1}}
    """)
    )
    run = [sys.executable, "-c", CHILD, str(room)]
    return subprocess.run([*run, "train", str(tmp_path / "config.yaml"), "--run", str(tmp_path / "run"), "--json"],
                          capture_output=True, text=True, timeout=500, env=os.environ | ONE), run  # fmt: skip


linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="RLIMIT_DATA bounds a heap only, elsewhere")


@linux
def test_a_set_four_times_the_allowed_memory_trains_within_it(tmp_path):
    done, run = train_within(tmp_path, 60 * MB, 240 * MB)
    assert done.returncode == 0, done.stderr
    ended = json.loads(done.stdout.splitlines()[-1])
    assert ended["test"]["loss"] < 0.5 and ended["test"]["accuracy"] == 1.0
    folder, answers = str(tmp_path / "run"), str(tmp_path / "answers.csv")
    for command in (["eval", folder], ["predict", folder, str(tmp_path / "large.npz"), "-o", answers]):
        done = subprocess.run([*run, *command], capture_output=True, text=True, env=os.environ | ONE)
        assert done.returncode == 0, done.stderr


@linux
def test_the_same_set_packed_does_not_fit_and_says_so(tmp_path):
    # so the limit of the test above is one
    done, _ = train_within(tmp_path, 60 * MB, 240 * MB, packed=True)
    assert done.returncode == 2
    assert "does not fit into memory" in done.stderr and "uncompressed" in done.stderr


@linux
@pytest.mark.slow
@pytest.mark.parametrize("dataset", ["normalize: standard,", "normalize: minmax, missing: zero,", ""])
def test_a_set_forty_times_the_allowed_memory_trains_within_it(tmp_path, dataset):
    done, _ = train_within(tmp_path, 60 * MB, 2400 * MB, dataset=dataset)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["test"]["accuracy"] == 1.0
