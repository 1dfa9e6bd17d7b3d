"""nnctl datasets: what data there is."""

from __future__ import annotations

import click

from nnctl.cli.options import json_option, verb


@verb()
@click.argument("name", required=False)
@json_option
def command(name, as_json) -> None:
    """List the bundled data sets, or show NAME: columns, classes, first rows, source and licence."""
    from nnctl.data import bundled_names, describe

    found = describe(name) if name else [describe(each, read_large=False) for each in bundled_names()]
    if as_json:
        from nnctl.reports.json_output import dumps

        click.echo(dumps(found))
        return
    from nnctl.reports.datasets import show, show_list
    from nnctl.reports.terminal import Terminal

    (show if name else show_list)(found, Terminal.of())
