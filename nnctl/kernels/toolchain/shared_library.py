"""Compiled kernels as shared libraries: a run that finds its kernels there neither imports Numba nor LLVM, which take
half a second and 100 MB.

A kernel is looked for by its name and the kinds of its arguments. What is not there yet is compiled by Numba and, where
the machine has a linker (the command `cc`), kept as a library (kernels/toolchain/build.py); elsewhere Numba's own
function is used, from Numba's own cache.
"""

from __future__ import annotations

import ctypes
import hashlib
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from nnctl.kernels import aligned
from nnctl.kernels.toolchain import cache, load_library
from nnctl.kernels.toolchain.object_layout import ALIGNED, C_ORDER, CALL, FORTRAN, HEAD, LOCK, NDARRAY, PLAIN, WRITEABLE

_FASTCALL = 0x80  # METH_FASTCALL of CPython: function(self, arguments, how many)

Kinds = tuple[Any, ...]


class Compiled:
    """The kernels of a module by name, each a Kernel until it is known with which kinds of arguments it is called, and
    then the library's function itself."""

    def __init__(self, name: str, module: Callable[[], ModuleType]):
        """name: of the module, as libraries have it. module: imports it, where something must be compiled."""
        self._name, self._module = name, module

    def __getattr__(self, name: str) -> Kernel:
        if name.startswith("__"):
            raise AttributeError(name)
        kernel = Kernel(self, name)
        setattr(self, name, kernel)
        return kernel


class Kernel:
    """A kernel that is fetched when it is called. A library's function calls this again where arguments are of other
    kinds than it was compiled for."""

    _lock = threading.RLock()

    def __init__(self, home: Compiled, name: str):
        self._home, self._name = home, name
        self._functions: dict[Kinds, Callable[..., Any]] = {}

    def __call__(self, *arguments: Any) -> Any:
        arguments = tuple(map(_usual, arguments))
        kinds = tuple(map(_kind, arguments))
        with self._lock:
            if kinds not in self._functions:
                self._functions[kinds] = function = self._fetched(kinds, arguments)
                if len(self._functions) == 1:
                    setattr(self._home, self._name, function)
        return self._functions[kinds](*arguments)

    def _fetched(self, kinds: Kinds, arguments: tuple[Any, ...]) -> Callable[..., Any]:
        path = place_of(f"{self._home._name}.{self._name}", kinds)
        library = opened(path)
        if library is None:
            numba = getattr(self._home._module(), self._name)
            library = _built(path, "build", numba, arguments)
            if library is None:
                from nnctl.kernels.toolchain.jit import for_python  # it imports Numba

                return for_python(numba)
        return _function(library, self)

    def address(self, kinds: Kinds, compiled: Callable[[], tuple[Any, Any, Callable[[], int]]]) -> int:
        """Where the kernel lies for compiled callers, who hand on plain numbers and addresses. compiled: gives Numba's
        function, its signature, and a way to have Numba's own address where no library can be made."""
        path = place_of(f"{self._home._name}.{self._name}", kinds)
        with self._lock:
            library = opened(path)
            if library is None:
                numba, signature, own = compiled()
                library = _built(path, "build_plain", numba, signature)
                if library is None:
                    return own()
        address = ctypes.cast(library[PLAIN], ctypes.c_void_p).value
        assert address is not None
        return address


def _built(path: Path, how: str, *given: Any) -> ctypes.PyDLL | None:
    """A library made now, and kept in the cache if that is possible; None where none can be made."""
    if not _usable():
        return None
    try:
        from nnctl.kernels.toolchain import build  # only where something must be compiled: it imports Numba
    except ImportError:  # a Numba that is other inside
        return None
    content = getattr(build, how)(*given, path)
    library = None if content is None else _loaded(path, content)
    if library is not None:
        cache.write(path, content)
    return library


def place_of(name: str, kinds: Kinds) -> Path:
    """The library of a kernel for arguments of those kinds."""
    said = hashlib.sha256(repr(kinds).encode()).hexdigest()[:12]
    return cache.of_version() / f"{name}-{said}.so"


