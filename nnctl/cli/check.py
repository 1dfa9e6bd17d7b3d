"""nnctl check: everything that can be wrong, before any training."""

from __future__ import annotations

import click

from nnctl.cli.options import json_option, set_option, verb


@verb()
@click.argument("config")
@set_option
@json_option
def command(config, overrides, as_json) -> None:
    """Check CONFIG and its data without training: columns, shapes, whether the loss suits the labels, and one batch
    forward and backward."""
    from nnctl.config import load
    from nnctl.training.dry_run import check

    report = check(load(config, overrides))
    if as_json:
        from nnctl.reports.json_output import dumps

        click.echo(dumps(report))
        return
    from nnctl.reports.summary import show_check
    from nnctl.reports.terminal import Terminal

    show_check(report, Terminal.of())
