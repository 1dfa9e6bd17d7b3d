"""nnctl explain: explains layers, activations, losses, optimizers and the ideas of training."""

from __future__ import annotations

from typing import Any

import click

from nnctl.cli.explain_config import explained_config
from nnctl.cli.explain_row import explained_row, row_options
from nnctl.cli.options import json_option, subcommand
from nnctl.cli.output_files import output_file, tell_written, write_output


@subcommand()
@click.argument("topic", nargs=-1)
@click.option("--html", "html_file", metavar="FILE.html", help="Write a page instead; optimizers race on theirs.")
@row_options
@json_option
def command(topic: tuple[str, ...], html_file: str | None, as_json: bool, row: int | None, **of_row: Any) -> None:
    """Explain TOPIC: a layer, an activation, a loss, an optimizer, or an idea such as epoch. Without TOPIC, list all;
    the name of a family, such as `layers`, lists its topics with a sentence each.

    With --row, TOPIC is a run (default: the newest one), and the numbers of one row of its data are shown: every layer,
    the loss, the gradients, and one step of the optimizer. If TOPIC is a config, it is explained line by line.

    \b
    nnctl explain
    nnctl explain optimizers
    nnctl explain LSTM
    nnctl explain layer relu
    nnctl explain adam --html race.html
    nnctl explain runs/iris-20260101-120000 --row 17
    nnctl explain flowers.yaml
    """
    if html_file and not topic and row is None:
        raise click.UsageError("--html writes the page of a TOPIC, such as: nnctl explain adam --html adam.html")
    words = " ".join(topic)
    file = output_file(html_file) if html_file else None
    if explained_row(topic, row, as_json, file, **of_row):
        return
    from nnctl.reports.topics import contents, names, pages  # imported here to keep start-up fast

    # a topic goes before a config of the same name, and needs no look at the configs
    is_topic = names.is_topic(words) and "/" not in words
    if not is_topic and explained_config(topic, as_json, file):
        return
    family = names.family_named(words)
    if file and family:
        raise click.UsageError("--html writes the page of a single topic, not of a whole family")
    page = pages.found(words) if topic and not family else None
    if file and page:
        from nnctl.reports.topics.html import html_page  # imported here to keep start-up fast

        write_output(file, html_page(page))
    if as_json:
        from nnctl.reports.json_output import dumps  # imported here to keep start-up fast

        click.echo(dumps(page or (contents.summaries(family) if family else contents.contents())))
        return
    from nnctl.reports.terminal import Terminal  # imported here to keep start-up fast

    if html_file:
        tell_written(html_file)
    elif page:
        from nnctl.reports.topics.text_page import show  # imported here to keep start-up fast

        show(page, Terminal.of())
    elif family:
        contents.show_family(family, Terminal.of())
    else:
        contents.show(Terminal.of())
