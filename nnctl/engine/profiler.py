"""The profiler: seconds of training by layer and phase, measured only when asked for."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable

# Phases of an iteration besides those of the layers.
BATCH, LAYERS, UPDATE, METRICS, SCREEN = "batch", "layers", "update", "metrics", "screen"


class Clock:
    """Adds up laps by (name, phase). Each shard call has one of its own."""

    def __init__(self) -> None:
        self.seconds: defaultdict[tuple[str, str], float] = defaultdict(float)
        self._last = 0.0

    def start(self) -> None:
        self._last = time.perf_counter()

    def lap(self, name: str, phase: str) -> None:
        """Counts the time since the last lap for this name and phase."""
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
