"""Schedules: a learning rate that changes with the step. Keras' names, formulas and defaults."""

from __future__ import annotations

from nnctl.registry import Declared, Family

schedules = Family("schedule")


class Schedule(Declared):
    """Base of all schedules."""

    def rate(self, step: int) -> float:
        """The learning rate of the 0-based step (one step is one batch)."""
        raise NotImplementedError
