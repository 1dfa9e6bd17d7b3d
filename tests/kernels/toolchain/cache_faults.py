"""Damages a kernel cache in one way after another and says what came of each: `python cache_faults.py COUNT SEED`.

One process compiles a few kernels into the cache that XDG_CACHE_HOME names. For every fault, a fork of it that has
loaded nothing yet uses them, and their results are held against NumPy's. Prints the counts as JSON.
"""

import collections
import json
import os
import random
import sys
import time
import traceback
from pathlib import Path

import numba  # noqa: F401  # once, rather than in every fork
import numpy as np

from nnctl import kernels
from nnctl.kernels.toolchain import build, cache, shared_library, verified_files  # noqa: F401

KINDS = ("flip", "flip", "flip", "cut", "empty", "delete", "swap", "append")


def use() -> None:
    """Calls the kernels, one of which calls others; AssertionError where a number is wrong."""
    transpose, waiting, relu = (kernels.Kernels().transpose, kernels.Kernels().spin_barrier,
                                kernels.Kernels().bias_relu)  # fmt: skip
    a = np.arange(35, dtype=np.float32).reshape(5, 7)
    b = np.empty((7, 5), np.float32)
    transpose.transpose(a, b)
    assert (b == a.T).all(), "transpose.transpose"
    assert waiting.until(np.ones(1, np.int64), 1, 1) is True, "spin_barrier.until"
    assert waiting.until(np.zeros(1, np.int64), 1, 1) is False, "spin_barrier.until"
    y, dy, dbias = a - 17, np.ones((5, 7), np.float32), np.zeros(7, np.float32)
    relu.relu_backward(y, dy, dbias)
    assert (dy == (y > 0)).all() and (dbias == dy.sum(0)).all(), "bias_relu.relu_backward"


def in_a_fork() -> int:
    """How a fork that uses the kernels ended: its exit code, or minus the signal that ended it."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        code = 3
        try:
            use()
            code = 0
        except AssertionError:
            traceback.print_exc()
            code = 2
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def files() -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(cache.folder().rglob("*")) if path.is_file()}


def restore(whole: dict[Path, bytes]) -> None:
    for path in files().keys() - whole.keys():
        path.unlink()
    for path, content in whole.items():
        if not path.exists() or path.read_bytes() != content:
            path.write_bytes(content)


def damage(path: Path, kind: str, others: list[Path], rng: random.Random) -> None:
    content = bytearray(path.read_bytes())
    if kind == "flip":
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
        path.write_bytes(content)
    elif kind == "cut":
        path.write_bytes(content[: rng.randrange(1, len(content))])
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "append":
        path.write_bytes(content + content[:100])
    elif kind == "delete":
        path.unlink()
    else:
        other = rng.choice([each for each in others if each.suffix == path.suffix and each != path])
        path.write_bytes(other.read_bytes())
        other.write_bytes(content)


def main(count: int, seed: int) -> None:
    began = time.perf_counter()
    assert in_a_fork() == 0
    whole = files()
    assert {path.suffix for path in whole} == {".so", ".nbc", ".o"}, whole.keys()
    rng, found = random.Random(seed), collections.Counter()
    first_seconds = time.perf_counter() - began
    for number in range(count):
        path = rng.choice(list(whole))
        kind = rng.choice(KINDS)
        if kind == "swap" and sum(each.suffix == path.suffix for each in whole) == 1:
            kind = "flip"  # there is no other
        damage(path, kind, list(whole), rng)
        if path.suffix != ".so":  # what libraries are made of is read where there is no library
            for each in whole:
                if each.suffix == ".so":
                    each.unlink()
        refused = cache.read(path) is None
        ended = in_a_fork()
        if not refused or ended == 2:
            found["silent"] += 1
        elif ended < 0:
            found["signals"] += 1
        elif ended:
            found["errors"] += 1
        else:
            found["made again" if cache.read(path) is not None else "not needed"] += 1
        found[f"{kind} {path.suffix}"] += 1
        if not refused or ended:
            print(number, kind, path.name, refused, ended, file=sys.stderr)
        restore(whole)
    print(f"first {first_seconds:.1f} s, all {time.perf_counter() - began:.1f} s", file=sys.stderr)
    print(json.dumps(found))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
