"""nnctl eval: how good a trained run is."""

from __future__ import annotations

from pathlib import Path

import click

from nnctl.cli.options import json_option, verb


@verb()
@click.argument("run")
@click.option("--data", metavar="PATH", help="A file of labelled rows, instead of a part of the run's own data.")
@click.option("--split", type=click.Choice(["train", "validation", "test"]), default="test", show_default=True,
              help="The part of the run's own data.")  # fmt: skip
@json_option
def command(run, data, split, as_json) -> None:
    """Show the figures of RUN, its confusion matrix and a table by class.

    \b
    nnctl eval runs/iris-20260101-120000
    nnctl eval runs/iris-20260101-120000 --data new_flowers.csv
    """
    from nnctl.training.runner import evaluate

    evaluation = evaluate(Path(run), data=data, split=split)
    if as_json:
        from nnctl.reports.machine import dumps

        click.echo(dumps(evaluation))
        return
    from nnctl.reports.evaluation import show
    from nnctl.reports.terminal import Terminal

    show(evaluation, Terminal.of())
