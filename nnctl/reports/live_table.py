"""The live table of a training run in a terminal: a permanent row per epoch and, below, a block that is redrawn with
the latest iterations and the progress of the epoch."""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter, process_time
from typing import TYPE_CHECKING

from nnctl.reports.number_format import count, cut, duration, metric
from nnctl.reports.run_report import PlainReport
from nnctl.reports.run_table import LABEL
from nnctl.reports.terminal import Terminal, display_width
from nnctl.training.events import EpochEnded, Event, IterationEnded, IterationsEnded, RunEnded, RunStarted
from nnctl.translation import _

if TYPE_CHECKING:
    from nnctl.reports.live_block import LiveBlock

_SECONDS = 1 / 12  # least time between two drawings, which is faster than anyone reads
_SHARE = 0.003  # of the time that drawing may take: where a drawing takes long, there are fewer
_LONGEST = 2.0  # seconds between two drawings, at most
_ITERATIONS = 8  # rows of the latest iterations, if the terminal is tall enough
_ROWS_ABOVE = 10  # lines of the terminal left to the permanent rows
_BAR = (8, 40)  # shortest and longest progress bar
_NEVER = float("inf")


class LiveReport(PlainReport):
    """A PlainReport whose rows are buffered until the next drawing, with a live block below them."""

    _pause = 10.0  # at least one row in this many seconds, even in a long run

    def __init__(self, terminal: Terminal, every_epoch: bool = False):
        self._screen = terminal
        self._buffer = io.StringIO()
        super().__init__(replace(terminal, stream=self._buffer), every_epoch)
        self._recent: deque[IterationEnded] = deque(maxlen=_ITERATIONS)
        self._live: LiveBlock | None = None  # from the first drawing on: a very short run never imports rich
        self._due = _NEVER
        self._cpu_due = self._latest = 0.0  # CPU time of the next drawing, and when it is drawn in any case
        self._first: tuple[float, int] | None = None  # clock and step of the first drawing
        self._pace: list[str] = []  # time left and speed, as of the last drawing with a new step

    def __call__(self, event: Event) -> None:
        if isinstance(event, (IterationEnded, IterationsEnded)):
            self.progress([], [event])
            return
        super().__call__(event)
        if isinstance(event, EpochEnded):
            return
        if isinstance(event, RunStarted):
            self._screen.stream.write(self._rows())
            self._screen.stream.flush()
            self._due = perf_counter() + _SECONDS
        elif isinstance(event, RunEnded):
            self.close()
        elif perf_counter() >= self._due:
            self._draw()

    def progress(self, epochs: list[EpochEnded], iterations: list[IterationEnded | IterationsEnded]) -> None:
        """Takes the rows of epochs and the latest iterations into the next drawing, and draws if that is due."""
        super().progress(epochs, iterations)
        if perf_counter() >= self._due and self._may_draw():
            self._draw(iterations)
        else:
            self._recent.extend(each.last if isinstance(each, IterationsEnded) else each for each in iterations)

    def close(self) -> None:
        """Removes the block, writes the rows still in the buffer, and restores the cursor."""
        self._due = _NEVER
        if self._live is None:
            self._screen.stream.write(self._rows())
            self._screen.stream.flush()
        else:
            self._live.close(self._rows())
            self._live = None

    def _rows(self) -> str:
        """The rows that are buffered, which are then no longer."""
        text = self._buffer.getvalue()
        if text:
            self._buffer.seek(0)
            self._buffer.truncate()
        return text

    def _may_draw(self) -> bool:
        """Whether training has had enough of the processor since the last drawing, which other programs use, too."""
        if process_time() >= self._cpu_due or perf_counter() >= self._latest:
            return True
        self._due = perf_counter() + _SECONDS
        return False

    def _draw(self, iterations: Sequence[IterationEnded | IterationsEnded] = ()) -> None:
        live = self._live = self._live or self._go_live()
        began, cpu = perf_counter(), process_time()
        for event in iterations:
            self._recent.extend(event.each(_ITERATIONS) if isinstance(event, IterationsEnded) else [event])
        live.write(self._rows(), self._block(*live.size()) if self._recent else [])
        ended = perf_counter()
        self._due = ended + min(max(_SECONDS, (ended - began) / _SHARE), _LONGEST)
        self._cpu_due = process_time() + (process_time() - cpu) / _SHARE
        self._latest = ended + _LONGEST

    def _go_live(self) -> LiveBlock:
        from nnctl.reports.live_block import LiveBlock  # imported here to keep start-up fast

        return LiveBlock(self._screen.stream, self._screen.color)

    def _block(self, columns: int, rows: int) -> list[str]:
        """The latest iterations and the progress line."""
        now = self._recent[-1]
        rows = min(_ITERATIONS, max(rows - _ROWS_ABOVE, 0))
        window = [event for event in self._recent if event.epoch == now.epoch][-rows:] if rows else []
        plain, styled = self._screen.plain, self._screen.styled
        block = []
        if window and not self._headed:  # during the first epoch
            block = [styled(cut(plain(line), columns), "bold") for line in self._table.header()]
        block += [styled(cut(self._iteration(event), columns), "dim") for event in window]
        return [*block, "".join(styled(plain(text), *style) for text, style in self._progress(now, columns))]

    def _iteration(self, event: IterationEnded) -> str:
        label = f"{event.iteration}/{self._started.iterations_per_epoch}"
        return self._table.row(
            label if len(label) <= LABEL else str(event.iteration), event.metrics, event.learning_rate
        )

    def _progress(self, now: IterationEnded, width: int) -> list[tuple[str, tuple[str, ...]]]:
        """(text, styles) of the pieces of the line; pieces that do not fit are omitted, from the end."""
        epochs, total = self._started.epochs, self._started.iterations_per_epoch
        if self._first is None:
            self._first = (perf_counter(), now.step)
        elif now.step > self._first[1]:
            each = (perf_counter() - self._first[0]) / (now.step - self._first[1])  # including validation and saving
            left = duration((epochs * total - now.step) * each)
            self._pace = ["  " + _("{time} left").format(time=left), f"  {_speed(1 / each)}"]
        loss = _("batch loss {loss}").format(loss=metric(now.batch_loss))
        pieces = [f" {count(now.iteration)}/{count(total)}", *self._pace, f"  {loss}"]

        head = _("epoch {epoch}/{epochs}").format(epoch=now.epoch, epochs=epochs) + " "
        space = width - 3 - display_width(head) - _BAR[0]  # 3: the ^C of Ctrl-C at the end of the line must not wrap
        while pieces and sum(map(display_width, pieces)) > space:
            pieces.pop()
        bar = max(min(_BAR[0] + space - sum(map(display_width, pieces)), _BAR[1]), 0)
        filled = bar * now.iteration // total
        return [(head, ("bold",)), ("━" * filled, ("green",)), ("─" * (bar - filled), ("dim",)), ("".join(pieces), ())]


def _speed(iterations_per_second: float) -> str:
    decimals = 0 if iterations_per_second >= 10 else 2
    return f"{iterations_per_second:,.{decimals}f} it/s"
