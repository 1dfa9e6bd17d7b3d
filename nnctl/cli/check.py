"""nnctl check: reports everything that is wrong with a config and its data, without training."""

from __future__ import annotations

import click

from nnctl.cli.options import json_option, set_option, subcommand


@subcommand()
@click.argument("config")
@set_option
@json_option
def command(config: str, overrides: tuple[str, ...], as_json: bool) -> None:
    """Check CONFIG and its data without training: columns, shapes, whether the loss fits the labels, and the forward
    and backward pass of one batch."""
    from nnctl.config import load  # imported here to keep start-up fast
    from nnctl.training.dry_run import check

    report = check(load(config, overrides))
    if as_json:
        from nnctl.reports.json_output import dumps  # imported here to keep start-up fast

        click.echo(dumps(report))
        return
    from nnctl.reports.next_commands import next_commands, show_next  # imported here to keep start-up fast
    from nnctl.reports.summary import show_check
    from nnctl.reports.terminal import Terminal

    terminal = Terminal.of()
    show_check(report, terminal)
    terminal.print()
    options = [word for override in overrides for word in ("--set", override)]
    show_next(next_commands("check", config, options=options), terminal)
