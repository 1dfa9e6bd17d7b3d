"""The arguments that eval and predict share: a run, input files and standard input; and the notes on stderr."""

from __future__ import annotations

import glob
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from nnctl.cli.options import Decorator
from nnctl.cli.output_files import same_file
from nnctl.errors import InputError, NnctlError, Problem
from nnctl.translation import _

STDIN = "-"
STANDARD_INPUT = "standard input"
# Value of --input-format -> extension of the temporary file that standard input is copied to.
INPUT_FORMATS = {"csv": ".csv", "tsv": ".tsv", "json": ".json", "jsonl": ".jsonl", "parquet": ".parquet", "npz": ".npz"}
# The first bytes of files in formats other than CSV.
_SIGNATURES = (
    (b"PAR1", ".parquet"), (b"PK\x03\x04", ".npz"), (b"\x93NUMPY", ".npy"), (b"\x89PNG", ".png"),
    (b"\xff\xd8\xff", ".jpg"), (b"GIF8", ".gif"), (b"BM", ".bmp"), (b"[", ".json"), (b"{", ".json"),
)  # fmt: skip


def input_format_option(*more: str) -> Decorator:
    """The option for the format of standard input. more: further names of the option."""
    return click.option(
        "--input-format", *more, "input_format", type=click.Choice(list(INPUT_FORMATS)),
        help="Format of standard input; default: detected from its first bytes.",
    )  # fmt: skip


def chosen_run(name: str | None) -> Path:
    """The run with that name, or the newest run that has a model; which run that is, is then printed on stderr."""
    if name is not None:
        return Path(name)
    from nnctl.reports.terminal import Terminal  # imported here to keep start-up fast
    from nnctl.training.run_folder import newest_run

    run = newest_run()
    Terminal.of(sys.stderr).labelled(_("run"), str(run), "cyan")
    return run


def is_run(name: str) -> bool:
    """Whether a path is the folder of a run or its model."""
    path = Path(name)
    return (path / "config.yaml").is_file() or (path.suffix == ".safetensors" and path.is_file())


@contextmanager
def given_files(source: str, input_format: str | None) -> Iterator[str]:
    """Yields the path to read: `source`, or a temporary copy of standard input, whose name no error message shows."""
    if source != STDIN:
        if input_format is not None:
            raise click.UsageError(
                "--input-format is for standard input, `-`; the format of a file is detected from its extension"
            )
        yield source
        return
    import tempfile  # imported here to keep start-up fast

    from nnctl.data.temporary_files import writing  # likewise

    content = sys.stdin.buffer.read()
    if not content.strip():
        raise InputError("standard input is empty", hint="for example: nnctl predict RUN - < new.csv")
    extension = INPUT_FORMATS[input_format] if input_format else _extension(content)
    with tempfile.TemporaryDirectory(prefix="nnctl-") as folder:
        path = Path(folder) / f"stdin{extension}"
        with writing("a temporary copy of standard input"):
            path.write_bytes(content)
        try:
            yield str(path)
        except NnctlError as error:
            raise type(error).of([_renamed(problem, str(path)) for problem in error.problems]) from None


def _extension(content: bytes) -> str:
    """The extension of a file with this content."""
    if content.startswith(b"\x1f\x8b"):
        import zlib  # imported here to keep start-up fast

        start = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(content, 1024)  # 16: with a gzip header
        return _extension(start) + ".gz"
    start = content[:1024].removeprefix(b"\xef\xbb\xbf").lstrip()
    return next((extension for signature, extension in _SIGNATURES if start.startswith(signature)), ".csv")


def _renamed(problem: Problem, path: str) -> Problem:
    """The problem with "standard input" instead of the temporary path."""

    def renamed(text: str | None) -> str | None:
        return text and text.replace(path, STANDARD_INPUT)

    return Problem(problem.message.replace(path, STANDARD_INPUT), renamed(problem.where), renamed(problem.hint))


def refuse_overwriting(output: Path, inputs: Iterable[str], run: Path) -> None:
    """Raises InputError if the output file is an input file or belongs to the run, even under another name."""
    if not output.exists():
        return
    for path in _files(inputs):
        if same_file(output, path):
            raise InputError(f"{output} is an input file, which is never overwritten: choose another name")
    folder = run if run.is_dir() else run.parent
    own = folder.rglob("*") if is_run(str(folder)) else [run]
    if any(same_file(output, path) for path in own):
        raise InputError(f"{output} is a file of the run {folder}, which is never overwritten: choose another name")


def _files(names: Iterable[str]) -> Iterator[Path]:
    """All files that the paths and globs match, including those in folders."""
    for name in names:
        path = Path(name).expanduser()
        if path.is_dir():
            yield from path.rglob("*")
        elif path.exists():
            yield path
        else:
            yield from map(Path, glob.glob(str(path), recursive=True))


def tell(notes: Iterable[str], replaced: str = "") -> None:
    """Prints notes on stderr. replaced: the temporary path to show as "standard input"."""
    from nnctl.reports.notes import translated  # imported here to keep start-up fast
    from nnctl.reports.terminal import Terminal

    terminal = Terminal.of(sys.stderr)
    for note in notes:
        note = translated(note)
        terminal.labelled(_("note"), note.replace(replaced, STANDARD_INPUT) if replaced else note, "yellow")
