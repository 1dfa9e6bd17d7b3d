"""nnctl export: writes a trained run's model in the format of another library."""

from __future__ import annotations

from typing import Any

import click

from nnctl.cli.options import json_option, output_file, subcommand, weights_option
from nnctl.errors import InputError
from nnctl.interop.formats import FORMATS
from nnctl.quoting import shell_path


@subcommand()
@click.argument("run", required=False)
@click.option("--to", "to", type=click.Choice(list(FORMATS)), required=True, help="Format to write.")
@click.option("-o", "--output", metavar="FILE", help="Output file; default: RUN/model with the format's ending.")
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
@weights_option
@json_option
def command(run: str | None, to: str, output: str | None, force: bool, weights: Any, as_json: bool) -> None:
    """Export the model of a run to another library's format.

    RUN is the folder of a run or its model.safetensors; default: the newest run.

    \b
    nnctl export runs/iris --to onnx
    nnctl export --to keras-code -o model.py
    """
    from nnctl import api  # imported here to keep start-up fast
    from nnctl.reports.json_output import dumps
    from nnctl.reports.terminal import Terminal

    chosen = FORMATS[to]
    trained = api.load(run, weights=weights)
    folder = trained.folder if trained.folder.is_dir() else trained.folder.parent
    path = output_file(output or str(folder / f"model{chosen.suffix}"))
    if path.exists() and not force:
        raise InputError("the file already exists", where=str(path),
                         hint="choose another name with -o, or overwrite it with --force")  # fmt: skip
    exported = chosen.writer()(trained, path)
    if as_json:
        click.echo(dumps({"files": [str(file) for file in exported.files], "notes": list(exported.notes)}))
        return
    terminal = Terminal.of()
    for note in exported.notes:
        terminal.flow(f"note: {note}")
    terminal.flow(f"wrote {', '.join(shell_path(file) for file in exported.files)}")
    if exported.try_it:
        terminal.print(exported.try_it)
