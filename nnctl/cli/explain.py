"""nnctl explain: explains layers, activations, losses, optimizers and the ideas of training."""

from __future__ import annotations

from typing import Any

import click

from nnctl.cli.explain_config import explained_config
from nnctl.cli.explain_row import explained_row, row_options
from nnctl.cli.options import json_option, subcommand


@subcommand()
@click.argument("topic", nargs=-1)
@row_options
@json_option
def command(topic: tuple[str, ...], as_json: bool, row: int | None, **of_row: Any) -> None:
    """Explain TOPIC: a layer, an activation, a loss, an optimizer, or an idea such as epoch. Without TOPIC, list them.

    With --row, TOPIC is a run (default: the newest one), and the numbers of one row of its data are shown: every layer,
    the loss, the gradients, and one step of the optimizer. If TOPIC is a config, it is explained line by line.

    \b
    nnctl explain
    nnctl explain LSTM
    nnctl explain layer relu
    nnctl explain runs/iris-20260101-120000 --row 17
    nnctl explain flowers.yaml
    """
    if explained_row(topic, row, as_json, **of_row) or explained_config(topic, as_json):
        return
    from nnctl.reports.topics import contents, pages  # imported here to keep start-up fast

    if as_json:
        from nnctl.reports.json_output import dumps  # imported here to keep start-up fast

        click.echo(dumps(pages.found(" ".join(topic)) if topic else contents.contents()))
        return
    from nnctl.reports.terminal import Terminal  # imported here to keep start-up fast
    from nnctl.reports.topics import text_page

    if topic:
        text_page.show(pages.found(" ".join(topic)), Terminal.of())
    else:
        contents.show(Terminal.of())
