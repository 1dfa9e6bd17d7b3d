"""nnctl datasets: lists the bundled data sets, or previews one."""

from __future__ import annotations

import click

from nnctl.cli.options import json_option, subcommand


@subcommand()
@click.argument("name", required=False)
@json_option
def command(name: str | None, as_json: bool) -> None:
    """List the bundled data sets, or show NAME: columns, classes, first rows, source and licence."""
    from nnctl.data import bundled_names, describe  # imported here to keep start-up fast

    names = [name] if name else bundled_names()
    previews = [describe(each, read_large=bool(name)) for each in names]
    if as_json:
        from nnctl.reports.json_output import dumps  # imported here to keep start-up fast

        click.echo(dumps(previews[0] if name else previews))
        return
    from nnctl.reports.datasets import show, show_list  # imported here to keep start-up fast
    from nnctl.reports.terminal import Terminal

    if name:
        show(previews[0], Terminal.of())
    else:
        show_list(previews, Terminal.of())
