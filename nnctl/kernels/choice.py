"""Whether a run gets compiled kernels: a function of its config and machine, so that a resumed run gets them too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nnctl import kernels

# Seconds that NumPy would take for the whole run, roughly, above which importing Numba (a third of one) and, the
# first time on a machine, compiling (a few) are won back.
WORTH = 3.0
# What NumPy takes, as measured where half of the time is BLAS': for each weight updated, and each multiply-add.
SECONDS_A_WEIGHT, SECONDS_A_MULTIPLY_ADD = 2e-9, 3e-11


@dataclass(frozen=True)
class Choice:
    """sweep: the optimizer's compiled pass. layers: the layers' kernels. None for NumPy. note: a line for the user."""

    sweep: Callable[..., None] | None = None
    layers: kernels.Kernels | None = None
    note: str = ""

    @property
    def name(self) -> str:
        """As the environment of a run has it."""
        return "numba" if self.sweep else "numpy"


def choose(optimizer: Any, iterations: int, parameters: int, multiply_adds: int, dtype: Any) -> Choice:
    """The kernels of a run of so many iterations, each of which updates so many weights and makes so many
    multiply-adds forward and backward."""
    seconds = iterations * (parameters * SECONDS_A_WEIGHT + multiply_adds * SECONDS_A_MULTIPLY_ADD)
    if not kernels.wanted(seconds, WORTH):
        return Choice()
    if not kernels.installed():
        return Choice(note=f"this run would be faster with compiled kernels: {kernels.INSTALL}")
    try:
        from nnctl.kernels.sweep import compiled

        scalars = optimizer.scalars(0.1, 0, optimizer.memory())
        sweep = compiled(optimizer.formula(), len(optimizer.slots()), len(scalars))
    except Exception as error:  # whatever a Numba that does not fit this Python or this machine may raise
        return Choice(note=f"compiled kernels are left out, NumPy goes on: {type(error).__name__}")
    layers = kernels.Kernels() if str(dtype) == "float32" else None
    return Choice(sweep, layers, "compiled kernels (Numba); the first time on a machine they take some seconds to compile")
