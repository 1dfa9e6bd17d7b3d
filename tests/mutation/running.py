"""A module's tests in a forked process, with one mutant of it in memory."""

from __future__ import annotations

import ast
import importlib.abc
import importlib.util
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.mutation.mutants import Mutant, mutants

ROOT = Path(__file__).parents[2]
HEAVY = ("numpy", "pydantic", "yaml", "duckdb", "safetensors.numpy", "hypothesis", "hypothesis.strategies", "click",
         "rich.console", "threadpoolctl", "numpy.testing", "numpy.ma", "doctest", "unittest.mock")  # fmt: skip


@dataclass
class Result:
    """What became of a mutant: killed (a test failed), late (stopped, which counts as killed) or survived."""

    mutant: Mutant
    killed: bool
    late: bool = False


@dataclass
class _Child:
    pid: int
    ends: float
    mutant: Mutant | None
    started: float = field(default_factory=time.monotonic)


def load_what_is_heavy() -> None:
    """Imports what all tests need and no mutant changes, before anything is forked."""
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    for name in ("pytest", *HEAVY):
        importlib.import_module(name)
    for path in (str(ROOT), str(ROOT / "tests")):
        if path not in sys.path:
            sys.path.insert(0, path)
    assert "nnctl" not in sys.modules, "the package has to be imported in the forked process"


def tree_of(file: str) -> ast.Module:
    return ast.parse((ROOT / file).read_text(encoding="utf-8"))


def baseline(file: str, tests: Sequence[str]) -> float:
    """Seconds that the tests of a module take without a mutant. Raises RuntimeError where they fail."""
    child = _forked(file, tree_of(file), None, tests, 600)
    _, status = os.waitpid(child.pid, 0)
    if status:
        raise RuntimeError(f"{file}: its tests fail without a mutant: pytest {' '.join(tests)}")
    return time.monotonic() - child.started


def run(file: str, tests: Sequence[str], chosen: Sequence[int], limit: float, jobs: int) -> Iterator[Result]:
    """The mutants of a module of these numbers; what became of each, in the order in which they end.

    limit: seconds after which a mutant is stopped.
    """
    tree = tree_of(file)
    every = list(mutants(tree))
    waiting, running = [every[number] for number in chosen], dict[int, _Child]()
    while waiting or running:
        while waiting and len(running) < jobs:
            child = _forked(file, tree, waiting.pop(0), tests, limit)
            running[child.pid] = child
        for pid, child in list(running.items()):
            done, status = os.waitpid(pid, os.WNOHANG)
            late = not done and time.monotonic() > child.ends
            if late:
                os.killpg(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            if done or late:
                del running[pid]
                yield Result(child.mutant, late or status != 0, late)
        time.sleep(0.005)


def _forked(file: str, tree: ast.Module, mutant: Mutant | None, tests: Sequence[str], limit: float) -> _Child:
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.setsid()  # so that what the tests start is stopped with them
            code = _child(file, tree, mutant, tests)
        finally:
            os._exit(code)
    return _Child(pid, time.monotonic() + limit, mutant)


def _child(file: str, tree: ast.Module, mutant: Mutant | None, tests: Sequence[str]) -> int:
    import hypothesis
    import pytest

    os.chdir(ROOT)
    silent = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(silent, stream)
    # the same examples for every mutant, nothing written, and no time spent on making a failing one small
    phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
    hypothesis.settings.register_profile("mutation", derandomize=True, database=None, phases=phases, deadline=None)
    hypothesis.settings.load_profile("mutation")
    if mutant is not None:
        mutant.put()
    sys.meta_path.insert(0, _Mutated(file, compile(tree, str(ROOT / file), "exec")))
    return int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "--no-header", *tests]))


class _Mutated(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives the mutated code where the module is imported."""

    def __init__(self, file: str, code: object):
        self.name = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        self.file, self.code = file, code

    def find_spec(self, name, path=None, target=None):
        if name != self.name:
            return None
        return importlib.util.spec_from_loader(name, self, origin=str(ROOT / self.file))

    def exec_module(self, module):
        module.__file__ = str(ROOT / self.file)
        exec(self.code, module.__dict__)
