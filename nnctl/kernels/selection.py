"""Whether a run gets compiled kernels. It depends on the config and the machine only, so that a resumed run gets the
same."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from nnctl import kernels

# Estimated seconds of the whole run on NumPy above which compiled kernels are worth it: importing Numba and loading
# what it compiled take half a second, and the first time on a machine compiling takes some ten.
WORTH = 1.5
# Seconds that NumPy takes, as measured where half of the time is BLAS': for each weight updated, each multiply-add, and
# each call of a layer, forward and backward (a recurrent layer is called at every time step).
SECONDS_A_WEIGHT, SECONDS_A_MULTIPLY_ADD, SECONDS_A_CALL = 2e-9, 3e-11, 6e-5


@dataclass(frozen=True)
class Work:
    """How much a run has to do: its iterations and, for each of them, the weights that are updated, the multiply-adds
    forward and backward, and the calls of layers."""

    iterations: int
    weights: int
    multiply_adds: int
    calls: int

    @property
    def seconds(self) -> float:
        """Estimated time on NumPy."""
        numbers = self.weights * SECONDS_A_WEIGHT + self.multiply_adds * SECONDS_A_MULTIPLY_ADD
        return self.iterations * (numbers + self.calls * SECONDS_A_CALL)


@dataclass(frozen=True)
class Choice:
    """The kernels of a run.

    Attributes:
        compiled_rule: the optimizer's compiled rule, or None for NumPy.
        layers: the layers' kernels, or None for NumPy.
        note, cache_note: lines for the user; the second one says why the kernel cache is not used.
    """

    compiled_rule: Callable[..., None] | None = None
    layers: kernels.Kernels | None = None
    note: str = ""
    cache_note: str = ""

    @property
    def name(self) -> str:
        """As a run's environment records it."""
        return "numba" if self.compiled_rule or self.layers else "numpy"


def choose(optimizer: Any, work: Work, dtype: Any, fuse: Collection[str]) -> Choice:
    """The kernels of a run with that much to do. fuse: names of the fusions that it may use ("update", "gates")."""
    if not kernels.wanted(work.seconds, WORTH):
        return Choice()
    if not kernels.installed():
        return Choice(note=f"this run would be faster with compiled kernels: {kernels.INSTALL}")
    try:
        from nnctl.kernels.ops.fused_optimizer import compiled  # imported here to keep start-up fast
        from nnctl.kernels.toolchain import cache

        scalars = optimizer.scalars(0.1, 0, optimizer.memory())
        # a rule that looks at a variable as a whole is NumPy's
        fused = "update" in fuse and not optimizer.per_variable
        compiled_rule = compiled(optimizer.formula(), len(optimizer.slots()), len(scalars)) if fused else None
        if compiled_rule is None:
            import_module("numba")
    except Exception as error:  # anything that a Numba unfit for this Python or machine may raise
        return Choice(note=f"compiled kernels are not used, NumPy computes instead: {type(error).__name__}")
    layers = kernels.Kernels(() if "gates" in fuse else ("recurrent_loops",)) if str(dtype) == "float32" else None
    if not compiled_rule and not layers:
        return Choice()
    note = "compiled kernels (Numba); on first use they take a few seconds to compile"
    return Choice(compiled_rule, layers, note, cache.problem())
