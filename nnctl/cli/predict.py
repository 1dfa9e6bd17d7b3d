"""nnctl predict: raw rows in, predictions out."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from nnctl.cli.options import decode_options, json_option, output_file, reading_of, verb

FORMATS = ("csv", "tsv", "json", "jsonl", "parquet", "npz")


@verb()
@click.argument("run")
@click.argument("source", metavar="INPUT")
@click.option("-o", "--output", metavar="OUT", help="File to write; its ending chooses the format.")
@click.option("--format", "form", type=click.Choice(FORMATS), help="Format, whatever the ending; default csv.")
@decode_options
@json_option
def command(run, source, output, form, decode, beam_width, as_json) -> None:
    """Predict each row of INPUT with RUN: the class and its probabilities, the number, or the text.

    \b
    nnctl predict runs/iris-20260101-120000 new_flowers.csv
    nnctl predict runs/iris-20260101-120000 new_flowers.csv -o named.parquet
    """
    form = _format(output, form, as_json)
    reading = reading_of(decode, beam_width)
    file = output and output_file(output)
    from nnctl.reports.predictions import written
    from nnctl.training.prediction import predict
    from nnctl.training.files import write_safely

    content = written(predict(Path(run), source, reading=reading).columns, form)
    if file:
        write_safely(file, content)
    else:
        sys.stdout.buffer.write(content)


def _format(output: str | None, form: str | None, as_json: bool) -> str:
    if as_json:
        if form not in (None, "json"):
            raise click.UsageError(f"--json and --format {form} exclude each other")
        return "json"
    ending = Path(output).suffix.lstrip(".").lower() if output else "csv"
    if form is None and ending not in FORMATS:
        raise click.UsageError(
            f"cannot tell the format of {output!r}: end it in .{', .'.join(FORMATS)}, or give --format"
        )
    form = form or ending
    if output is None and form in ("parquet", "npz"):
        raise click.UsageError(f"{form} is no text: give a file with -o")
    return form
