"""nnctl summary: layers, shapes and parameters, before any training."""

from __future__ import annotations

import click

from nnctl.cli.options import json_option, set_option, verb


@verb()
@click.argument("config")
@set_option
@json_option
def command(config, overrides, as_json) -> None:
    """Show the layers of CONFIG: output shapes, parameters, multiply-adds, memory."""
    from nnctl.spec import load
    from nnctl.training.runner import summary

    result = summary(load(config, overrides))
    if as_json:
        from nnctl.reports.machine import dumps

        click.echo(dumps(result))
        return
    from nnctl.reports.summary import show
    from nnctl.reports.terminal import Terminal

    show(result, Terminal.of())
