"""Compiled kernels kept as shared libraries: what is kept is what Numba made, and runs need neither Numba nor LLVM."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

numba = pytest.importorskip("numba")

from nnctl import kernels  # noqa: E402
from nnctl.kernels import cache, library  # noqa: E402

linked = pytest.mark.skipif(shutil.which("cc") is None, reason="this machine has no linker")
MODELS = {
    "chain": """{dataset: iris, layers: [{Dense: {units: 8, activation: relu}}, {Dense: {units: 3, activation: softmax}}],
        loss: scce, epochs: 3}""",
    "convolutions": """{dataset: digits, layers: [{Reshape: {target_shape: [8, 8, 1]}},
        {Conv2D: {filters: 16, kernel_size: 3, activation: relu}}, {Conv2D: {filters: 8, kernel_size: 3, activation: relu}},
        MaxPooling2D, {Conv2D: {filters: 4, kernel_size: 1}}, MaxPooling2D, Flatten,
        {Dense: {units: 10, activation: softmax}}],
        loss: scce, epochs: 1, batch_size: 64, optimizer: {adamw: {weight_decay: 0.01}}}""",
    "recurrent": """{dataset: japanese_vowels, layers: [
        {Bidirectional: {layer: {LSTM: {units: 8, return_sequences: true}}}}, {GRU: {units: 8}},
        {Dense: {units: 9, activation: softmax}}], loss: scce, epochs: 1}""",
    "ctc": """{dataset: digit_lines, layers: [{Reshape: {target_shape: [-1, 8]}},
        {LSTM: {units: 4, return_sequences: true}}, {Dense: {units: 11, activation: softmax}}], loss: ctc, epochs: 1}""",
}
# Kernels that only other kernels call, and tests: what they give is not made for Python.
HELPERS = {"gates.sigmoid", "gates.tanh", "products.packed_of"}
TRAIN = """
import sys
from pathlib import Path
from nnctl import spec
from nnctl.training import runner
runner.train(spec.loads(sys.argv[1]), folder=Path(sys.argv[2]))
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
@pytest.mark.parametrize("name", MODELS)
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
    dense = library.Compiled("dense")
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
    waiting = library.Compiled("waiting")
    for kind in (np.int64, np.longlong):
        assert waiting.until(np.ones(1, kind), 1, 1) is True


@linked
def test_strides_are_kinds_too():
    turning = library.Compiled("turning")
    a = np.arange(40, dtype=np.float32).reshape(5, 8)
    for view in (a, a[:, :5], a[:, 3:]):
        b = np.empty(view.shape[::-1], np.float32)
        turning.turn(view, b)
        np.testing.assert_array_equal(b, view.T)


@linked
def test_wrong_arguments_are_errors_of_python():
    waiting = library.Compiled("waiting")
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
def test_a_library_that_is_cut_off_is_made_again(tmp_path):
    """Of libraries that are quickly made; a chain's own, which takes half a minute, is only in the slow test."""
    text = MODELS["chain"]
    train(text, tmp_path / "one")
    home = tmp_path / "nnctl" / "kernels"
    wanted = (cache.version(), ".so", ".o", ".py")  # no files that another test is writing now
    shutil.copytree(cache.folder(), home, ignore=lambda _, names: {n for n in names if not n.endswith(wanted)})
    cut = cut_off(home, "chain.")
    train(text, tmp_path / "two", XDG_CACHE_HOME=str(tmp_path))
    assert weights(tmp_path / "one") == weights(tmp_path / "two")
    made_again = {path.name.partition("-")[0] for path in cut if path.is_file() and path.stat().st_size > 1000}
    assert made_again >= {"bias.relu_in_place", "dense.forward", "dense.losses_of"}
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
