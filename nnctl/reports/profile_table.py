"""The output of `train --profile`: milliseconds per iteration, by phase and by layer."""

from __future__ import annotations

from nnctl.reports.tables import Table
from nnctl.reports.terminal import Terminal
from nnctl.training.events import Event, Profiled, RunEnded
from nnctl.translation import N_, _

# name of a phase in Profiled.phases -> (title, description)
PHASES = {
    "batch": (N_("batch"), N_("gathering the rows of the batch")),
    "layers": (N_("layers"), N_("forward, loss and backward")),
    "update": (N_("update"), N_("applying the optimizer")),
    "metrics": (N_("metrics"), N_("updating loss and metrics")),
    "screen": (N_("output"), N_("events, table and logs")),
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
    terminal.flow(_("time per iteration"))
    terminal.print()
    table = Table([_("phase"), "", "ms", _("share")], left=2, spare=1)
    for phase, seconds in profile.phases.items():
        table.add(*map(_, PHASES[phase]), f"{seconds * per:.3f}", f"{seconds / whole:.0%}")
    table.print(terminal)
    terminal.print()
    work = sum(forward + backward for _, forward, backward in profile.layers) or 1.0
    table = Table([_("layer"), _("forward ms"), _("backward ms"), _("share")], left=1)
    for name, forward, backward in profile.layers:
        table.add(name, f"{forward * per:.3f}", f"{backward * per:.3f}", f"{(forward + backward) / work:.0%}")
    table.print(terminal)
    if profile.threads > 1:
        terminal.flow(
            _("The time of the layers is summed over {n} threads, so it may exceed that of an iteration.").format(
                n=profile.threads
            )
        )
