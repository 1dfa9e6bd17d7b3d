"""The output of a training run: plain lines for a file or a pipe, a single line, or JSON.

The live table is in live_table.py.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Protocol

from nnctl.quoting import shell_path
from nnctl.reports.json_output import dumps, jsonable
from nnctl.reports.kept_weights import weights_used
from nnctl.reports.next_commands import next_commands, show_next
from nnctl.reports.notes import translated
from nnctl.reports.number_format import count, duration, metric, parameters, rows_of_splits
from nnctl.reports.run_table import RunTable
from nnctl.reports.shown_epochs import ShownEpochs
from nnctl.reports.tables import Table, note_hidden
from nnctl.reports.terminal import Terminal, fitted
from nnctl.training.dispatcher import Progress
from nnctl.training.events import (
    EpochEnded,
    Event,
    IterationEnded,
    IterationsEnded,
    Metrics,
    RunEnded,
    RunStarted,
    Said,
)
from nnctl.translation import N_, _, plural

FINISHED = ("done", "early stopping")
_STOPPED = (N_("interrupted"), N_("terminated"), N_("hung up"), N_("output lost"))  # the other reasons


class Report(Protocol):
    """A subscriber that shows the events of a run."""

    def __call__(self, event: Event) -> None: ...

    def close(self) -> None:
        """Writes what is still buffered."""


class JsonReport:
    """Writes each event at once as one line of JSON: {"event": "epoch_ended", "epoch": 3, ...}."""

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
    """Writes a single line with the results."""

    def __init__(self, terminal: Terminal):
        self._terminal = terminal

    def __call__(self, event: Event) -> None:
        if isinstance(event, RunEnded):
            ending, test = _ending(event), ", ".join(f"{name} {metric(value)}" for name, value in event.test.items())
            if test:
                ending = _("test {metrics}, {ending}").format(metrics=test, ending=ending)
            self._terminal.print(f"{event.folder}: {ending}")

    def close(self) -> None:
        """Nothing is held back."""


class PlainReport(Progress):
    """Writes a row of titles and one row per epoch, for files, pipes and dumb terminals.

    every_epoch: whether every epoch of a long run gets a row, instead of every k-th. The titles wait for the first
    epoch, which sets the unit of the time and the number of decimals.
    """

    # Seconds after which an epoch gets a row in any case. None, so that the rows of a log depend only on the numbers of
    # the epochs and are the same in every run.
    _pause: float | None = None

    # set by RunStarted
    _started: RunStarted
    _epochs: ShownEpochs
    _table: RunTable

    def __init__(self, terminal: Terminal, every_epoch: bool = False):
        self._terminal = terminal
        self._every_epoch = every_epoch
        self._has_started = False
        self._headed = False  # whether the titles are written

    def __call__(self, event: Event) -> None:
        if isinstance(event, EpochEnded):
            self.progress([event], [])
        elif isinstance(event, RunStarted):
            self._start(event)
        elif isinstance(event, Said):
            self._terminal.flow(translated(event.text), indent="  ")
        elif isinstance(event, RunEnded):
            self._end(event)
        if not isinstance(event, (IterationEnded, IterationsEnded)):
            self._terminal.stream.flush()

    def progress(self, epochs: list[EpochEnded], iterations: list[IterationEnded | IterationsEnded]) -> None:
        """Writes the rows of epochs; see Dispatcher."""
        for event in epochs:
            if not self._headed:
                self._head(event)
            if self._epochs.take(event):
                self._epoch_row(event)
        self._terminal.stream.flush()

    def close(self) -> None:
        """Nothing is held back."""

    def _start(self, started: RunStarted) -> None:
        self._has_started = True
        self._started = started
        self._epochs = ShownEpochs(started, self._every_epoch, self._pause)
        self._table = RunTable(started, self._terminal.width)
        self._headed = False
        opening(started, self._terminal, self._epochs.rule())

    def _head(self, first: EpochEnded) -> None:
        """Writes the titles, the baseline, and the best epoch so far of a resumed run."""
        started = self._started
        self._headed = True
        self._table = RunTable(started, self._terminal.width, first)
        note_hidden(self._table.absent, _("--json shows all"), self._terminal)
        for line in self._table.header():
            self._terminal.print(line, "bold")
        if started.baseline:
            self._terminal.print(self._table.baseline(started.baseline), "yellow")
        for event in self._epochs.left_over():
            self._epoch_row(event)

    def _epoch_row(self, event: EpochEnded) -> None:
        best = event is self._epochs.best
        overtaken = best and event is not self._epochs.last
        label = f"{'* ' if best else ''}{event.epoch}"
        if overtaken:
            label = _("best {epoch}").format(epoch=event.epoch)
        self._terminal.print(self._table.epoch(event, label), *(("green",) if best else ()))

    def _end(self, ended: RunEnded) -> None:
        if not self._has_started:
            return
        rows = self._epochs.left_over()
        if rows and not self._headed:  # a resumed run that was stopped during its first epoch
            self._head(rows[0])
        for event in rows:
            self._epoch_row(event)
        closing(ended, self._started, self._terminal)


def opening(started: RunStarted, terminal: Terminal, rule: str | None = None) -> None:
    """Writes what was done to the data and what will be trained. rule: which epochs get a row, if not all do."""
    for note in started.notes:
        terminal.flow(f"- {translated(note)}", indent="  ")
    if started.notes:
        terminal.print()
    epochs, each = started.epochs, started.iterations_per_epoch
    lines = {
        _("samples"): rows_of_splits({split: rows for split, rows in started.rows.items() if rows}),
        _("parameters"): parameters(started.parameters, started.trainable),
        _("training"): _("{epochs} × {iterations}, batch size {size}").format(
            epochs=plural("{n} epoch", "{n} epochs", epochs).format(n=count(epochs)),
            iterations=plural("{n} iteration", "{n} iterations", each).format(n=count(each)),
            size=count(started.batch_size),
        ),
    }
    if started.first_epoch > 1:
        lines[_("resumed")] = _("at epoch {epoch}").format(epoch=started.first_epoch)
    if rule:
        lines[_("rows")] = _("{rule}; -v shows all").format(rule=rule)
    terminal.print(started.name, "bold")
    for label, text in lines.items():
        terminal.flow(f"  {fitted(label, 12)}{text}", indent=" " * 14)
    terminal.print()


def closing(ended: RunEnded, started: RunStarted, terminal: Terminal) -> None:
    """Writes how the run ended, the metrics of the test split and the baseline, and what to do next."""
    terminal.print()
    if ended.reason != "nan":  # otherwise an error follows that says why
        ending = _ending(ended)
        ending = ending[0].upper() + ending[1:]
        if ended.best_epoch:
            ending = _("{ending}; best: epoch {epoch}").format(ending=ending, epoch=ended.best_epoch)
        terminal.flow(ending)
        if ended.kept:
            terminal.flow(_("eval and predict use the {weights}").format(weights=weights_used(ended.kept)))
        terminal.print()
    if ended.test:
        _test_table(ended.test, started.baselines.get("test", {}), started.scaled).print(terminal)
        terminal.print()
    if ended.hint and ended.reason != "nan":
        terminal.flow(ended.hint)
        terminal.print()
    if ended.verdict:
        terminal.flow(translated(ended.verdict))
        terminal.print()
    terminal.print(f"{fitted(_('run'), 6)}{shell_path(ended.folder)}")
    if ended.reason != "nan":
        show_next(next_commands("train" if ended.reason in FINISHED else "stopped", ended.folder), terminal)


def _ending(ended: RunEnded) -> str:
    if ended.reason == "nan":
        return _("stopped: the loss is not a number")
    n = ended.epochs
    if ended.reason == "done":
        text = plural("done after {n} epoch in {time}", "done after {n} epochs in {time}", n)
    elif ended.reason == "early stopping":
        text = plural("stopped early after {n} epoch in {time}", "stopped early after {n} epochs in {time}", n)
    else:
        text = plural("{reason} after {n} epoch in {time}", "{reason} after {n} epochs in {time}", n)
    return text.format(reason=_(ended.reason), n=count(n), time=duration(ended.seconds))


def _test_table(test: Metrics, baseline: Metrics, scaled: Collection[str] = ()) -> Table:
    """One row per metric, so that any number of metrics fits any terminal."""
    table = Table(["", _("test"), _("baseline")] if baseline else ["", _("test")])
    for name, value in test.items():
        table.add(
            _("{metric} (scaled)").format(metric=name) if name in scaled else name,
            metric(value),
            *([metric(baseline.get(name))] if baseline else []),
        )
    return table
