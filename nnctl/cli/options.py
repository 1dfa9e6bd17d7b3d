"""Options that several commands share, with the same meaning everywhere."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import click

from nnctl.cli.error_handler import Switches
from nnctl.cli.help_page import TranslatedHelp
from nnctl.translation import LANGUAGES, VARIABLE, known_language, language_of_locale, use_language

if TYPE_CHECKING:
    from nnctl.nn.losses.ctc_decoding import Reading

Function = TypeVar("Function", bound=Callable[..., Any] | click.Command)
Decorator: TypeAlias = Callable[[Function], Function]


def _switch_debug(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    switches = context.find_object(Switches)
    if value and switches:
        switches.debug = True


debug_option = click.option(
    "--debug", is_flag=True, expose_value=False, is_eager=True, callback=_switch_debug,
    help="Show a traceback when an error occurs.",
)  # fmt: skip


def _choose_language(_context: click.Context, _parameter: click.Parameter, value: str | None) -> None:
    if value is not None:
        use_language(language_named(value, "--lang"))


lang_option = click.option(
    "--lang", metavar="|".join(LANGUAGES), expose_value=False, is_eager=True, callback=_choose_language,
    help="Language of the output; default: NNCTL_LANG, or that of the locale.",
)  # fmt: skip


def language_named(name: str, source: str) -> str:
    """The code of a language. Raises click.UsageError, which names the source, if there is no such translation."""
    code = known_language(name)
    if code is None:
        choices = ", ".join(f"{code} ({own})" for code, own in LANGUAGES.items())
        raise click.UsageError(f"{source}: there is no translation into {name!r}; languages: {choices}")
    return code


def begin_language(arguments: Sequence[str]) -> None:
    """Chooses the language of a command: by --lang, NNCTL_LANG or the locale.

    --lang is looked up here, before the other arguments are read, so that it holds for --help wherever it stands.
    """
    given = [value for name, value in pairwise(arguments) if name == "--lang"]
    given += [argument.partition("=")[2] for argument in arguments if argument.startswith("--lang=")]
    own = os.environ.get(VARIABLE)
    default = language_named(own, VARIABLE) if own else language_of_locale()
    use_language(next(filter(None, map(known_language, given)), default))


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")

set_option = click.option(
    "--set", "overrides", multiple=True, metavar="KEY=VALUE",
    help="Override a value of the config, such as optimizer.adam.learning_rate=0.01. May be repeated.",
)  # fmt: skip

weights_option = click.option(
    "--weights", type=click.Choice(["best", "last"]),
    help="Use the weights of the best epoch or the last ones; default: the run's `keep`.",
)  # fmt: skip


DECODERS = {"greedy": "greedy", "beam": "beam_search"}  # value of --decode -> its name in metrics


def decode_options(command: Function) -> Function:
    """The options for decoding the output of a CTC model; they replace the settings of its metrics."""
    decode = click.option("--decode", type=click.Choice(list(DECODERS)),
                          help="How to decode the output of a CTC model: greedy takes the most probable class at each "
                               "step, beam searches for the most probable text.")  # fmt: skip
    width = click.option("--beam-width", type=click.IntRange(min=1), metavar="N",
                         help="Number of candidates that the beam search keeps; default: 10. More is slower but more "
                              "accurate.")  # fmt: skip
    return decode(width(command))


def reading_of(decode: str | None, beam_width: int | None) -> Reading | None:
    """The decoding that the options ask for; None if they are not given."""
    if decode is None and beam_width is None:
        return None
    if decode == "greedy" and beam_width is not None:
        raise click.UsageError("--beam-width works only with --decode beam")
    from nnctl.nn.losses.ctc_decoding import Reading  # imported here to keep start-up fast

    return Reading(DECODERS[decode or "beam"], beam_width)


def subcommand() -> Callable[[Callable[..., Any]], click.Command]:
    """Declares a subcommand: click.command with the options that all subcommands have."""

    def declare(function: Callable[..., Any]) -> click.Command:
        return click.command(cls=TranslatedHelp)(debug_option(lang_option(function)))

    return declare
