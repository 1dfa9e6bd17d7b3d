"""nnctl summary: shows the graph, layers, shapes and parameters of a model, without training."""

from __future__ import annotations

import sys

import click

from nnctl.cli.options import json_option, set_option, subcommand
from nnctl.cli.output_files import output_file, tell_written, write_output
from nnctl.errors import InputError
from nnctl.quoting import shell_path


@subcommand()
@click.argument("config")
@click.option("--plot", metavar="FILE.svg", help="Write a picture of the graph to this file.")
@set_option
@json_option
def command(config: str, plot: str | None, overrides: tuple[str, ...], as_json: bool) -> None:
    """Show the graph and the layers of CONFIG: output shapes, parameters, multiply-adds and memory."""
    from nnctl.config import load  # imported here to keep start-up fast
    from nnctl.training.dry_run import summary

    picture = output_file(plot, config) if plot else None
    if picture and picture.suffix.lower() != ".svg":
        raise InputError(
            "the picture must be an SVG file", where=plot, hint=f"name it {shell_path(picture.with_suffix('.svg'))}"
        )
    result = summary(load(config, overrides))
    if picture:
        from nnctl.reports.graph_layout import boxes  # imported here to keep start-up fast
        from nnctl.reports.graph_svg import svg

        write_output(picture, svg(boxes(result)))
    from nnctl.reports.terminal import Terminal  # imported here to keep start-up fast

    if as_json:
        from nnctl.reports.json_output import dumps, jsonable  # imported here to keep start-up fast
        from nnctl.reports.summary import edges

        click.echo(dumps({**jsonable(result), "edges": edges(result)}))
    else:
        from nnctl.reports.summary import show  # imported here to keep start-up fast

        show(result, Terminal.of())
    if picture:
        tell_written(picture, sys.stderr)
