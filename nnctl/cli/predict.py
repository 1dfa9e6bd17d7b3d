"""nnctl predict: predicts the rows of a file with a trained run."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nnctl.cli.inputs import (
    STDIN,
    chosen_run,
    given_files,
    input_format_option,
    is_run,
    refuse_overwriting,
    tell,
)
from nnctl.cli.options import decode_options, json_option, reading_of, subcommand, weights_option
from nnctl.cli.output_files import output_file, tell_written, write_output
from nnctl.quoting import shell_path

if TYPE_CHECKING:
    from nnctl.training.best_or_last import Which

FORMATS = ("csv", "tsv", "json", "jsonl", "parquet", "npz")
TABLE = "table"  # for the terminal


@subcommand()
@click.argument("names", nargs=-1, metavar="[RUN] INPUT")
@click.option("-o", "--output", metavar="OUT", help="Output file; its extension sets the format.")
@click.option("--format", "form", type=click.Choice((TABLE, *FORMATS)),
              help="Output format; default: by the extension of OUT, a table in a terminal, else csv.")  # fmt: skip
@click.option("--keep", multiple=True, metavar="COLUMNS",
              help="Columns of INPUT to copy to the output, such as id,name; `all` copies all of them.")  # fmt: skip
@input_format_option()
@weights_option
@decode_options
@json_option
def command(
    names: tuple[str, ...],
    output: str | None,
    form: str | None,
    keep: tuple[str, ...],
    input_format: str | None,
    weights: Which | None,
    decode: str | None,
    beam_width: int | None,
    as_json: bool,
) -> None:
    """Predict each row of INPUT with RUN: a class with its probabilities, a number, or a text.

    RUN is the folder of a run or its model.safetensors; default: the newest run under runs/. INPUT is a file, a
    glob, a folder of images or texts, or `-` for standard input, whose format (CSV, JSON, ...) is detected from its
    first bytes.
    Predictions are in the order of the rows. If rows are skipped, a column shows the row number of each prediction.

    \b
    nnctl predict new_flowers.csv
    nnctl predict runs/iris-20260101-120000 new_flowers.csv --keep id,name
    nnctl predict runs/iris-20260101-120000 new_flowers.csv -o named.parquet
    cat new_flowers.json | nnctl predict - --format json
    """
    run, source = _run_and_input(names)
    output = None if output == STDIN else output
    form = _format(output, form, as_json)
    reading = reading_of(decode, beam_width)
    file = output_file(output) if output else None
    folder = chosen_run(run)
    if file:
        refuse_overwriting(file, [source], folder)
    from nnctl.api import load  # imported here to keep start-up fast

    with given_files(source, input_format) as path:
        predictions = load(folder, weights=weights).predictions(path, keep=_columns(keep), reading=reading)
    if file:
        refuse_overwriting(file, predictions.trained_on, folder)
    tell(predictions.notes, path if source == STDIN else "")
    if form == TABLE and not file:
        from nnctl.reports.prediction_table import show  # imported here to keep start-up fast
        from nnctl.reports.terminal import Terminal

        show(predictions, Terminal.of())
        return
    from nnctl.reports.predictions import pieces  # imported here to keep start-up fast

    kept = [name for name, role in predictions.roles.items() if role == "kept"]
    content = pieces(predictions.columns, form, kept)
    if file:
        write_output(file, content)
        tell_written(file, sys.stderr)
    else:
        sys.stdout.buffer.writelines(content)


def _run_and_input(names: tuple[str, ...]) -> tuple[str | None, str]:
    _refuse_several(names)
    if not names or len(names) > 2:
        raise click.UsageError("give an INPUT, or a RUN and an INPUT, such as: nnctl predict new.csv")
    *run, source = names
    if source != STDIN and is_run(source):
        swapped = f"nnctl predict {shell_path(source)} {shell_path(run[0]) if run else 'new.csv'}"
        raise click.UsageError(f"{source} is a run; the INPUT comes after it: {swapped}")
    return (run[0] if run else None), source


def _refuse_several(names: tuple[str, ...]) -> None:
    """Raises UsageError for several input files, as a shell makes them from a pattern without quotes."""
    from nnctl.config.config_files import is_data  # imported here to keep start-up fast

    run, inputs = (names[:1], names[1:]) if names and is_run(names[0]) else ((), names)
    if len(inputs) > 1 and all(is_data(name) and Path(name).is_file() for name in inputs):
        pattern = Path(inputs[0]).parent / f"*{Path(inputs[0]).suffix}"
        command = " ".join(["nnctl predict", *map(shell_path, (*run, pattern))])
        raise click.UsageError(f"give one INPUT, not {len(inputs)} files: quotes keep the shell from expanding a "
                               f"pattern: {command}")  # fmt: skip


def _columns(keep: tuple[str, ...]) -> list[str]:
    """The columns given with --keep, separated by commas; a name that contains a comma is quoted, as in CSV."""
    return [name.strip() for line in csv.reader(keep, skipinitialspace=True) for name in line if name.strip()]


def _format(output: str | None, form: str | None, as_json: bool) -> str:
    if as_json:
        if form not in (None, "json"):
            raise click.UsageError(f"--json and --format {form} cannot be used together")
        return "json"
    if output is None:
        if form in ("parquet", "npz"):
            raise click.UsageError(f"{form} is a binary format: give a file with -o")
        return form or (TABLE if sys.stdout.isatty() else "csv")
    extension = Path(output).suffix.lstrip(".").lower()
    if form is None and extension not in FORMATS:
        raise click.UsageError(
            f"cannot tell the format of {output!r}: use the extension .{', .'.join(FORMATS)}, or give --format"
        )
    if form == TABLE:
        raise click.UsageError(
            "a table can be written only to the terminal: choose a file format, such as --format csv"
        )
    return form or extension
