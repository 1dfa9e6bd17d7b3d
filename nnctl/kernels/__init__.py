"""Compiled loops, for what NumPy does in many passes: used where Numba is installed (the extra `fast`).

NumPy is the reference; every kernel has a twin there, and a test that both agree. To compile takes seconds, and Numba a
third of one to import: both are asked for only where a run is long enough to win that back.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nnctl.kernels.toolchain.shared_library import Compiled

# the kernels that other code calls, by the folder of their modules
HOMES = {
    "ops": ("conv_pool_backward", "convolution", "ctc", "dense", "dense_chain", "pooling", "recurrent_cells",
            "recurrent_loops", "resampling"),
    "primitives": ("bias_relu", "elementwise", "flush_to_zero", "gemm", "philox", "pool_blocks", "spin_barrier",
                   "transpose"),
}  # fmt: skip

SWITCH = "NNCTL_KERNELS"  # numpy: leave Numba alone; numba: use it however short the run
INSTALL = "pip install 'nnctl[fast]'"


def home_of(name: str) -> str:
    """The module of a kernel, under this folder: `ops.dense`."""
    return next(f"{folder}.{name}" for folder, names in HOMES.items() if name in names)


def installed() -> bool:
    """Whether Numba can be imported."""
    return find_spec("numba") is not None


def wanted(work: float, worth: float) -> bool:
    """Whether a run that does so much work should have compiled kernels, the environment's switch considered."""
    switch = os.environ.get(SWITCH, "")
    if switch == "numpy":
        return False
    return switch == "numba" or work >= worth


class Kernels:
    """The compiled kernels, module by module: `kernels.pooling.max_forward`. Each is fetched, or compiled, when it is
    first called (kernels/toolchain/shared_library.py)."""

    def __init__(self, without: Iterable[str] = ()):
        """without: modules that are not to be used."""
        for name in without:
            setattr(self, name, None)

    def __getattr__(self, name: str) -> Compiled:
        if not any(name in names for names in HOMES.values()):
            raise AttributeError(name)
        from nnctl.kernels.toolchain.shared_library import Compiled  # runs on NumPy alone do not need it

        compiled = Compiled(name, lambda: import_module(f"nnctl.kernels.{home_of(name)}"))
        setattr(self, name, compiled)
        return compiled
