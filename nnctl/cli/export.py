"""nnctl export: writes a trained run's model in the format of another library."""

from __future__ import annotations

from typing import Any

import click

from nnctl.cli.options import json_option, subcommand, weights_option
from nnctl.cli.output_files import output_file
from nnctl.errors import InputError
from nnctl.interop.formats import FORMATS
from nnctl.quoting import shell_path
from nnctl.translation import _


@subcommand()
@click.argument("run", required=False)
@click.option("--to", "to", type=click.Choice(list(FORMATS)), required=True, help="Format to write.")
@click.option("-o", "--output", metavar="FILE", help="Output file; default: RUN/model with the format's ending.")
@click.option(
    "--preprocessing/--no-preprocessing",
    default=None,
    help="ONNX: whether the model takes raw values and gives class names, or tensors as in training; "
    "default: raw values where ONNX can express it.",
)
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
@weights_option
@json_option
def command(run: str | None, to: str, output: str | None, force: bool, weights: Any, as_json: bool,
            **options: Any) -> None:  # fmt: skip
    """Export the model of a run to another library's format.

    RUN is the folder of a run or its model.safetensors; default: the newest run.

    \b
    nnctl export runs/iris --to onnx
    nnctl export --to keras-code -o model.py
    """
    from nnctl import api  # imported here to keep start-up fast
    from nnctl.reports.json_output import dumps
    from nnctl.reports.notes import translated
    from nnctl.reports.terminal import Terminal

    chosen = FORMATS[to]
    given = {name: value for name, value in options.items() if value is not None}
    if unknown := sorted(given.keys() - chosen.options):
        raise InputError(f"--to {to} has no option {', '.join(f'--{name}' for name in unknown)}",
                         hint=f"leave it out; it belongs to {', '.join(_formats_with(unknown[0]))}")  # fmt: skip
    trained = api.load(run, weights=weights)
    folder = trained.folder if trained.folder.is_dir() else trained.folder.parent
    path = output_file(output or str(folder / f"model{chosen.suffix}"))
    if path.exists() and not force:
        raise InputError("the file already exists", where=str(path),
                         hint="choose another name with -o, or overwrite it with --force")  # fmt: skip
    exported = chosen.writer()(trained, path, **given)
    if as_json:
        click.echo(dumps({"files": [str(file) for file in exported.files], "notes": list(exported.notes)}))
        return
    terminal = Terminal.of()
    for note in exported.notes:
        terminal.flow(_("note: {note}").format(note=translated(note)))
    terminal.flow(_("wrote {file}").format(file=", ".join(shell_path(file) for file in exported.files)))
    for line in exported.try_it.splitlines():
        terminal.print(line)


def _formats_with(option: str) -> list[str]:
    """The formats that have an option."""
    return [f"--to {name}" for name, each in FORMATS.items() if option in each.options]
