"""Compiled kernels kept as shared libraries: what is kept is what Numba made, and runs need neither Numba nor LLVM."""

import ctypes
import json
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest

numba = pytest.importorskip("numba")

from nnctl import kernels  # noqa: E402
from nnctl.kernels.toolchain import cache, load_library, object_layout  # noqa: E402

linked = pytest.mark.skipif(shutil.which("cc") is None, reason="this machine has no linker")
MODELS = {
    "chain": """{dataset: iris, layers: [{Dense: {units: 8, activation: relu}}, {Dense: {units: 3, activation:
    softmax}}],
        loss: scce, epochs: 3}""",
    "convolutions": """{dataset: digits, layers: [{Reshape: {target_shape: [8, 8, 1]}},
        {Conv2D: {filters: 16, kernel_size: 3, activation: relu}}, {Conv2D: {filters: 8, kernel_size: 3, activation:
        relu}}, MaxPooling2D, {Conv2D: {filters: 4, kernel_size: 1}}, MaxPooling2D, Flatten, {Dense: {units: 10,
        activation: softmax}}], loss: scce, epochs: 1, batch_size: 64, optimizer: {adamw: {weight_decay: 0.01}}}""",
    "recurrent": """{dataset: japanese_vowels, layers: [
        {Bidirectional: {layer: {LSTM: {units: 8, return_sequences: true}}}}, {GRU: {units: 8}},
        {Dense: {units: 9, activation: softmax}}], loss: scce, epochs: 1}""",
    "ctc": """{dataset: digit_lines, layers: [{Reshape: {target_shape: [-1, 8]}},
        {LSTM: {units: 4, return_sequences: true}}, {Dense: {units: 11, activation: softmax}}], loss: ctc, epochs:
        1}""",
}
# Kernels that only other kernels call, and tests: what they give is not made for Python.
HELPERS = {"recurrent_cells.sigmoid", "recurrent_cells.tanh", "gemm.packed_of"}
TRAIN = """
import sys
from pathlib import Path
from nnctl import config
from nnctl.training import runner
runner.train(config.loads(sys.argv[1]), folder=Path(sys.argv[2]))
print("numba" in sys.modules, "llvmlite" in sys.modules)
"""


def weights(folder: Path) -> bytes:
    from safetensors.numpy import load_file

    return b"".join(value.tobytes() for _, value in sorted(load_file(folder / "model.safetensors").items()))


def train(text: str, folder: Path, **environment: str) -> str:
    command = [sys.executable, "-c", TRAIN, text, str(folder)]
    env = {**os.environ, kernels.SWITCH: "numba", **environment}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.strip()


@linked
@pytest.mark.parametrize(
    "name", ["chain", "convolutions", *(pytest.param(name, marks=pytest.mark.slow) for name in ("recurrent", "ctc"))]
)
def test_the_second_run_imports_no_compiler_and_gives_the_same(name, tmp_path):
    train(MODELS[name], tmp_path / "first")
    assert train(MODELS[name], tmp_path / "second") == "False False"
    assert weights(tmp_path / "first") == weights(tmp_path / "second")
    failed = {path.name.rpartition("-")[0] for path in (cache.folder() / cache.version()).glob("*.none")}
    assert failed <= HELPERS


@linked
@pytest.mark.slow
def test_without_a_linker_numba_goes_on_with_the_same_numbers(tmp_path):
    text = MODELS["convolutions"]
    train(text, tmp_path / "linked")
    assert train(text, tmp_path / "not", PATH=str(tmp_path), XDG_CACHE_HOME=str(tmp_path / "cache")) == "True True"
    assert weights(tmp_path / "linked") == weights(tmp_path / "not")
    assert not list((tmp_path / "cache").rglob("*.so"))


@linked
def test_each_kind_of_argument_has_its_own_function():
    dense = kernels.Kernels().dense
    rng = np.random.default_rng(0)
    x, w, bias = rng.normal(size=(6, 5)), rng.normal(size=(5, 4)), rng.normal(size=4)
    x, w, bias = (each.astype(np.float32) for each in (x, w, bias))
    y = np.empty((6, 4), np.float32)
    dense.forward(x, w, bias, y)
    assert type(dense.forward).__name__ == "builtin_function_or_method"
    frozen = w.copy()
    frozen.flags.writeable = False
    apart = np.empty((5, 8), np.float32)[:, ::2]
    apart[...] = w
    mapped = w.view(type("Kin", (np.ndarray,), {}))
    for other in (frozen, mapped, np.asfortranarray(w)[:, :]):
        y[...] = 0
        dense.forward(x, np.ascontiguousarray(other), bias, y)
        np.testing.assert_allclose(y, x @ w + bias, rtol=1e-5, atol=1e-6)
        y[...] = 0
        if other.flags.c_contiguous:
            dense.forward(x, other, bias, y)
            np.testing.assert_allclose(y, x @ w + bias, rtol=1e-5, atol=1e-6)


