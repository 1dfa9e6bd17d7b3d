"""Where the time of training goes: seconds by layer and phase, taken only when asked for."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable

# Phases of an iteration beside the layers' own.
BATCH, LAYERS, UPDATE, FIGURES, SCREEN = "batch", "layers", "update", "figures", "screen"


class Clock:
    """Adds up laps by (name, phase). Each thread's shard has one of its own."""

    def __init__(self) -> None:
        self.seconds: defaultdict[tuple[str, str], float] = defaultdict(float)
        self._last = 0.0

    def start(self) -> None:
        self._last = time.perf_counter()

    def lap(self, name: str, phase: str) -> None:
        """What has passed since the last lap was spent on this."""
        now = time.perf_counter()
        self.seconds[name, phase] += now - self._last
        self._last = now


def summed(clocks: Iterable[Clock]) -> dict[tuple[str, str], float]:
    """Seconds by (name, phase) of all clocks together."""
    total: defaultdict[tuple[str, str], float] = defaultdict(float)
    for clock in clocks:
        for key, seconds in clock.seconds.items():
            total[key] += seconds
    return dict(total)
