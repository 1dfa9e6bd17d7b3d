"""nnctl init: writes a commented first config, from a template or for the user's own data."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from nnctl.cli.options import json_option, subcommand
from nnctl.cli.output_files import output_file, write_output
from nnctl.errors import InputError
from nnctl.quoting import shell_path
from nnctl.reports.next_commands import next_commands, show_next
from nnctl.reports.terminal import Terminal
from nnctl.similar_names import alike
from nnctl.translation import _

FOLDER = Path(__file__).parent / "templates"
SCHEMA = "nnctl.schema.json"  # next to the config, where the editor's YAML language server finds it


@subcommand()
@click.argument("template", nargs=-1, metavar="[TEMPLATE]")
@click.option("--from", "source", metavar="FILE", help="Write a config for this file or folder of data.")
@click.option("--target", metavar="COLUMN", help="With --from: the column or array to predict.")
@click.option("--task", type=click.Choice(["classify", "regress"]),
              help="With --from: whether the values of the target are classes or numbers.")  # fmt: skip
@click.option("-o", "--output", metavar="FILE", help="Output file; default: TEMPLATE.yaml, or the data's name.")
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
@click.option("--list", "listed", is_flag=True, help="List the templates.")
@json_option
def command(template: tuple[str, ...], source: str | None, target: str | None, task: Any, output: str | None,
            force: bool, listed: bool, as_json: bool) -> None:  # fmt: skip
    """Write a commented first config: for your own data with --from, or a template: classify (default), regress,
    digits or two_inputs.

    With --from, nnctl looks at the data, chooses layers and settings that fit, and writes the reason for each choice as
    a comment. On a terminal it asks what it cannot know.

    Also writes nnctl.schema.json to the same folder, so that editors can complete and check the config.

    \b
    nnctl init --from data.csv --target price
    nnctl init regress -o prices.yaml
    """
    templates = {path.stem: path for path in sorted(FOLDER.glob("*.yaml"))}
    if listed:
        for name, path in templates.items():
            click.echo(f"{name:12}{_(title_of(path))}")
        return
    _refuse_several(source, template)
    if source is not None:
        path = _free(output or f"{_stem(source)}.yaml", force)
        from nnctl.cli.first_config import first_config  # imported here to keep start-up fast

        found = first_config(source, target, task, path, ask=not as_json)
        _write(path, found.text)
        if as_json:
            from nnctl.reports.json_output import dumps  # imported here to keep start-up fast

            click.echo(dumps(found.as_json(path)))
            return
        _tell(path, found.lines())
        return
    if target is not None or task is not None:
        raise click.UsageError(_("--target and --task need --from"))
    [name] = template or ("classify",)
    if name not in templates:
        raise InputError(f"there is no template {name!r}", hint=_template_hint(name, templates))
    path = _free(output or f"{name}.yaml", force)
    _write(path, templates[name].read_text(encoding="utf-8"))
    if as_json:
        from nnctl.reports.json_output import dumps  # imported here to keep start-up fast

        click.echo(dumps({"file": str(path), "template": name}))
        return
    _tell(path, ())


def title_of(template: Path) -> str:
    """What a template is for: its first line."""
    return template.read_text(encoding="utf-8").splitlines()[0].lstrip("# ")


def _template_hint(name: str, templates: Iterable[str]) -> str:
    from nnctl.config.config_files import is_data  # imported here to keep start-up fast

    if Path(name).exists() and is_data(name):
        return f"for a config of your own data: nnctl init --from {shell_path(name)}"
    near = alike(name, templates)
    return f"did you mean {near[0]}?" if near else f"templates: {', '.join(templates)}"


def _refuse_several(source: str | None, names: tuple[str, ...]) -> None:
    """Raises UsageError for a template beside --from, for several templates, and for several files, as a shell makes
    them from a pattern without quotes."""
    if source is not None and names and all(Path(name).is_file() for name in (source, *names)):
        pattern = Path(source).parent / f"*{Path(source).suffix}"
        raise click.UsageError(_("give --from one FILE, not {n} files: quotes keep the shell from expanding a pattern:"
                                 " {command}").format(
            n=1 + len(names), command=f"nnctl init --from {shell_path(pattern)}"))  # fmt: skip
    if source is not None and names:
        raise click.UsageError(_("give either a template or --from, not both"))
    if len(names) > 1:
        raise click.UsageError(f"Got unexpected extra argument ({names[1]})")


def _free(name: str, force: bool) -> Path:
    """The path of the file to write. Raises InputError if it exists and may not be overwritten."""
    path = output_file(name)
    if path.exists() and not force:
        raise InputError("the file already exists", where=str(path),
                         hint="choose another name with -o, or overwrite it with --force")  # fmt: skip
    return path


def _stem(source: str) -> str:
    """The name of the config for data: that of the file without its extensions."""
    name = Path(source.rstrip("/\\*")).name.removesuffix(".gz")
    return Path(name).stem.replace("*", "") or "config"


def _write(path: Path, text: str) -> None:
    from nnctl.config import schema_text  # imported here to keep start-up fast

    write_output(path, f"# yaml-language-server: $schema={SCHEMA}\n{text}")
    write_output(path.parent / SCHEMA, schema_text())


def _tell(path: Path, lines: Any) -> None:
    """What was written, and the commands that come next."""
    shown, terminal = shell_path(path), Terminal.of()
    for line in lines:
        terminal.flow(line)
    terminal.flow(_("wrote {file} and {schema}").format(file=shown, schema=shell_path(path.parent / SCHEMA)))
    show_next(next_commands("init", path), terminal)
