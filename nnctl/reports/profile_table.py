"""What `train --profile` prints: milliseconds of an iteration by layer and by phase."""

from __future__ import annotations

from nnctl.reports.tables import Table
from nnctl.reports.terminal import Terminal
from nnctl.training.events import Event, Profiled

PHASES = {
    "batch": "gathering the rows of the batch",
    "layers": "forward, loss and backward",
    "update": "the optimizer",
    "figures": "updating loss and metrics",
    "screen": "events: table, logs",
}


class ProfileReport:
    """Subscriber that prints the profile when it comes."""

    def __init__(self, terminal: Terminal):
        self._terminal = terminal

    def __call__(self, event: Event) -> None:
        if not isinstance(event, Profiled):
            return
        per = 1000 / max(1, event.iterations)
        whole = sum(event.phases.values()) or 1.0
        self._terminal.print()
        table = Table(["an iteration", "", "ms", "share"], left=2, spare=1)
        for phase, seconds in event.phases.items():
            table.add(phase, PHASES[phase], f"{seconds * per:.3f}", f"{seconds / whole:.0%}")
        table.print(self._terminal)
        self._terminal.print()
        work = sum(forward + backward for _, forward, backward in event.layers) or 1.0
        table = Table(["layer", "forward ms", "backward ms", "share"], left=1)
        for name, forward, backward in event.layers:
            table.add(name, f"{forward * per:.3f}", f"{backward * per:.3f}", f"{(forward + backward) / work:.0%}")
        table.print(self._terminal)
        if event.threads > 1:
            self._terminal.flow(
                f"layers: time of {event.threads} threads together, so it may exceed the time of an iteration"
            )
