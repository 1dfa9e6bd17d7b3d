"""A module's tests, run once for every mutant of it in a forked process."""

from __future__ import annotations

import ast
import contextlib
import functools
import gc
import importlib
import importlib.abc
import importlib.util
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

from .mutants import Mutant, mutants

ROOT = Path(__file__).parents[2]
HEAVY = ("numpy", "pydantic", "yaml", "duckdb", "safetensors.numpy", "hypothesis", "hypothesis.strategies", "click",
         "threadpoolctl", "numpy.testing", "numpy.ma", "doctest", "unittest.mock")  # fmt: skip
LEAST = 3.0  # seconds before a mutant is stopped; ten times what its tests take is added


def load_what_is_heavy() -> None:
    """Imports what all tests need and no mutant changes, before anything is forked."""
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    for path in (str(ROOT), str(ROOT / "tests")):
        if path not in sys.path:
            sys.path.insert(0, path)
    for name in ("pytest", *HEAVY):
        importlib.import_module(name)
    assert "nnctl" not in sys.modules, "the package has to be imported in the forked processes"


def tree_of(file: str) -> ast.Module:
    return ast.parse((ROOT / file).read_text(encoding="utf-8"))


def name_of(file: str) -> str:
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def survivors_of(file: str, tests: Sequence[str], chosen: Sequence[int], jobs: int) -> Iterator[int]:
    """The numbers of those mutants that survive, as they are known. Raises RuntimeError where the tests fail anyway."""
    reading, writing = os.pipe()
    pid = _forked(functools.partial(_all_of_a_module, file, tests, list(chosen), jobs, writing))
    os.close(writing)
    with open(reading, encoding="utf-8") as lines:
        for line in lines:
            yield int(line)
    if os.waitpid(pid, 0)[1]:
        raise RuntimeError(f"{file}: its tests fail without a mutant, or no longer collect: pytest {' '.join(tests)}")


def _forked(work: Callable[[], int]) -> int:
    sys.stdout.flush()
    if pid := os.fork():
        return pid
    code = 1
    try:
        os.setsid()  # so that what the tests start is stopped with them
        code = work()
    finally:
        os._exit(code)


def _pytest(tests: Sequence[str], *plugins: object) -> int:
    import hypothesis
    import pytest

    os.chdir(ROOT)
    if not os.environ.get("MUTATION_LOUD"):
        silent = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(silent, stream)
    # the same examples for every mutant, nothing written, and no time spent on making a failing one small
    phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
    hypothesis.settings.register_profile("mutation", derandomize=True, database=None, phases=phases, deadline=None)
    hypothesis.settings.load_profile("mutation")
    options = ["-x", "-q", "-p", "no:cacheprovider", "-n", "0", "--tb=native"]
    return int(pytest.main([*options, *tests], plugins=list(plugins)))


def _all_of_a_module(file: str, tests: Sequence[str], chosen: list[int], jobs: int, told: int) -> int:
    """Collects the tests once; then forks for every mutant that lies in a function's body. Those elsewhere (constants,
    defaults) work when a module is imported: they are given a process that has not imported the package yet."""
    tree = tree_of(file)
    every = list(mutants(tree))
    inside = [number for number in chosen if every[number].inside]
    outside = [number for number in chosen if not every[number].inside]
    # what is outside is forked from here, where the package is not imported; the rest from within the tests' session
    session = _Session(file, tree, [(number, every[number]) for number in inside], jobs, told)
    pid = _forked(lambda: _pytest(tests, session))
    if os.waitpid(pid, 0)[1]:
        return 1

    def afresh(mutant: Mutant) -> int:
        mutant.put()
        sys.meta_path.insert(0, _Mutated(file, compile(tree, str(ROOT / file), "exec")))
        return _pytest(tests)

    work = [(number, functools.partial(afresh, every[number]), 120.0) for number in outside]
    _run(work, jobs, told)
    return 0


