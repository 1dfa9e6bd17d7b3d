"""Runs in which one file operation fails, or before which the process is killed: each in a process of its own that is
forked, so that nothing is imported twice and a run takes some hundredths of a second.

File operations are counted where Python makes them: opening a file below the run's folder, each write, flush and close of
one opened for writing, fsync, rename, mkdir, unlink, rmdir, truncate and listing a folder. `python -m
tests.training.fault_runs`, from the repository, prints the counts of all kinds.
"""

from __future__ import annotations

import builtins
import errno
import io
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from nnctl import cli
from nnctl.errors import NnctlError

KILL = "kill"
ERRORS = ("ENOSPC", "EIO", "EACCES")
KILLED = 137
SKIPPED = 99

CONFIG = """
name: small
dataset: iris
seed: 5
layers: [{Dense: {units: 6, activation: tanh}}, {Dropout: {rate: 0.2}}, {Dense: {units: 3, activation: softmax}}]
loss: sparse_categorical_crossentropy
optimizer: {adam: {learning_rate: LR}}
epochs: EPOCHS
batch_size: 45
callbacks: CALLBACKS
engine: {threads: 1}
"""


def config(callbacks="[{ModelCheckpoint: {every_epochs: 1}}]", epochs=3, rate=0.05):
    return CONFIG.replace("CALLBACKS", callbacks).replace("EPOCHS", str(epochs)).replace("LR", str(rate))


@dataclass
class Outcome:
    """How a command ended: its exit code, what it wrote to stderr, and the file operations that it made."""

    code: int
    stderr: str
    operations: list[str]


class Faults:
    """Counts the file operations below a folder, and lets the one of that number fail or kill the process."""

    def __init__(self, folder: Path, number: int | None = None, kind: str = KILL):
        self._folder, self._number, self._kind = os.path.realpath(folder), number, kind
        self.seen: list[str] = []

    def ours(self, path) -> bool:
        if isinstance(path, int):
            try:
                path = os.readlink(f"/proc/self/fd/{path}")
            except OSError:
                return False
        try:
            return os.path.realpath(os.fspath(path)).startswith(self._folder)
        except TypeError:
            return False

    def __call__(self, name: str, path="") -> None:
        """An operation is about to be made."""
        self.seen.append(name)
        if self._number is not None and len(self.seen) - 1 == self._number:
            if self._kind == KILL:
                os._exit(KILLED)
            raise OSError(getattr(errno, self._kind), os.strerror(getattr(errno, self._kind)), *([str(path)] if path else []))

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Python's file operations, counted. What is not below the folder is not."""
        real_open, before = builtins.open, {}

        def opened(file, mode="r", *args, **options):
            if not self.ours(file):
                return real_open(file, mode, *args, **options)
            self(f"open {mode}", file)
            found = real_open(file, mode, *args, **options)
            return Written(found, self) if set(mode) & set("wa+x") else found

        def counted(name, real):
            def call(path, *args, **options):
                if self.ours(path) or (options.get("dir_fd") is not None and self.ours(options["dir_fd"])):
                    self(name, path if isinstance(path, str | Path) else "")
                    if name == "fsync":  # the system stays up: the disk need not be waited for
                        return None
                return real(path, *args, **options)

            return call

        names = ("open", "fsync", "rename", "replace", "mkdir", "unlink", "remove", "rmdir", "scandir", "listdir", "truncate")
        for name in names:
            before[name] = getattr(os, name)
            setattr(os, name, counted(name, before[name]))
        builtins.open = io.open = opened
        try:
            yield
        finally:
            builtins.open = io.open = real_open
            for name, real in before.items():
                setattr(os, name, real)


class Written:
    """A file opened for writing, whose buffer is lost with the process as that of a real one."""

    def __init__(self, file, faults: Faults):
        self._file, self._faults = file, faults

    def write(self, data):
        self._faults("write")
        return self._file.write(data)

    def flush(self):
        self._faults("flush")
        self._file.flush()

    def close(self):
        if not self._file.closed:
            try:
                self._faults("close")
            finally:
                self._file.close()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def __getattr__(self, name):
        return getattr(self._file, name)


def nnctl(arguments, *, folder: Path, number: int | None = None, kind: str = KILL,
          during: Callable[[], None] | None = None) -> Outcome:  # fmt: skip
    """Runs the command in a forked process. number: of the file operation below `folder` that fails. during: called in
    the forked process before."""
    log, seen = folder.parent / f"{folder.name}.stderr", folder.parent / f"{folder.name}.operations"
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        try:
            _be_the_command([str(a) for a in arguments], Faults(folder, number, kind), log, seen, during)
        finally:
            os._exit(70)
    _, status = os.waitpid(pid, 0)
    operations = seen.read_text().splitlines() if seen.exists() else []
    text = log.read_text() if log.exists() else ""
    for path in (log, seen):
        path.unlink(missing_ok=True)
    return Outcome(os.waitstatus_to_exitcode(status), text, operations)


