"""nnctl explain: explains layers, activations, losses, optimizers and the ideas of training."""

from __future__ import annotations

from typing import Any

import click

from nnctl.cli.explain_config import explained_config
from nnctl.cli.explain_row import explained_row, row_options
from nnctl.cli.options import json_option, output_file, subcommand
from nnctl.quoting import shell_path
from nnctl.translation import _


@subcommand()
@click.argument("topic", nargs=-1)
@click.option("--html", "html_file", metavar="FILE.html", help="Write TOPIC as a page; optimizers race on it.")
@row_options
@json_option
def command(topic: tuple[str, ...], html_file: str | None, as_json: bool, row: int | None, **of_row: Any) -> None:
    """Explain TOPIC: a layer, an activation, a loss, an optimizer, or an idea such as epoch. Without TOPIC, list them.

    With --row, TOPIC is a run (default: the newest one), and the numbers of one row of its data are shown: every layer,
    the loss, the gradients, and one step of the optimizer. If TOPIC is a config, it is explained line by line.

    \b
    nnctl explain
    nnctl explain LSTM
    nnctl explain layer relu
    nnctl explain adam --html race.html
    nnctl explain runs/iris-20260101-120000 --row 17
    nnctl explain flowers.yaml
    """
    if html_file and (row is not None or not topic):
        raise click.UsageError("--html writes the page of a TOPIC, such as: nnctl explain adam --html adam.html")
    if explained_row(topic, row, as_json, **of_row) or (not html_file and explained_config(topic, as_json)):
        return
    from nnctl.reports.topics import contents, pages  # imported here to keep start-up fast

    file = output_file(html_file) if html_file else None
    page = pages.found(" ".join(topic)) if topic else None
    if file and page:
        from nnctl.reports.topics.html import html_page  # imported here to keep start-up fast

        file.write_text(html_page(page), encoding="utf-8")
    if as_json:
        from nnctl.reports.json_output import dumps  # imported here to keep start-up fast

        click.echo(dumps(page or contents.contents()))
        return
    from nnctl.reports.terminal import Terminal  # imported here to keep start-up fast
    from nnctl.reports.topics import text_page

    if file:
        Terminal.of().print(_("wrote {file}").format(file=shell_path(file)))
    elif page:
        text_page.show(page, Terminal.of())
    else:
        contents.show(Terminal.of())
