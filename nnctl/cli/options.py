"""Options that several verbs share, each with one meaning."""

from __future__ import annotations

from typing import Any

import click

from nnctl.cli.catcher import Switches


def _switch_debug(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    switches = context.find_object(Switches)
    if value and switches:
        switches.debug = True


debug_option = click.option(
    "--debug", is_flag=True, expose_value=False, is_eager=True, callback=_switch_debug,
    help="Show a traceback when something fails.",
)  # fmt: skip

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")

set_option = click.option(
    "--set", "overrides", multiple=True, metavar="KEY=VALUE",
    help="Change a value of the config, such as optimizer.adam.learning_rate=0.01; may be repeated.",
)  # fmt: skip


def verb(**settings: Any):
    """A subcommand: click.command with what every one of them has."""

    def declare(function):
        return click.command(**settings)(debug_option(function))

    return declare
