"""What eval and predict are given: a run, files or standard input; and what they say beside their answers."""

from __future__ import annotations

import glob
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from nnctl.cli.options import same_file
from nnctl.errors import InputError, NnctlError, Problem

STDIN = "-"
STANDARD_INPUT = "standard input"
# What --input-format says, and the ending of the file that it is read as.
INPUT_FORMATS = {"csv": ".csv", "tsv": ".tsv", "json": ".json", "jsonl": ".jsonl", "parquet": ".parquet", "npz": ".npz"}
# What files of other formats than CSV begin with.
_SIGNATURES = (
    (b"PAR1", ".parquet"), (b"PK\x03\x04", ".npz"), (b"\x93NUMPY", ".npy"), (b"\x89PNG", ".png"),
    (b"\xff\xd8\xff", ".jpg"), (b"GIF8", ".gif"), (b"BM", ".bmp"), (b"[", ".json"), (b"{", ".json"),
)  # fmt: skip


def input_format_option(*more: str):
    """How standard input is read. more: other names of the option."""
    return click.option(
        "--input-format", *more, "input_format", type=click.Choice(list(INPUT_FORMATS)),
        help="Format of standard input; default: detected from its first bytes.",
    )  # fmt: skip


def chosen_run(name: str | None) -> Path:
    """The run of that name; without one the newest that has a model, which a line on stderr names."""
    if name is not None:
        return Path(name)
    from nnctl.reports.terminal import Terminal
    from nnctl.training.run_folder import newest_run

    run = newest_run()
    Terminal.of(sys.stderr).labelled("run", str(run), "cyan")
    return run


def is_run(name: str) -> bool:
    """Whether a path is a run's folder or its model."""
    path = Path(name)
    return (path / "config.yaml").is_file() or (path.suffix == ".safetensors" and path.is_file())


@contextmanager
def given_files(source: str, input_format: str | None) -> Iterator[str]:
    """The path to read: `source`, or a file that holds what standard input does, by whose name no message calls it."""
    if source != STDIN:
        if input_format is not None:
            raise click.UsageError(
                "--input-format is for standard input, `-`; the format of a file is detected from its extension"
            )
        yield source
        return
    import tempfile

    content = sys.stdin.buffer.read()
    if not content.strip():
        raise InputError("standard input is empty", hint="for example: nnctl predict RUN - < new.csv")
    ending = INPUT_FORMATS[input_format] if input_format else _ending(content)
    with tempfile.TemporaryDirectory(prefix="nnctl-") as folder:
        path = Path(folder) / f"stdin{ending}"
        path.write_bytes(content)
        try:
            yield str(path)
        except NnctlError as error:
            raise type(error).of([_renamed(problem, str(path)) for problem in error.problems]) from None


def _ending(content: bytes) -> str:
    """The ending of a file that holds this."""
    if content.startswith(b"\x1f\x8b"):
        import gzip
        import zlib

        start = zlib.decompressobj(wbits=gzip.zlib.MAX_WBITS | 16).decompress(content, 1024)
        return _ending(start) + ".gz"
    start = content[:1024].removeprefix(b"\xef\xbb\xbf").lstrip()
    return next((ending for signature, ending in _SIGNATURES if start.startswith(signature)), ".csv")


def _renamed(problem: Problem, path: str) -> Problem:
    texts = (problem.message, problem.where, problem.hint)
    return Problem(*(text and text.replace(path, STANDARD_INPUT) for text in texts))


def refuse_overwriting(output: Path, inputs: Iterable[str], run: Path) -> None:
    """Raises InputError where a file to be written is, by whatever name, one that is read, or one of the run's."""
    if not output.exists():
        return
    for path in _files(inputs):
        if same_file(output, path):
            raise InputError(f"{output} is the input, which is never overwritten: choose another name")
    folder = run if run.is_dir() else run.parent
    own = folder.rglob("*") if is_run(str(folder)) else [run]
    if any(same_file(output, path) for path in own):
        raise InputError(f"{output} is a file of the run {folder}, which is never overwritten: choose another name")


def _files(names: Iterable[str]) -> Iterator[Path]:
    """All files that paths and globs mean, those in folders among them."""
    for name in names:
        path = Path(name).expanduser()
        if path.is_dir():
            yield from path.rglob("*")
        elif path.exists():
            yield path
        else:
            yield from map(Path, glob.glob(str(path), recursive=True))


def tell(notes: Iterable[str], replaced: str = "") -> None:
    """Writes notes to stderr, for people. replaced: a path that stands for standard input."""
    from nnctl.reports.terminal import Terminal

    terminal = Terminal.of(sys.stderr)
    for note in notes:
        terminal.labelled("note", note.replace(replaced, STANDARD_INPUT) if replaced else note, "yellow")
