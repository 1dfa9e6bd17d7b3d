"""nnctl eval: evaluates a trained run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from nnctl.cli.inputs import STANDARD_INPUT, STDIN, chosen_run, given_files, input_format_option, is_run, tell
from nnctl.cli.options import decode_options, json_option, reading_of, subcommand, weights_option
from nnctl.quoting import shell_path

if TYPE_CHECKING:
    from nnctl.training.best_or_last import Which


@subcommand()
@click.argument("run", required=False)
@click.option("--data", metavar="PATH",
              help="File of labelled rows to evaluate on (`-`: standard input) instead of a split of the run's own "
                   "data.")  # fmt: skip
@click.option("--split", type=click.Choice(["train", "validation", "test"]), default="test", show_default=True,
              help="Split of the run's own data to evaluate on.")  # fmt: skip
@input_format_option("--format")
@weights_option
@decode_options
@json_option
def command(
    run: str | None,
    data: str | None,
    split: str,
    input_format: str | None,
    weights: Which | None,
    decode: str | None,
    beam_width: int | None,
    as_json: bool,
) -> None:
    """Show the metrics of RUN, its confusion matrix and a per-class table.

    RUN is the folder of a run or its model.safetensors; default: the newest run under runs/.

    \b
    nnctl eval
    nnctl eval runs/iris-20260101-120000
    nnctl eval runs/iris-20260101-120000 --data new_flowers.csv
    nnctl eval runs/digit_lines-20260101-120000 --decode beam
    """
    if input_format and data != STDIN:
        raise click.UsageError("--input-format works only with --data -")
    reading = reading_of(decode, beam_width)
    if run is not None and data is None and _is_data(run):
        raise click.UsageError(f"{run} is not a run; to evaluate on its rows: nnctl eval --data {shell_path(run)}")
    folder = chosen_run(run)
    from nnctl.api import load  # imported here to keep start-up fast

    if data is None:
        evaluation = load(folder, weights=weights).evaluation(split=split, reading=reading)
    else:
        with given_files(data, input_format) as path:
            evaluation = load(folder, weights=weights).evaluation(path, reading=reading)
        if data == STDIN:
            notes = tuple(note.replace(path, STANDARD_INPUT) for note in evaluation.notes)
            evaluation = replace(evaluation, split=STANDARD_INPUT, notes=notes)
    if as_json:
        from nnctl.reports.json_output import dumps, jsonable  # imported here to keep start-up fast

        click.echo(dumps({"run": str(folder), **jsonable(evaluation)}))
        return
    from nnctl.reports.evaluation import show  # imported here to keep start-up fast
    from nnctl.reports.next_commands import next_commands, show_next
    from nnctl.reports.terminal import Terminal

    terminal = Terminal.of()
    tell(evaluation.notes)
    show(evaluation, terminal)
    terminal.print()
    show_next(next_commands("eval", folder), terminal)


def _is_data(name: str) -> bool:
    """Whether the name given for a run is that of a data file."""
    from pathlib import Path  # imported here to keep start-up fast

    from nnctl.data.readers.paths import FORMATS  # imported here to keep start-up fast

    return not is_run(name) and Path(name).suffix.lower() in FORMATS and Path(name).is_file()
