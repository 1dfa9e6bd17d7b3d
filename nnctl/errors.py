"""Errors that a user sees: what is wrong, where, and how to fix it; and the process's exit codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum


class ExitCode(IntEnum):
    """What the process tells the shell."""

    DONE = 0
    FAILED = 1  # something went wrong while running
    BAD_INPUT = 2  # the config, the data or the command line is wrong
    HUNG_UP = 129  # SIGHUP, the terminal was closed, after saving
    INTERRUPTED = 130  # Ctrl-C, after saving
    TERMINATED = 143  # SIGTERM, after saving


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    message: what was given and what is allowed, in one sentence.
    where: `file:line:column: key.path`, `data.csv: column "age"`, or None.
    hint: how to fix it, or None.
    """

    message: str
    where: str | None = None
    hint: str | None = None

    def __str__(self) -> str:
        text = f"{self.where}: {self.message}" if self.where else self.message
        return f"{text}\n  hint: {self.hint}" if self.hint else text


class NnctlError(Exception):
    """The base of every error that reaches a user as a message and never as a traceback."""

    exit_code = ExitCode.FAILED

    def __init__(self, message: str, where: str | None = None, hint: str | None = None):
        self.problems: tuple[Problem, ...] = (Problem(message, where, hint),)
        super().__init__(str(self.problems[0]))

    @classmethod
    def of(cls, problems: Sequence[Problem]) -> NnctlError:
        """One error that carries several problems, in the order they were found."""
        error = cls(problems[0].message, problems[0].where, problems[0].hint)
        error.problems = tuple(problems)
        error.args = ("\n".join(map(str, problems)),)
        return error


class InputError(NnctlError):
    """The user's input is wrong."""

    exit_code = ExitCode.BAD_INPUT


class ConfigError(InputError):
    """The config is wrong; carries every problem found in it."""


class ShapeError(InputError):
    """A tensor does not fit a layer; the graph adds the layer's name and line."""


class DataError(InputError):
    """A data file is missing, broken, or does not fit the model."""


class RunError(InputError):
    """A run folder or a checkpoint is missing, broken or in use."""


class TrainingError(NnctlError):
    """Training cannot go on (NaN loss, full disk)."""


class Stopped(NnctlError):
    """Training was stopped by a signal, after saving."""

    exit_code = ExitCode.INTERRUPTED