def _be_the_command(arguments, faults: Faults, log: Path, seen: Path, during) -> None:
    errors, nothing = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), os.open(os.devnull, os.O_WRONLY)
    os.dup2(errors, 2)
    os.dup2(nothing, 1)
    sys.stdout, sys.stderr = (io.TextIOWrapper(open(fd, "wb", closefd=False, buffering=0), write_through=True) for fd in (1, 2))  # noqa: SIM115
    signal.signal(signal.SIGINT, signal.default_int_handler)
    code = 70
    try:
        with faults.installed():
            if during:
                during()
            cli.program.main(arguments)
    except SystemExit as leaving:
        code = leaving.code
    except BaseException:
        traceback.print_exc()
    with open(seen, "w") as file:
        file.write("\n".join(faults.seen))
    os._exit(int(code or 0))


@cache
def warm_up() -> None:
    """Imports what runs import, once, so that forked processes need not."""
    import tempfile

    import nnctl.cli.train
    import nnctl.reports.run_report  # noqa: F401
    from nnctl import spec
    from nnctl.training import runner

    with tempfile.TemporaryDirectory() as folder:
        runner.train(spec.loads(config()), folder=Path(folder) / "run")
        with suppress(NnctlError):
            runner.resume(Path(folder) / "run")


def contents(folder: Path) -> dict[str, bytes]:
    """All of a run's folder whose bytes follow from its config: models, metrics, checkpoints; of the rest that it is
    there. Temporary files would be among it."""
    free = ("events.jsonl", "environment.json")
    return {
        str(path.relative_to(folder)): b"" if path.name in free else path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def led_on(folder: Path, config_file: Path) -> Outcome:
    """--resume, which must lead to the whole run; where the run was stopped before it began, it says so in one line and the
    run is started again."""
    resumed = nnctl(["train", "--resume", folder, "-q"], folder=folder)
    if "config.yaml was written" in resumed.stderr or "there is no such run" in resumed.stderr:
        assert resumed.code == 2
        resumed = nnctl(["train", config_file, "--run", folder, "-q"], folder=folder)
    elif "the run is finished: " in resumed.stderr:
        assert resumed.code == 2
        return resumed
    assert resumed.code == 0, resumed.stderr
    return resumed


def one_error(stderr: str) -> bool:
    """Whether this is one error, in one sentence with its place and a hint, and no traceback."""
    lines = [line for line in stderr.splitlines() if not line.startswith(" note:")]
    return "Traceback" not in stderr and [line[:7] for line in lines if not line.startswith(" ")] == ["error: "]


def spread(numbers: int, most: int | None) -> list[int]:
    """All of range(numbers), or `most` of them spread evenly, the last ones among them."""
    if most is None or numbers <= most:
        return list(range(numbers))
    return sorted({round(i * (numbers - 1) / (most - 1)) for i in range(most)})


def survived(tmp_path: Path, text: str, kind: str, most: int | None) -> dict[str, int]:
    """Runs with one fault each, resumed; raises AssertionError where one does not lead to the undisturbed run's bytes.
    Returns how many there were by what came of them."""
    config_file = tmp_path / "small.yaml"
    config_file.write_text(text)
    whole = tmp_path / "whole"
    warm_up()
    calm = nnctl(["train", config_file, "--run", whole, "-q"], folder=whole)
    assert calm.code == 0, calm.stderr
    expected = contents(whole)
    counts: dict[str, int] = {}
    for number in spread(len(calm.operations), most):
        folder = tmp_path / f"{kind}-{number}"
        struck = nnctl(["train", config_file, "--run", folder, "-q"], folder=folder, number=number, kind=kind)
        what = f"{kind} at operation {number}, {calm.operations[number]}"
        if kind == KILL:
            assert struck.code == KILLED, what
        else:
            assert "Traceback" not in struck.stderr, f"{what}: {struck.stderr}"
            assert struck.code == 0 or (struck.code in (1, 2) and one_error(struck.stderr)), f"{what}: {struck.stderr}"
        resumed = led_on(folder, config_file)
        found = contents(folder)
        assert found.keys() == expected.keys(), f"{what}: {found.keys() ^ expected.keys()}"
        assert found == expected, f"{what}: {[name for name in found if found[name] != expected[name]]}"
        outcome = "went on" if struck.code == 0 else "finished already" if resumed.code == 2 else "resumed"
        counts[outcome] = counts.get(outcome, 0) + 1
    return counts


def main() -> None:
    import tempfile

    for callbacks in ("[{ModelCheckpoint: {every_epochs: 1}}]", "[{EarlyStopping: {patience: 0, restore_best_weights: true}}]"):
        print(callbacks)
        for kind in (KILL, *ERRORS):
            with tempfile.TemporaryDirectory() as folder:
                print(f"  {kind:8}", survived(Path(folder), config(callbacks), kind, None))


if __name__ == "__main__":
    main()
