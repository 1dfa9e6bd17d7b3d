"""How every kernel here is compiled. Only kernels' own modules import this: it imports Numba."""

from collections.abc import Callable
from typing import Any

from numba import njit
from numba.core.ccallback import CFunc

from nnctl.kernels.toolchain.numba_cache import VerifiedCache


def compiled(**options: Any) -> Callable[[Any], Any]:
    """Numba's njit without the interpreter lock and with NumPy's rules of division, kept in nnctl's own cache."""

    def decorate(function: Any) -> Any:
        dispatcher = njit(nogil=True, error_model="numpy", **options)(function)
        dispatcher._cache = VerifiedCache(function)
        return dispatcher

    return decorate


# nogil: the shards' threads run side by side. contract: a product and a sum may be one instruction; all else is as
# written, so that NaN comes out where NaN went in.
kernel = compiled(fastmath={"contract"})


def address(function: Any, signature: Any) -> int:
    """Where a function lies that was compiled for callers who know C. signature: Numba's, with its result."""
    made = CFunc(function, (signature.args, signature.return_type), locals={}, options={"error_model": "numpy"})
    made._cache = VerifiedCache(function)
    made.compile()
    _addresses.append(made)
    return made.address


_addresses: list[CFunc] = []  # live as long as the code in them
