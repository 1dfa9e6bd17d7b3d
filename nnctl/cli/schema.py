"""nnctl schema: prints the JSON Schema of configs."""

from __future__ import annotations

import json

import click

from nnctl.cli.options import subcommand


@subcommand()
def command() -> None:
    """Print the JSON Schema of configs, which lets editors complete and check them."""
    from nnctl.config import schema_text  # imported here to keep start-up fast
    from nnctl.reports.json_output import dumps

    click.echo(dumps(json.loads(schema_text())))
