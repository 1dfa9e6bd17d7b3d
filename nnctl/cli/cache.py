"""nnctl cache: lists or removes the large tables that are stored in the user's cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from nnctl.cli.options import json_option, subcommand

if TYPE_CHECKING:
    from nnctl.data.table_cache.folder import Entry


@subcommand()
@click.argument("action", required=False, type=click.Choice(["list", "clear"]), default="list", metavar="[clear]")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--all", "every", is_flag=True, help="With clear: remove all entries.")
@json_option
def command(action: str, names: tuple[str, ...], every: bool, as_json: bool) -> None:
    """List the large tables that are stored in the cache: size, age and files; or remove some of them.

    `nnctl cache clear` removes those of files that have changed or are gone; with NAME, these; with --all, all of them.
    Runs read the files again when they need them.
    """
    from nnctl.data.table_cache.folder import entries, remove, remove_leftovers, root  # to keep start-up fast

    found = entries()
    if action == "list":
        if names or every:
            raise click.UsageError("names and --all go with clear: nnctl cache clear NAME")
        _show(found, as_json)
        return
    if names and every:
        raise click.UsageError("give names or --all, not both")
    chosen = [entry for entry in found if every or (entry.name in names if names else not entry.is_current)]
    if missing := [name for name in names if name not in {entry.name for entry in found}]:
        from nnctl.errors import InputError  # to keep start-up fast

        known = ", ".join(entry.name for entry in found) or "none"
        raise InputError(f"there is no stored table {missing[0]!r}", where=str(root()), hint=f"stored tables: {known}")
    size = sum(entry.size for entry in chosen)
    for entry in chosen:
        remove(entry)
    remove_leftovers(root())
    if as_json:
        from nnctl.reports.json_output import dumps  # to keep start-up fast

        click.echo(dumps({"removed": [entry.name for entry in chosen], "bytes": size}))
        return
    from nnctl.counted import counted  # to keep start-up fast
    from nnctl.reports.number_format import size as shown

    click.echo(f"removed {counted(len(chosen), 'stored table')}, {shown(size)}")


def _show(found: list[Entry], as_json: bool) -> None:
    if as_json:
        from nnctl.reports.json_output import dumps  # to keep start-up fast
        from nnctl.reports.stored_tables import as_dict

        click.echo(dumps([as_dict(entry) for entry in found]))
        return
    from nnctl.reports.stored_tables import show  # to keep start-up fast
    from nnctl.reports.terminal import Terminal

    show(found, Terminal.of())
