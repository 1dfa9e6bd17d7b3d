"""The output of `train --profile`: milliseconds per iteration, by phase and by layer."""

from __future__ import annotations

from nnctl.reports.tables import Table
from nnctl.reports.terminal import Terminal
from nnctl.training.events import Event, Profiled, RunEnded

# name of a phase in Profiled.phases -> (title, description)
PHASES = {
    "batch": ("batch", "gathering the rows of the batch"),
    "layers": ("layers", "forward, loss and backward"),
    "update": ("update", "applying the optimizer"),
    "metrics": ("metrics", "updating loss and metrics"),
    "screen": ("output", "events, table and logs"),
}


class ProfileReport:
    """A subscriber that prints the profile at the end of the run, below the table of epochs."""

    def __init__(self, terminal: Terminal):
        self._terminal = terminal
        self._profile: Profiled | None = None

    def __call__(self, event: Event) -> None:
        if isinstance(event, Profiled):
            self._profile = event
        elif isinstance(event, RunEnded) and self._profile is not None:
            show(self._profile, self._terminal)


def show(profile: Profiled, terminal: Terminal) -> None:
    """Prints a row per phase, then a row per layer."""
    per = 1000 / max(1, profile.iterations)
    whole = sum(profile.phases.values()) or 1.0
    terminal.print()
    terminal.flow("time per iteration")
    terminal.print()
    table = Table(["phase", "", "ms", "share"], left=2, spare=1)
    for phase, seconds in profile.phases.items():
        table.add(*PHASES[phase], f"{seconds * per:.3f}", f"{seconds / whole:.0%}")
    table.print(terminal)
    terminal.print()
    work = sum(forward + backward for _, forward, backward in profile.layers) or 1.0
    table = Table(["layer", "forward ms", "backward ms", "share"], left=1)
    for name, forward, backward in profile.layers:
        table.add(name, f"{forward * per:.3f}", f"{backward * per:.3f}", f"{(forward + backward) / work:.0%}")
    table.print(terminal)
    if profile.threads > 1:
        terminal.flow(
            f"The time of the layers is summed over {profile.threads} threads, so it may exceed that of an iteration."
        )
