"""What the command explain does with a config."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from nnctl.cli.output_files import tell_written, write_output


def explained_config(names: Sequence[str], as_json: bool, file: Path | None) -> bool:
    """Explains a config if the argument is one, by its file name or as one of the ready ones; otherwise returns
    False. file: of an HTML page to write."""
    if len(names) != 1 or not _is_config(names[0]):
        return False
    from nnctl.reports.terminal import Terminal  # imported here to keep start-up fast
    from nnctl.reports.walkthrough.config_lines.explained import config_as_data, explain_config

    if file:
        from nnctl.reports.walkthrough.html.config_page import config_page  # imported here to keep start-up fast

        write_output(file, config_page(names[0]))
    if as_json:
        from nnctl.reports.json_output import dumps  # imported here to keep start-up fast

        click.echo(dumps(config_as_data(names[0])))
    elif file:
        tell_written(file)
    else:
        explain_config(names[0], Terminal.of())
    return True


def _is_config(name: str) -> bool:
    if Path(name).suffix in (".yaml", ".yml"):
        return True
    from nnctl.config.config_files import bundled_configs, is_data  # imported here to keep start-up fast

    return name in bundled_configs() or (is_data(name) and Path(name).is_file())  # data are refused as a config
