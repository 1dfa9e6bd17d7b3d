"""What a training run shows: plain lines for a file or a pipe, one line, or JSON. The live table is in live.py."""

from __future__ import annotations

import re
from collections.abc import Collection

from nnctl.quoting import shell_path
from nnctl.reports.json_output import dumps, jsonable
from nnctl.reports.number_format import count, counted, duration, figure, parameters
from nnctl.reports.run_table import Epochs, RunTable
from nnctl.reports.tables import Table, without_room
from nnctl.reports.terminal import Terminal
from nnctl.training.events import (
    EpochEnded,
    Event,
    Figures,
    IterationEnded,
    IterationsEnded,
    RunEnded,
    RunStarted,
    Said,
)

FINISHED = ("done", "early stopping")


class JsonReport:
    """Every event as one line of JSON, written at once: {"event": "epoch_ended", "epoch": 3, ...}."""

    def __init__(self, terminal: Terminal):
        self._stream = terminal.stream

    def __call__(self, event: Event) -> None:
        if isinstance(event, IterationsEnded):
            for one in event.each():
                self(one)
            return
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", type(event).__name__).lower()
        self._stream.write(dumps({"event": name, **jsonable(event)}, indent=None) + "\n")
        self._stream.flush()

    def close(self) -> None:
        """Nothing is held back."""


class QuietReport:
    """Only what came out, in one line."""

    def __init__(self, terminal: Terminal):
        self._terminal = terminal

    def __call__(self, event: Event) -> None:
        if isinstance(event, RunEnded):
            test = "".join(f"{name} {figure(value)}, " for name, value in event.test.items())
            self._terminal.print(f"{event.folder}: {test and f'test {test}'}{_ending(event)}")

    def close(self) -> None:
        """Nothing is held back."""


class PlainReport:
    """A line per epoch under a row of titles, for files, pipes and dumb terminals.

    every_epoch: a row for every epoch of a long run too, not for every k-th. The titles wait for the first epoch, which
    tells the unit of the time and the decimals.
    """

    _pause: float | None = None  # a log's rows are a function of the epochs' numbers, the same in every run

    def __init__(self, terminal: Terminal, every_epoch: bool = False):
        self._terminal = terminal
        self._every_epoch = every_epoch
        self._started: RunStarted | None = None

    def __call__(self, event: Event) -> None:
        if type(event) in (IterationEnded, IterationsEnded):
            return
        if isinstance(event, RunStarted):
            self._start(event)
        elif isinstance(event, EpochEnded):
            if not self._headed:
                self._head(event)
            if self._epochs.take(event):
                self._epoch_row(event)
        elif isinstance(event, Said):
            self._terminal.flow(event.text, indent="  ")
        elif isinstance(event, RunEnded):
            self._end(event)
        else:
            return
        self._terminal.stream.flush()

    def close(self) -> None:
        """Nothing is held back."""

    def _start(self, started: RunStarted) -> None:
        self._started = started
        self._epochs = Epochs(started, self._every_epoch, self._pause)
        self._table = RunTable(started, self._terminal.width)
        self._headed = False
        opening(started, self._terminal, self._epochs.rule())

    def _head(self, first: EpochEnded) -> None:
        """Titles, the baseline, and the best epoch so far of a resumed run."""
        started = self._started
        self._headed = True
        self._table = RunTable(started, self._terminal.width, first)
        without_room(self._table.absent, "--json shows all", self._terminal)
        for line in self._table.header():
            self._terminal.print(line, "bold")
        if started.baseline:
            self._terminal.print(self._table.baseline(started.baseline), "yellow")
        for event in self._epochs.left_over():
            self._epoch_row(event)

    def _epoch_row(self, event: EpochEnded) -> None:
        best = event is self._epochs.best
        overtaken = best and event is not self._epochs.last
        label = f"best {event.epoch}" if overtaken else f"{'* ' if best else ''}{event.epoch}"
        self._terminal.print(self._table.epoch(event, label), *(("green",) if best else ()))

    def _end(self, ended: RunEnded) -> None:
        if self._started is None:
            return
        rows = self._epochs.left_over()
        if rows and not self._headed:  # a resumed run that was stopped within its first epoch
            self._head(rows[0])
        for event in rows:
            self._epoch_row(event)
        closing(ended, self._started, self._terminal)


def opening(started: RunStarted, terminal: Terminal, rule: str | None = None) -> None:
    """What was done to the data, and what is about to happen. rule: which epochs have a row, where not all have."""
    for note in started.notes:
        terminal.flow(f"- {note}", indent="  ")
    if started.notes:
        terminal.print()
    parts = ", ".join(f"{count(rows)} {part}" for part, rows in started.rows.items() if rows)
    terminal.print(started.name, "bold")
    terminal.flow(f"  samples     {parts}", indent=" " * 14)
    terminal.flow(f"  parameters  {parameters(started.parameters, started.trainable)}", indent=" " * 14)
    each = counted(started.iterations_per_epoch, "iteration")
    terminal.flow(
        f"  training    {counted(started.epochs, 'epoch')} × {each}, batch size {count(started.batch_size)}",
        indent=" " * 14,
    )
    if started.first_epoch > 1:
        terminal.flow(f"  resumed     at epoch {started.first_epoch}", indent=" " * 14)
    if rule:
        terminal.flow(f"  rows        {rule}; -v shows all", indent=" " * 14)
    terminal.print()


def closing(ended: RunEnded, started: RunStarted, terminal: Terminal) -> None:
    """How it ended, the test figures beside the baseline's, and what to do next."""
    terminal.print()
    if ended.reason != "nan":  # the error that follows says all of it
        ending = _ending(ended)
        best = f"; best: epoch {ended.best_epoch}" if ended.best_epoch else ""
        terminal.flow(ending[0].upper() + ending[1:] + best)
        if ended.kept:
            terminal.flow(f"Kept, and used by eval and predict: the {ended.kept}")
        terminal.print()
    if ended.test:
        _test_table(ended.test, started.baseline, started.scaled).print(terminal)
        terminal.print()
    if ended.hint and ended.reason != "nan":
        terminal.flow(ended.hint)
        terminal.print()
    if ended.verdict:
        terminal.flow(ended.verdict)
        terminal.print()
    run = shell_path(ended.folder)
    terminal.print(f"run   {run}")
    if ended.reason in FINISHED:
        terminal.print(f"next  nnctl eval {run}")
        terminal.print(f"      nnctl predict {run} FILE")
    elif ended.reason != "nan":
        terminal.print(f"next  nnctl train --resume {run}")


def _ending(ended: RunEnded) -> str:
    if ended.reason == "nan":
        return "stopped: the loss is not a number"
    how = "stopped early" if ended.reason == "early stopping" else ended.reason
    return f"{how} after {counted(ended.epochs, 'epoch')} in {duration(ended.seconds)}"


def _test_table(test: Figures, baseline: Figures, scaled: Collection[str] = ()) -> Table:
    """A row a figure, so that any number of them fits any terminal."""
    table = Table(["", "test", "baseline"] if baseline else ["", "test"])
    for name, value in test.items():
        table.add(
            f"{name} (scaled)" if name in scaled else name,
            figure(value),
            *([figure(baseline.get(name))] if baseline else []),
        )
    return table