@linked
def test_types_of_other_names_are_the_same_type():
    waiting = kernels.Kernels().spin_barrier
    for kind in (np.int64, np.longlong):
        assert waiting.until(np.ones(1, kind), 1, 1) is True


@linked
def test_strides_are_kinds_too():
    transpose = kernels.Kernels().transpose
    a = np.arange(40, dtype=np.float32).reshape(5, 8)
    for view in (a, a[:, :5], a[:, 3:]):
        b = np.empty(view.shape[::-1], np.float32)
        transpose.transpose(view, b)
        np.testing.assert_array_equal(b, view.T)


@linked
def test_wrong_arguments_are_errors_of_python(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))  # where it is noted that there is no library for them
    waiting = kernels.Kernels().spin_barrier
    flag = np.zeros(1, np.int64)
    assert waiting.until(flag, 0, 1) is True and waiting.until(flag, 1, 1) is False
    with pytest.raises(Exception, match=r"until|argument|missing"):
        waiting.until(flag, 0)
    with pytest.raises(TypeError):
        waiting.until(flag, 0, None)


def cut_off(base: Path, *spared: str) -> list[Path]:
    """Leaves 1000 bytes of every library under a cache folder but those spared; gives their paths."""
    paths = [path for path in base.rglob("*.so") if not path.name.startswith(spared)]
    for path in paths:
        path.write_bytes(path.read_bytes()[:1000])
    return paths


@linked
@pytest.mark.slow  # test_a_damaged_cache_gives_the_same_numbers_and_no_crash is a smaller one of its kind
def test_a_library_that_is_cut_off_is_made_again(tmp_path):
    """Of libraries that are quickly made; a chain's own, which takes half a minute, is only in the slow test."""
    text = MODELS["chain"]
    train(text, tmp_path / "one")
    home = tmp_path / "nnctl" / "kernels"
    wanted = (cache.version(), ".so", ".o", ".py")  # no files that another test is writing now
    shutil.copytree(cache.folder(), home, ignore=lambda _, names: {n for n in names if not n.endswith(wanted)})
    cut = cut_off(home, "dense_chain.")
    train(text, tmp_path / "two", XDG_CACHE_HOME=str(tmp_path))
    assert weights(tmp_path / "one") == weights(tmp_path / "two")
    made_again = {path.name.partition("-")[0] for path in cut if path.is_file() and path.stat().st_size > 1000}
    assert made_again >= {"bias_relu.relu_in_place", "dense.forward", "dense.losses_of"}
    assert train(text, tmp_path / "three", XDG_CACHE_HOME=str(tmp_path)) == "False False"


@linked
@pytest.mark.slow
def test_all_libraries_that_are_cut_off_are_made_again(tmp_path):
    text = MODELS["chain"]
    train(text, tmp_path / "one", XDG_CACHE_HOME=str(tmp_path))
    cut_off(tmp_path)
    train(text, tmp_path / "two", XDG_CACHE_HOME=str(tmp_path))
    assert weights(tmp_path / "one") == weights(tmp_path / "two")
    assert train(text, tmp_path / "three", XDG_CACHE_HOME=str(tmp_path)) == "False False"


def faults(count: int, seed: int, folder: Path) -> dict[str, int]:
    command = [sys.executable, str(Path(__file__).with_name("cache_faults.py")), str(count), str(seed)]
    env = {**os.environ, "XDG_CACHE_HOME": str(folder)}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    print(done.stdout, done.stderr)
    assert done.returncode == 0
    return json.loads(done.stdout)


@linked
@pytest.mark.parametrize(("count", "seed"), [(4, 1), pytest.param(200, 2, marks=pytest.mark.slow)])
def test_a_damaged_cache_gives_the_same_numbers_and_no_crash(count, seed, tmp_path):
    found = faults(count, seed, tmp_path)
    assert (found.get("silent"), found.get("signals"), found.get("errors")) == (None, None, None)
    assert found["made again"] == count


@linked
def test_processes_that_build_at_once_do_not_disturb_each_other(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    children = []
    for _ in range(3):
        child = os.fork()
        if child == 0:
            try:
                waiting = kernels.Kernels().spin_barrier
                right = [waiting.until(np.full(1, value, np.int64), 1, 1) for value in (0, 1)] == [False, True]
                os._exit(0 if right and type(waiting.until).__name__ == "builtin_function_or_method" else 1)
            finally:
                os._exit(2)
        children.append(child)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0, 0, 0]
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.suffix == ".so" for path in files)
    assert all(cache.read(path) is not None for path in files)  # nothing half written, nothing temporary


