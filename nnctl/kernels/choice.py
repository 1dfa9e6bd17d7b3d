"""Whether a run gets compiled kernels: a function of its config and machine, so that a resumed run gets them too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nnctl import kernels

# Entries of weights that a whole run updates, above which importing and compiling is won back many times over: NumPy
# takes about 2 ns for each, a compiled pass 0.3.
WORTH = 1_000_000_000


@dataclass(frozen=True)
class Choice:
    """sweep: the optimizer's compiled pass, or None for NumPy. note: a line for the user, or empty."""

    sweep: Callable[..., None] | None = None
    note: str = ""

    @property
    def name(self) -> str:
        """As the environment of a run has it."""
        return "numba" if self.sweep else "numpy"


def choose(optimizer: Any, parameters: int, iterations: int) -> Choice:
    """The kernels of a run of so many iterations on a model of so many trainable weights."""
    if not kernels.wanted(parameters * iterations, WORTH):
        return Choice()
    if not kernels.installed():
        return Choice(note=f"this run would be faster with compiled kernels: {kernels.INSTALL}")
    try:
        from nnctl.kernels.sweep import compiled

        scalars = optimizer.scalars(0.1, 0, optimizer.memory())
        sweep = compiled(optimizer.formula(), len(optimizer.slots()), len(scalars))
    except Exception as error:  # whatever a Numba that does not fit this Python or this machine may raise
        return Choice(note=f"compiled kernels are left out, NumPy goes on: {type(error).__name__}")
    return Choice(sweep, "compiled kernels (Numba) update the weights")
