"""nnctl explain: explains layers, activations, losses, optimizers and the ideas of training."""

from __future__ import annotations

import click

from nnctl.cli.options import json_option, subcommand


@subcommand()
@click.argument("topic", nargs=-1)
@json_option
def command(topic: tuple[str, ...], as_json: bool) -> None:
    """Explain TOPIC: a layer, an activation, a loss, an optimizer, or an idea such as epoch. Without TOPIC, list them.

    \b
    nnctl explain
    nnctl explain LSTM
    nnctl explain layer relu
    """
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
