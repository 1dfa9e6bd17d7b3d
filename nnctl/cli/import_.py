"""nnctl import: a model that Keras has saved, as a config and its weights."""

from __future__ import annotations

from pathlib import Path

import click

from nnctl.cli.options import json_option, subcommand
from nnctl.errors import InputError
from nnctl.quoting import shell_path
from nnctl.translation import _


@subcommand()
@click.argument("model", metavar="MODEL.keras")
@click.option("-o", "--output", metavar="DIR", help="Folder to write; default: the model's name.")
@click.option("--dataset", metavar="NAME|PATH", help="Data to train on: a bundled data set, or a file.")
@click.option("--target", metavar="COLUMN", help="Target column of the data.")
@click.option("--force", is_flag=True, help="Overwrite an existing config.")
@json_option
def command(
    model: str, output: str | None, dataset: str | None, target: str | None, force: bool, as_json: bool
) -> None:
    """Import a model that Keras has saved, to train it further.

    Writes DIR/config.yaml, which names the model's layers, and DIR/weights.safetensors, from which training starts.

    \b
    nnctl import model.keras --dataset data.csv --target y
    nnctl train model/config.yaml
    """
    from nnctl.interop.keras_import import import_keras  # imported here to keep start-up fast
    from nnctl.reports.json_output import dumps
    from nnctl.reports.next_commands import next_commands, show_next
    from nnctl.reports.notes import translated
    from nnctl.reports.terminal import Terminal

    path = Path(model)
    folder = Path(output) if output else path.with_suffix("")
    if folder.exists() and not folder.is_dir():
        raise InputError("this is a file", where=str(folder), hint="choose another folder with -o")
    if (folder / "config.yaml").exists() and not force:
        raise InputError("the file already exists", where=str(folder / "config.yaml"),
                         hint="choose another folder with -o, or overwrite it with --force")  # fmt: skip
    done = import_keras(path, folder, dataset, target)
    if as_json:
        click.echo(
            dumps(
                {"config": str(done.config), "weights": done.weights and str(done.weights), "notes": list(done.notes)}
            )
        )
        return
    terminal = Terminal.of()
    for note in done.notes:
        terminal.flow(_("note: {note}").format(note=translated(note)))
    files = ", ".join(shell_path(file) for file in (done.config, done.weights) if file)
    terminal.flow(_("wrote {file}").format(file=files))
    if dataset is None:
        terminal.flow(_("Name your data under dataset: in {config} before you train.").format(
            config=shell_path(done.config)))  # fmt: skip
    show_next(next_commands("import", done.config), terminal)
