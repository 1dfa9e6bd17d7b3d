"""Shell completion: what a shell asks for while a command line is typed, and the answer.

The script of a shell (`nnctl completion SHELL`) runs nnctl with the variable _NNCTL_COMPLETE, the line up to the cursor
in COMP_LINE, and what it needs besides. nnctl then prints the candidates and does nothing else.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from nnctl.cli.completing.candidates import Source, source_of
from nnctl.cli.completing.shells import SHELLS
from nnctl.cli.options import begin_language

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

VARIABLE = "_NNCTL_COMPLETE"  # as click names it


def complete(program: click.Group) -> None:
    """Prints the candidates that the shell of the environment asks for; an error prints nothing."""
    try:
        text = answer(program, os.environ)
    except Exception:  # a message would be printed into the line that somebody is typing
        text = ""
    try:
        sys.stdout.buffer.write(text.encode("utf-8", "surrogateescape"))
        sys.stdout.flush()
    except (OSError, ValueError):  # the shell has stopped listening
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def answer(program: click.Group, environment: Mapping[str, str]) -> str:
    """The candidates as the shell's script reads them: one a line."""
    shell = SHELLS[environment[VARIABLE].partition("_")[0]]
    words, incomplete, raw = shell.split(environment.get("COMP_LINE", ""))
    with suppress(click.UsageError):  # NNCTL_LANG is a language that nnctl does not speak
        begin_language(words)
    found = candidates(program, words[1:], incomplete)
    return "".join(f"{line}\n" for line in shell.lines(found, incomplete, raw, environment))


def candidates(program: click.Group, words: list[str], incomplete: str) -> list[CompletionItem]:
    """What may follow the words of a command line; each begins with `incomplete`.

    A candidate after which the word goes on, such as a folder, has the type "more".
    """
    from click.shell_completion import ShellComplete  # imported here: older versions of click import much with it

    command, given = _given(program, words)
    for parameter in command.params:
        source = source_of(command.name, parameter)
        if source is not None:
            # over click's own method, which knows choices and options only
            parameter.__dict__["shell_complete"] = partial(_from, source, given)
    return ShellComplete(program, {"resilient_parsing": True}, "nnctl", VARIABLE).get_completions(words, incomplete)


def _given(program: click.Group, words: list[str]) -> tuple[click.Command, Mapping[str, Any]]:
    """The command of a line, and the values of its parameters so far."""
    start = next((i for i, word in enumerate(words) if word in program.list_commands(click.Context(program))), None)
    command = program if start is None else program.get_command(click.Context(program), words[start])
    if command is None or start is None:
        return program, {}
    rest = words[start + 1 :]
    if rest and rest[-1].startswith("-"):  # an option whose value is being typed would end click's parsing
        del rest[-1]
    return command, command.make_context(words[start], rest, resilient_parsing=True).params


def _from(source: Source, given: Mapping[str, Any], context: click.Context, incomplete: str) -> list[CompletionItem]:
    return source(given, incomplete)
