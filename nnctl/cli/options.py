"""Options that several verbs share, each with one meaning."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from nnctl.cli.error_handler import Switches
from nnctl.errors import InputError
from nnctl.quoting import shell_path


def _switch_debug(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    switches = context.find_object(Switches)
    if value and switches:
        switches.debug = True


debug_option = click.option(
    "--debug", is_flag=True, expose_value=False, is_eager=True, callback=_switch_debug,
    help="Show a traceback when an error occurs.",
)  # fmt: skip

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")

set_option = click.option(
    "--set", "overrides", multiple=True, metavar="KEY=VALUE",
    help="Override a value of the config, such as optimizer.adam.learning_rate=0.01; may be repeated.",
)  # fmt: skip

weights_option = click.option(
    "--weights", type=click.Choice(["best", "last"]),
    help="Use the weights of the best epoch, or the last ones; default: as the run's `keep:` says.",
)  # fmt: skip


WAYS = {"greedy": "greedy", "beam": "beam_search"}  # here -> as metrics name them


def decode_options(command):
    """How the texts of a CTC run are read, in place of what its metrics say."""
    way = click.option("--decode", type=click.Choice(list(WAYS)),
                       help="Decoding of a CTC model's output: greedy takes the best class at each step.")  # fmt: skip
    width = click.option("--beam-width", type=click.IntRange(min=1), metavar="N",
                         help="Number of candidates a beam search keeps (default 10); more is slower but more accurate.")  # fmt: skip
    return way(width(command))


def reading_of(decode: str | None, beam_width: int | None):
    """What the decode options ask for; None where they are left out."""
    if decode is None and beam_width is None:
        return None
    if decode == "greedy" and beam_width is not None:
        raise click.UsageError("--beam-width is for --decode beam")
    from nnctl.nn.losses.ctc_decoding import Reading

    return Reading(WAYS[decode or "beam"], beam_width)


def same_file(one: Path, other: Path) -> bool:
    """Whether two paths lead to one file that exists, by whatever links and spellings."""
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False


def output_file(path: str, config: str | None = None) -> Path:
    """A file that is to be written. Raises InputError where its folder does not exist, it is one, or it is the config."""
    file = Path(path)
    if config is not None and same_file(file, Path(config)):
        raise InputError(f"{path} is the config, which is never overwritten: choose another name")
    if file.is_dir():
        raise InputError("this is a folder", where=path, hint="give the name of a file to write")
    if not file.parent.is_dir():
        raise InputError("there is no such folder", where=str(file.parent), hint=f"mkdir -p {shell_path(file.parent)}")
    return file


def verb(**settings: Any):
    """A subcommand: click.command with what every one of them has."""

    def declare(function):
        return click.command(**settings)(debug_option(function))

    return declare
