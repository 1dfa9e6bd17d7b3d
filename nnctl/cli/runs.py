"""nnctl runs: lists the runs of a folder."""

from __future__ import annotations

from pathlib import Path

import click

from nnctl.cli.options import json_option, subcommand
from nnctl.errors import InputError
from nnctl.quoting import shell_path


@subcommand()
@click.argument("folder", required=False)
@json_option
def command(folder: str | None, as_json: bool) -> None:
    """List the runs in FOLDER, the newest first: data set, metric, epochs, and whether they are finished.

    FOLDER contains the folders of runs; default: runs.

    \b
    nnctl runs
    nnctl runs experiments --json
    """
    from nnctl.reports.run_list import runs_in, show  # imported here to keep start-up fast
    from nnctl.training.run_folder import CONFIG, RUNS

    place = Path(folder) if folder else RUNS
    if folder and not place.is_dir():
        raise InputError(
            "there is no such folder", where=folder, hint="give the folder that contains the runs' folders"
        )
    if (place / CONFIG).is_file():
        raise InputError(
            "this is the folder of one run", where=folder, hint=f"to look at it: nnctl report {shell_path(place)}"
        )
    found = runs_in(place)
    if as_json:
        from nnctl.reports.json_output import dumps  # imported here to keep start-up fast

        click.echo(dumps(found))
        return
    from nnctl.reports.next_commands import next_commands, show_next  # imported here to keep start-up fast
    from nnctl.reports.terminal import Terminal

    terminal = Terminal.of()
    if not found:
        terminal.flow(f"no runs in {place}; start one with nnctl train CONFIG")
        return
    show(found, terminal)
    terminal.print()
    newest = [run["folder"] for run in found[:2]]
    show_next(
        next_commands("runs", newest[0]) + (next_commands("compare", *newest) if len(newest) > 1 else []), terminal
    )
