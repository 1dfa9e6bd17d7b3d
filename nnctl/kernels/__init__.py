"""Compiled kernels, for what NumPy does in many passes: used where Numba is installed (the extra `fast`).

Every kernel has a NumPy reference, and a test that both agree. Compiling takes seconds, and importing Numba a third of
a second: both are done only where a run is long enough to gain more than that.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from nnctl.errors import InputError

if TYPE_CHECKING:
    from nnctl.kernels.toolchain.shared_library import Compiled

# the modules of kernels that other code calls: name -> module
_BY_FOLDER = {
    "ops": ("conv_pool_backward", "convolution", "ctc", "dense", "dense_chain", "pooling", "recurrent_cells",
            "recurrent_loops", "resampling"),
    "primitives": ("bias_relu", "elementwise", "flush_to_zero", "gemm", "philox", "pool_blocks", "spin_barrier",
                   "transpose"),
}  # fmt: skip
MODULES = {name: f"nnctl.kernels.{folder}.{name}" for folder, names in _BY_FOLDER.items() for name in names}

SWITCH = "NNCTL_KERNELS"  # numpy: never use Numba; numba: use it however short the run is
INSTALL = "pip install 'nnctl[fast]'"


def installed() -> bool:
    """Whether Numba can be imported."""
    return find_spec("numba") is not None


def wanted(work: float, worth: float) -> bool:
    """Whether a run that does so much work gets compiled kernels; the environment's switch decides first. Raises
    InputError if the switch is neither numpy nor numba."""
    switch = os.environ.get(SWITCH, "")
    if switch not in ("", "numpy", "numba"):
        raise InputError(f"{SWITCH} must be numpy or numba, got {switch!r}",
                         hint="numpy: never use compiled kernels; numba: always; unset: where a run is long enough to "
                              "gain from them")  # fmt: skip
    if switch == "numpy":
        return False
    return switch == "numba" or work >= worth


class Kernels:
    """The compiled kernels by module: `kernels.pooling.max_forward`. Each is loaded, or compiled, when it is first
    called (kernels/toolchain/shared_library.py)."""

    def __init__(self, without: Iterable[str] = ()):
        """without: modules that this run must not use; they are None."""
        for name in without:
            setattr(self, name, None)

    def __getattr__(self, name: str) -> Compiled:
        if name not in MODULES:
            raise AttributeError(name)
        from nnctl.kernels.toolchain.shared_library import Compiled  # runs on NumPy alone do not need it

        compiled = Compiled(name, lambda: import_module(MODULES[name]))
        setattr(self, name, compiled)
        return compiled