def _usual(value: Any) -> Any:
    """The value with plain arrays: no subclasses, and of several equal types the one that NumPy takes first."""
    if isinstance(value, np.ndarray):
        array, dtype = np.asarray(value), np.dtype(value.dtype.str)
        return array if array.dtype.num == dtype.num else array.view(dtype)
    if isinstance(value, tuple):
        values = map(_usual, value)
        return type(value)(*values) if hasattr(value, "_fields") else tuple(values)
    return value


def _kind(value: Any) -> Any:
    """What a compiled function is made for: of an array its type, axes, and what else its code depends on."""
    if isinstance(value, np.ndarray):
        order = C_ORDER if value.flags.c_contiguous else value.flags.num & FORTRAN
        return value.dtype.str, value.ndim, order | value.flags.num & (ALIGNED | WRITEABLE)
    if isinstance(value, tuple):
        return tuple(map(_kind, value))
    return type(value).__name__


def leave() -> None:
    """Releases the lock between kernels before this thread sleeps (see build.py)."""
    _lock_holder[0] = 0


_lock_holder = aligned.zeros(aligned.LINE // 8, np.int64)
_opened: dict[Path, ctypes.PyDLL] = {}


def opened(path: Path) -> ctypes.PyDLL | None:
    """The library of the cache, or None where there is none, or none that this process can use."""
    if path not in _opened:
        content = cache.read(path) if _usable() else None
        if content is None or _loaded(path, content) is None:
            return None
    return _opened[path]


def _loaded(path: Path, content: bytes) -> ctypes.PyDLL | None:
    """The library that these bytes are, from now on known by its path."""
    try:
        library = load_library.load(content, path.stem)
        for name, value in ((NDARRAY, id(np.ndarray)), (LOCK, _lock_holder.__array_interface__["data"][0])):
            ctypes.c_int64.in_dll(library, name).value = value
    except (OSError, ValueError):  # of another system, say
        return None
    _opened[path] = library
    return library


class _Method(ctypes.Structure):
    """CPython's PyMethodDef."""

    _fields_ = (("name", ctypes.c_char_p), ("call", ctypes.c_void_p), ("flags", ctypes.c_int), ("doc", ctypes.c_char_p))


_methods: list[_Method] = []
for _kept in (_methods, _lock_holder):  # looked at by functions and threads for as long as there is a process
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(_kept))


def _function(library: ctypes.PyDLL, kernel: Kernel) -> Callable[..., Any]:
    """A library's function as a built-in function of Python."""
    address = ctypes.cast(library[CALL], ctypes.c_void_p).value
    method = _Method(kernel._name.encode(), address, _FASTCALL, None)
    _methods.append(method)
    create = ctypes.pythonapi.PyCFunction_NewEx
    create.argtypes, create.restype = (ctypes.c_void_p, ctypes.py_object, ctypes.py_object), ctypes.py_object
    return create(ctypes.addressof(method), kernel, None)


_known: list[bool] = []


def _usable() -> bool:
    """Whether this Python's and this NumPy's arrays lie in memory as libraries expect
    (kernels/toolchain/python_entry.py)."""
    if not _known:
        _known.append(sys.implementation.name == "cpython" and sys.byteorder == "little" and _arrays_are_as_expected())
    return _known[0]


def _arrays_are_as_expected() -> bool:
    array = np.zeros((2, 3, 4), np.float32)[:, 1:]
    start = id(array)

    def number(at: int, kind: Any = ctypes.c_int64) -> int:
        return kind.from_address(at).value

    if number(start + HEAD - 8) != id(np.ndarray) or number(start + HEAD + 8, ctypes.c_int32) != array.ndim:
        return False
    sizes, steps, dtype = number(start + HEAD + 16), number(start + HEAD + 24), number(start + HEAD + 40)
    return (
        number(start + HEAD) == array.__array_interface__["data"][0]
        and [number(sizes + 8 * k) for k in range(3)] == list(array.shape)
        and [number(steps + 8 * k) for k in range(3)] == list(array.strides)
        and dtype == id(array.dtype)
        and number(dtype + HEAD + 12, ctypes.c_int32) == array.dtype.num
        and chr(number(dtype + HEAD + 10, ctypes.c_uint8)) in "=<"
        and number(start + HEAD + 48, ctypes.c_int32) == array.flags.num
    )
