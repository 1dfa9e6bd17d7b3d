"""How every kernel is compiled. Only modules of kernels import this, because it imports Numba."""

from collections.abc import Callable
from typing import Any

from numba import extending, njit
from numba.core.ccallback import CFunc
from numba.core.registry import CPUDispatcher

from nnctl.kernels.toolchain.numba_cache import VerifiedCache
from nnctl.kernels.toolchain.unloaded_library import UnloadedCompiler


def compiled(**options: Any) -> Callable[[Any], Any]:
    """Numba's njit without the interpreter lock, with NumPy's rules of division, and with nnctl's own cache.

    Only other kernels can call the result: functions that Python calls come from a library (shared_library.py), and
    without Numba's own wrappers for Python, compiling takes a tenth less. Where no library can be built, see
    `for_python`.
    """

    def decorate(function: Any) -> Any:
        dispatcher = _dispatcher(function, options, wrapped=False)
        dispatcher.nnctl_options = options
        return dispatcher

    return decorate


def for_python(dispatcher: Any) -> Any:
    """The function of a kernel that Python can call, as Numba makes it."""
    return _dispatcher(dispatcher.py_func, dispatcher.nnctl_options, wrapped=True)


def _dispatcher(function: Any, options: dict[str, Any], wrapped: bool) -> Any:
    without: dict[str, Any] = {}
    if not wrapped:
        without = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "pipeline_class": UnloadedCompiler}
    dispatcher = njit(nogil=True, error_model="numpy", **without, **options)(function)
    dispatcher._cache = VerifiedCache(function, wrapped)
    if not wrapped:
        dispatcher.__class__ = _ForKernels
    return dispatcher


class _ForKernels(CPUDispatcher):
    """A function without a way in from Python, which Numba would jump into all the same."""

    def __call__(self, *arguments: Any) -> Any:
        raise TypeError(f"{self.py_func.__name__} is for other kernels: call it as kernels.Kernels().MODULE.NAME, "
                        "or see for_python")  # fmt: skip


# nogil: several threads run kernels at once. contract: a product and a sum may become one instruction; everything else
# is computed as written, so that NaN comes out where NaN went in.
kernel = compiled(fastmath={"contract"})


def intrinsic(build: Callable[..., Any]) -> Any:
    """Numba's `intrinsic`, as any function: kernels call it without the first argument, which its annotations
    demand."""
    return extending.intrinsic(build)


def address(function: Any, signature: Any) -> int:
    """The address of a function compiled for callers that know C. signature: Numba's, with its result."""
    made: Any = CFunc(function, (signature.args, signature.return_type), locals={}, options={"error_model": "numpy"})
    made._cache = VerifiedCache(function)
    made.compile()
    _addresses.append(made)
    return made.address


_addresses: list[CFunc] = []  # live as long as the code in them
