"""The live table of a training run in a terminal: a permanent row per epoch and, below, a block that is redrawn with
the latest iterations and the progress of the epoch."""

from __future__ import annotations

import io
from collections import deque
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING

from nnctl.reports.number_format import count, duration, metric
from nnctl.reports.run_report import PlainReport
from nnctl.reports.run_table import LABEL
from nnctl.reports.terminal import Terminal, display_width
from nnctl.training.events import Event, IterationEnded, IterationsEnded, RunEnded, RunStarted
from nnctl.translation import _

if TYPE_CHECKING:
    from rich.console import ConsoleDimensions
    from rich.live import Live
    from rich.text import Text

_SECONDS = 1 / 12  # between two drawings: faster than anyone reads, and a small fraction of the training time
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
        self._live: Live | None = None  # from the first drawing on: a very short run never imports rich
        self._due = _NEVER
        self._first: tuple[float, int] | None = None  # clock and step of the first drawing
        self._pace: list[str] = []  # time left and speed, as of the last drawing with a new step

    def __call__(self, event: Event) -> None:
        if isinstance(event, (IterationEnded, IterationsEnded)):  # thousands per second: only store and check the clock
            due = perf_counter() >= self._due
            if isinstance(event, IterationEnded):
                self._recent.append(event)
            elif due:
                self._recent.extend(event.each())
            else:
                self._recent.append(event.last)
            if due:
                self._draw()
            return
        super().__call__(event)
        if isinstance(event, RunStarted):
            self._write_rows()
            self._due = perf_counter() + _SECONDS
        elif isinstance(event, RunEnded):
            self.close()
        elif perf_counter() >= self._due:
            self._draw()

    def close(self) -> None:
        """Removes the block, writes the rows still in the buffer, and restores the cursor."""
        self._due = _NEVER
        if self._live is not None:
            self._live.stop()
            self._live = None
        self._write_rows()

    def _write_rows(self) -> None:
        text = self._buffer.getvalue()
        self._buffer.seek(0)
        self._buffer.truncate()
        if not text:
            return
        if self._live is None:
            self._screen.stream.write(text)
            self._screen.stream.flush()
        else:
            from rich.text import Text  # imported here to keep start-up fast

            self._live.console.print(Text.from_ansi(text.removesuffix("\n")), soft_wrap=True)

    def _draw(self) -> None:
        live = self._live = self._live or self._go_live()
        self._write_rows()
        if self._recent:
            live.update(self._block(live.console.size), refresh=True)
        self._due = perf_counter() + _SECONDS

    def _go_live(self) -> Live:
        from rich.console import Console  # imported here to keep start-up fast
        from rich.live import Live

        console = Console(file=self._screen.stream, force_terminal=True, no_color=not self._screen.color,
                          highlight=False, markup=False, emoji=False)  # fmt: skip
        live = Live(console=console, auto_refresh=False, transient=True, redirect_stdout=False)
        live.start()
        return live

    def _block(self, size: ConsoleDimensions) -> Text:
        """The latest iterations and the progress line."""
        from rich.text import Text  # imported here to keep start-up fast

        now = self._recent[-1]
        rows = min(_ITERATIONS, max(size.height - _ROWS_ABOVE, 0))
        window = [event for event in self._recent if event.epoch == now.epoch][-rows:] if rows else []
        block = Text(no_wrap=True, overflow="crop")
        if window and not self._headed:  # during the first epoch
            for line in self._table.header():
                block.append(self._screen.plain(line)[: size.width] + "\n", style="bold")
        for event in window:
            block.append(self._iteration(event)[: size.width] + "\n", style="dim")
        for text, style in self._progress(now, size.width):
            block.append(self._screen.plain(text), style=style)
        return block

    def _iteration(self, event: IterationEnded) -> str:
        label = f"{event.iteration}/{self._started.iterations_per_epoch}"
        return self._table.row(
            label if len(label) <= LABEL else str(event.iteration), event.metrics, event.learning_rate
        )

    def _progress(self, now: IterationEnded, width: int) -> list[tuple[str, str]]:
        """(text, style) of the pieces of the line; pieces that do not fit are omitted, from the end."""
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
        return [(head, "bold"), ("━" * filled, "green"), ("─" * (bar - filled), "dim"), ("".join(pieces), "")]


def _speed(iterations_per_second: float) -> str:
    decimals = 0 if iterations_per_second >= 10 else 2
    return f"{iterations_per_second:,.{decimals}f} it/s"
