"""What the command explain does with a run: the options of a row, and the choice of the run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from nnctl.cli.inputs import chosen_run, is_run
from nnctl.cli.options import Function, weights_option
from nnctl.cli.output_files import tell_written, write_output
from nnctl.errors import InputError
from nnctl.quoting import shell_path
from nnctl.translation import _


def row_options(command: Function) -> Function:
    """The options for a row of a run."""
    row = click.option(
        "--row",
        type=int,
        metavar="N",
        help="Show the numbers of this row of RUN's data, counted from 1, through the model.",
    )
    split = click.option("--split", type=click.Choice(["train", "validation", "test"]), default="test",
                         show_default=True, help="Split of the run's own data that the row is taken from.")  # fmt: skip
    data = click.option("--data", metavar="PATH", help="File that the row is taken from, instead of a split.")
    layer = click.option("--layer", metavar="NAME", help="Show only this layer of the model, with all its numbers.")
    return row(split(data(layer(weights_option(command)))))


def explained_row(names: Sequence[str], row: int | None, as_json: bool, file: Path | None, split: str,
                  data: str | None, layer: str | None, weights: Any) -> bool:  # fmt: skip
    """Explains a row if the arguments ask for one; otherwise returns False. file: of an HTML page to write."""
    if row is None:
        if len(names) == 1 and is_run(names[0]):
            raise click.UsageError(f"which row of its data? For example: nnctl explain {shell_path(names[0])} --row 1")
        if data or layer or weights or split != "test":
            raise click.UsageError("--split, --data, --layer and --weights work only with --row")
        return False
    if len(names) > 1:
        raise click.UsageError("give one RUN, such as: nnctl explain runs/iris-20260101-120000 --row 1")
    if names:
        _refuse_config(names[0])
    folder = chosen_run(names[0] if names else None)
    from nnctl.api import load  # imported here to keep start-up fast
    from nnctl.reports.terminal import Terminal
    from nnctl.reports.walkthrough.row import explain_row, row_as_data, row_page

    run = load(folder, weights=weights)
    if file:
        write_output(file, row_page(run, row, split=split, data=data, layer=layer))
    if as_json:
        from nnctl.reports.json_output import dumps  # imported here to keep start-up fast

        click.echo(dumps(row_as_data(run, row, split=split, data=data, layer=layer)))
    elif file:
        tell_written(file)
    else:
        explain_row(run, row, Terminal.of(), split=split, data=data, layer=layer)
    return True


def _refuse_config(name: str) -> None:
    """Raises InputError if the name is that of a config, which has no trained weights."""
    from nnctl.config.config_files import kind_of_config  # imported here to keep start-up fast

    kind = kind_of_config(Path(name))
    if kind is None or is_run(str(Path(name).parent)):  # the config of a run: the run's own message says where it is
        return
    text = _("--row wants a run, and {name} is a config")
    if kind == "a ready config":
        text = _("--row wants a run, and {name} is a ready config")
    hint = _("make a run: nnctl train {config}; it is then the newest run, which --row takes if none is given")
    raise InputError(text.format(name=name), hint=hint.format(config=shell_path(name)))
