"""nnctl schema: what a config may say, for editors."""

from __future__ import annotations

import click

from nnctl.cli.options import verb


@verb()
def command() -> None:
    """Print the JSON Schema of configs, with which editors complete and check YAML files."""
    from nnctl.config import schema
    from nnctl.reports.json_output import dumps

    click.echo(dumps(schema()))
