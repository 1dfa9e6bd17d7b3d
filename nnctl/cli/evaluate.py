"""nnctl eval: how good a trained run is."""

from __future__ import annotations

from pathlib import Path

import click

from nnctl.cli.options import decode_options, json_option, reading_of, verb


@verb()
@click.argument("run")
@click.option("--data", metavar="PATH", help="A file of labelled rows, instead of a part of the run's own data.")
@click.option("--split", type=click.Choice(["train", "validation", "test"]), default="test", show_default=True,
              help="The part of the run's own data.")  # fmt: skip
@decode_options
@json_option
def command(run, data, split, decode, beam_width, as_json) -> None:
    """Show the figures of RUN, its confusion matrix and a table by class.

    \b
    nnctl eval runs/iris-20260101-120000
    nnctl eval runs/iris-20260101-120000 --data new_flowers.csv
    nnctl eval runs/digit_lines-20260101-120000 --decode beam
    """
    reading = reading_of(decode, beam_width)
    from nnctl.training.evaluation import evaluate

    evaluation = evaluate(Path(run), data=data, split=split, reading=reading)
    if as_json:
        from nnctl.reports.machine import dumps

        click.echo(dumps(evaluation))
        return
    from nnctl.reports.evaluation import show
    from nnctl.reports.terminal import Terminal

    show(evaluation, Terminal.of())
