"""nnctl init: writes a commented starter config."""

from __future__ import annotations

from pathlib import Path

import click

from nnctl.cli.options import output_file, subcommand
from nnctl.errors import InputError
from nnctl.quoting import shell_path
from nnctl.reports.terminal import Terminal
from nnctl.similar_names import alike

FOLDER = Path(__file__).parent / "templates"
SCHEMA = "nnctl.schema.json"  # next to the config, where the editor's YAML language server finds it


@subcommand()
@click.argument("template", default="classify")
@click.option("-o", "--output", metavar="FILE", help="Output file; default: TEMPLATE.yaml.")
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
@click.option("--list", "listed", is_flag=True, help="List the templates.")
def command(template: str, output: str | None, force: bool, listed: bool) -> None:
    """Write a commented starter config: classify (default), regress, digits or two_inputs.

    Also writes nnctl.schema.json to the same folder, so that editors can complete and check the config.

    \b
    nnctl init
    nnctl init regress -o prices.yaml
    """
    templates = {path.stem: path for path in sorted(FOLDER.glob("*.yaml"))}
    if listed:
        for name, path in templates.items():
            click.echo(f"{name:12}{path.read_text(encoding='utf-8').splitlines()[0].lstrip('# ')}")
        return
    if template not in templates:
        near = alike(template, templates)
        raise InputError(f"there is no template {template!r}",
                         hint=f"did you mean {near[0]}?" if near else f"templates: {', '.join(templates)}")  # fmt: skip
    path = output_file(output or f"{template}.yaml")
    if path.exists() and not force:
        raise InputError("the file already exists", where=str(path),
                         hint="choose another name with -o, or overwrite it with --force")  # fmt: skip
    from nnctl.config import schema_text  # here for start-up time

    text = templates[template].read_text(encoding="utf-8")
    path.write_text(f"# yaml-language-server: $schema={SCHEMA}\n{text}", encoding="utf-8")
    schema_path = path.parent / SCHEMA
    schema_path.write_text(schema_text(), encoding="utf-8")
    shown, terminal = shell_path(path), Terminal.of()
    terminal.flow(f"wrote {shown} and {shell_path(schema_path)}")
    terminal.print(f"next  nnctl check {shown}")
    terminal.print(f"      nnctl train {shown}")
