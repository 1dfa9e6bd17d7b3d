"""nnctl report: everything that can be said about a run, as a page to look at, as Markdown or as JSON."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nnctl.cli.browser import open_page
from nnctl.cli.options import json_option, subcommand
from nnctl.cli.output_files import output_file, tell_written, write_output
from nnctl.translation import _

if TYPE_CHECKING:
    from nnctl.reports.findings.document import Document

PAGE = "report.html"  # in the run's folder


@subcommand()
@click.argument("runs", nargs=-1, metavar="[RUN...]")
@click.option("-o", "--output", metavar="FILE",
              help="Where to write the page; default: report.html in the run's folder, and of several runs in this "
                   "folder.")  # fmt: skip
@click.option("--open", "opened", is_flag=True, help="Open the page in the browser.")
@click.option("--markdown", is_flag=True, help="Print Markdown instead of writing a page.")
@json_option
def command(runs: tuple[str, ...], output: str | None, opened: bool, markdown: bool, as_json: bool) -> None:
    """Report on RUN: a verdict in words, curves, metrics, mistakes, the model's insides, its config.

    RUN is the folder of a run; default: the newest run under runs/. Several runs are shown side by side.

    \b
    nnctl report --open
    nnctl report runs/iris-20260101-120000 -o iris.html
    nnctl report runs/a runs/b runs/c
    nnctl report --json
    """
    if as_json and markdown:
        raise click.UsageError("choose one of --json and --markdown")
    if opened and (as_json or markdown):
        raise click.UsageError("--open works only with the page, not with --json or --markdown")
    from nnctl.cli.inputs import chosen_run, refuse_overwriting  # imported here to keep start-up fast
    from nnctl.reports.findings import findings_of

    file = output_file(output) if output else None
    folders = [Path(name) for name in runs] or [chosen_run(None)]
    if file and file.name != PAGE:
        for folder in folders:
            refuse_overwriting(file, (), folder)
    document = findings_of(folders)
    text = _text(document, markdown, as_json)
    if file is None and (as_json or markdown):
        click.echo(text, nl=False)
        return
    if file is None:
        its_folder = folders[0].parent if folders[0].is_file() else folders[0]
        file = its_folder / PAGE if len(folders) == 1 else Path(PAGE)
    write_output(file, text)
    from nnctl.reports.terminal import Terminal  # imported here to keep start-up fast

    compared = document["comparison"]
    Terminal.of().flow(compared["verdict"] if compared else document["runs"][0]["verdict"]["headline"])
    tell_written(file, sys.stderr)
    if opened and not open_page(file):
        Terminal.of(sys.stderr).flow(_("No browser could be started: open the page in one yourself."))


def _text(document: Document, markdown: bool, as_json: bool) -> str:
    if as_json:
        from nnctl.reports.json_output import dumps  # imported here to keep start-up fast

        return dumps(document) + "\n"
    if markdown:
        from nnctl.reports.report_markdown import markdown_of  # imported here to keep start-up fast

        return markdown_of(document)
    from nnctl.reports.page.page import html_page  # imported here to keep start-up fast

    return html_page(document)