def _run(work: list[tuple[int, Callable[[], int], float]], jobs: int, told: int) -> None:
    """Forks for each piece of work: (mutant's number, what to do, seconds it may take). Tells which end in 0."""
    running: dict[int, tuple[int, float]] = {}
    while work or running:
        while work and len(running) < jobs:
            number, function, limit = work.pop(0)
            running[_forked(function)] = number, time.monotonic() + limit
        for pid, (number, ends) in list(running.items()):
            done, status = os.waitpid(pid, os.WNOHANG)
            late = not done and time.monotonic() > ends
            if late:
                os.killpg(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            if done or late:
                del running[pid]
                if done and status == 0:
                    os.write(told, f"{number}\n".encode())
        time.sleep(0.002)


class _Session:
    """A pytest plugin in place of pytest's own loop over the tests."""

    def __init__(self, file: str, tree: ast.Module, chosen: list[tuple[int, Mutant]], jobs: int, told: int):
        self.file, self.tree, self.chosen, self.jobs, self.told = file, tree, chosen, jobs, told

    def pytest_runtestloop(self, session) -> bool:
        if session.testsfailed or not session.items:
            raise session.Interrupted("the tests do not collect")
        reading, writing = os.pipe()
        pid = _forked(lambda: self._baseline(session, writing))
        os.close(writing)
        with open(reading, encoding="utf-8") as lines:
            known = json.load(lines)  # of each test: the seconds it takes, and the functions of the module it calls
        if os.waitpid(pid, 0)[1]:
            session.testsfailed = 1
            raise session.Failed("the tests fail without a mutant")
        gc.collect()
        gc.freeze()  # what is there now need not be looked at, and so copied, in every process
        work = []
        for number, mutant in self.chosen:
            tests = [(taken, at) for at, (taken, called) in enumerate(known) if mutant.body in called]
            items = [session.items[at] for _, at in sorted(tests)]  # the quick ones first
            one = functools.partial(self._mutated, session, mutant, items)
            work.append((number, one, LEAST + 10 * sum(taken for taken, _ in tests)))
        _run(work, self.jobs, self.told)
        return True

    def _baseline(self, session, told: int) -> int:
        path, known = str(ROOT / self.file), []
        for item in session.items:
            called: set[int] = set()

            def note(frame, event, argument, called=called):
                if frame.f_code.co_filename == path:
                    called.add(frame.f_code.co_firstlineno)

            started = time.monotonic()
            threading.settrace(note)
            sys.settrace(note)
            item.ihook.pytest_runtest_protocol(item=item, nextitem=None)
            sys.settrace(None)
            threading.settrace(None)
            known.append((time.monotonic() - started, called))
            if session.testsfailed:
                return 1
        names = {line: name for node in self.tree.body for line, name in _bodies(node)}
        found = [(seconds, sorted({names[line] for line in called if line in names})) for seconds, called in known]
        with open(told, "w", encoding="utf-8") as file:
            json.dump(found, file)
        return 0

    def _mutated(self, session, mutant: Mutant, items: list) -> int:
        mutant.put()
        module = sys.modules[name_of(self.file)]
        code = compile(self.tree, module.__file__, "exec")
        if mutant.body not in _replaced(module, code):
            raise RuntimeError(f"{mutant.function} is not found in the module")
        for item in items:
            item.ihook.pytest_runtest_protocol(item=item, nextitem=None)
            if session.testsfailed:
                return 1
        return 0


def _bodies(node: ast.AST, name: str = "") -> Iterator[tuple[int, str]]:
    """(line, name of the outermost function around it) of all lines of a statement at a module's top."""
    if isinstance(node, ast.ClassDef):
        for each in node.body:
            yield from _bodies(each, f"{name}{node.name}.")
    elif isinstance(node, ast.FunctionDef):
        first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
        for line in range(first, node.end_lineno + 1):
            yield line, f"{name}{node.name}"


def _replaced(module: ModuleType, code: CodeType) -> set[str]:
    """Gives the functions and methods of a module their mutated code; their names."""
    codes = dict(_codes(code))
    done = set()
    for function in _functions(module):
        name = function.__code__.co_qualname
        if name in codes:
            function.__code__ = codes[name]
            done.add(name)
    return done


def _codes(code: CodeType) -> Iterator[tuple[str, CodeType]]:
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield each.co_qualname, each
            if "<locals>" not in each.co_qualname:
                yield from _codes(each)


def _functions(module: ModuleType) -> Iterator[FunctionType]:
    places = [vars(module)]
    places += [vars(each) for each in vars(module).values()
               if isinstance(each, type) and each.__module__ == module.__name__]  # fmt: skip
    for place in places:
        for each in list(place.values()):
            for name in ("__wrapped__", "fget", "__func__", "func"):
                with contextlib.suppress(AttributeError):
                    each = getattr(each, name) if not isinstance(each, FunctionType) else each
            if isinstance(each, FunctionType) and each.__module__ == module.__name__:
                yield each


class _Mutated(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives the mutated code where the module is imported."""

    def __init__(self, file: str, code: CodeType):
        self.name, self.file, self.code = name_of(file), file, code

    def find_spec(self, name, path=None, target=None):
        if name != self.name:
            return None
        return importlib.util.spec_from_loader(name, self, origin=str(ROOT / self.file))

    def exec_module(self, module):
        module.__file__ = str(ROOT / self.file)
        exec(self.code, module.__dict__)