@linked
def test_a_library_made_in_a_process_without_a_cache_is_used_there(tmp_path, monkeypatch):
    """Read-only and empty, or full, or somebody else's: libraries are linked elsewhere and loaded from memory."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    cache.folder().chmod(0o777)
    assert "other users can write" in cache.problem()
    waiting = kernels.Kernels().spin_barrier
    assert waiting.until(np.ones(1, np.int64), 1, 1) is True
    assert type(waiting.until).__name__ == "builtin_function_or_method"
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@linked
@pytest.mark.parametrize("refused", ["in memory", "everywhere"])
def test_a_system_that_loads_nothing_from_memory(tmp_path, monkeypatch, refused):
    """A temporary file takes the memory's place; where nothing at all is loaded, Numba's function goes on."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def refuse(*_):
        raise OSError("refused")

    monkeypatch.setattr(os, "memfd_create", refuse)
    if refused == "everywhere":
        monkeypatch.setattr(tempfile, "mkstemp", refuse)
    waiting = kernels.Kernels().spin_barrier
    assert waiting.until(np.ones(1, np.int64), 1, 1) is True
    made = type(waiting.until).__name__ == "builtin_function_or_method"
    assert made == (refused == "in memory")
    assert len(list(tmp_path.rglob("*.so"))) == made
    assert len(list(tmp_path.rglob("*.none"))) == (not made)


@linked
def test_every_library_is_loaded_anew():
    """The linker takes two files of one path for one library, and a closed file's number is used again."""
    waiting = kernels.Kernels().spin_barrier
    waiting.until(np.ones(1, np.int64), 1, 1)
    content = cache.read(next(cache.of_version().glob("spin_barrier.until-*.so")))
    first, second = load_library.load(content, "a"), load_library.load(content, "a")
    ctypes.c_int64.in_dll(first, object_layout.LOCK).value = 7
    assert ctypes.c_int64.in_dll(second, object_layout.LOCK).value == 0
    for other in (b"", b"no library" * 100):
        with pytest.raises(OSError, match=r"."):
            load_library.load(other, "a")


@linked
def test_a_link_that_failed_is_tried_again_the_next_day(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "cc").write_text('#!/bin/sh\necho x >> "$0.calls"\necho cannot >&2\nexit 1\n')
    (tools / "cc").chmod(0o755)
    flag, [calls] = np.ones(1, np.int64), [tools / "cc.calls"]

    def kind_of_function():
        waiting = kernels.Kernels().spin_barrier
        assert waiting.until(flag, 1, 1) is True
        return type(waiting.until).__name__

    with monkeypatch.context() as patch:
        patch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
        for _ in range(2):
            assert kind_of_function() == "CPUDispatcher"
        assert calls.read_text() == "x\n"
    assert kind_of_function() == "CPUDispatcher"
    [mark] = tmp_path.rglob("*.none")
    os.utime(mark, (time.time() - 86400 - 60,) * 2)
    assert kind_of_function() == "builtin_function_or_method"


@linked
def test_a_linker_without_room_is_not_remembered(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "cc").write_text("#!/bin/sh\necho 'ld: final link failed: No space left on device' >&2\nexit 1\n")
    (tools / "cc").chmod(0o755)
    with monkeypatch.context() as patch:
        patch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
        waiting = kernels.Kernels().spin_barrier
        assert waiting.until(np.ones(1, np.int64), 1, 1) is True
    assert not list(tmp_path.rglob("*.none"))
    waiting = kernels.Kernels().spin_barrier
    assert waiting.until(np.ones(1, np.int64), 1, 1) is True
    assert type(waiting.until).__name__ == "builtin_function_or_method"


def test_no_file_of_numba_itself_is_used(tmp_path, monkeypatch):
    """A pickle put in the place of a function's compiled code is not loaded."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    from nnctl.kernels.toolchain.jit import compiled, for_python

    def double(x):
        return 2 * x

    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "trapped"),)

    assert for_python(compiled()(double))(3) == 6
    [kept] = tmp_path.rglob("*.nbc")
    assert not list(tmp_path.rglob("*.nbi"))
    again = for_python(compiled()(double))
    assert again(3) == 6 and sum(again.stats.cache_hits.values()) == 1
    kept.write_bytes(pickle.dumps(Trap()))
    once_more = for_python(compiled()(double))
    assert once_more(3) == 6 and not once_more.stats.cache_hits
    assert not (tmp_path / "trapped").exists()
    assert sum(for_python(compiled()(double)).stats.cache_hits.values()) == 0
    last = for_python(compiled()(double))
    assert last(3) == 6 and sum(last.stats.cache_hits.values()) == 1


def test_a_kernel_for_other_kernels_refuses_to_be_called():
    from nnctl.kernels.toolchain.jit import compiled

    def double(x):
        return 2 * x

    with pytest.raises(TypeError, match="double is for other kernels"):
        compiled()(double)(3)
