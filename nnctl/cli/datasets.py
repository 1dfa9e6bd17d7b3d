"""nnctl datasets: what data there is."""

from __future__ import annotations

import click

from nnctl.cli.options import json_option, verb


@verb()
@click.argument("name", required=False)
@json_option
def command(name, as_json) -> None:
    """List the bundled data sets, or show NAME: columns, classes, first rows, source and licence."""
    from nnctl.data import catalogue, describe
    from nnctl.reports.machine import dumps
    from nnctl.reports.tables import Table
    from nnctl.reports.terminal import Terminal

    terminal = Terminal.of()
    if name is None:
        sets = catalogue()
        if as_json:
            click.echo(dumps([{"name": n, "title": title, "target": target} for n, title, target in sets]))
            return
        table = Table(["name", "what it is", "target"], left=3)
        for row in sets:
            table.add(*row)
        table.print(terminal)
        terminal.print()
        terminal.flow("nnctl datasets NAME shows one; in a config: dataset: NAME")
        return
    preview = describe(name)
    if as_json:
        click.echo(dumps(preview))
        return
    terminal.flow(f"{preview.name}: {preview.title}")
    terminal.flow(f"{preview.rows:,} rows; target {preview.target}"
                  + (f", {len(preview.classes)} classes: {', '.join(preview.classes)}" if preview.classes else ", a number"))  # fmt: skip
    terminal.flow(f"source: {preview.source}; licence: {preview.licence}")
    terminal.print()
    columns = Table(["column", "type", "values"], left=3)
    for row in preview.columns:
        columns.add(*row)
    columns.print(terminal)
    if preview.first and (terminal.width or 200) > 12 * len(preview.columns):
        terminal.print()
        first = Table([column for column, _, _ in preview.columns], left=0)
        for row in preview.first:
            first.add(*row)
        first.print(terminal)
