"""Numba's compiled functions kept as verified files of nnctl's cache, in place of Numba's own cache.

Numba's own files are pickles that are loaded unverified, and two processes that compile at once can exchange the code
of two signatures there. Here every signature of a function has a file of its own, whose name is made of all that its
code depends on (with the version in the folder's name, which kernels/toolchain/cache.py makes).
"""

from __future__ import annotations

import hashlib
import os
import pickle
from pathlib import Path
from typing import Any

from numba.core.caching import FunctionCache
from numba.core.compiler import CompileResult
from numba.core.serialize import dumps

from nnctl.kernels.toolchain import cache


class VerifiedCache(FunctionCache):
    """What a dispatcher asks for what it compiled before, and hands what it has compiled.

    wrapped: whether Python can call the code.
    """

    def __init__(self, function: Any, wrapped: bool = False):
        self._py_func, self._wrapped = function, wrapped
        self._cache_path = str(cache.of_version())
        self.enable()

    def flush(self) -> None:
        """Nothing: files are found by what they depend on, so none is out of date."""

    def _load_overload(self, signature: Any, context: Any) -> CompileResult | None:
        content = cache.read(self._path(signature, context.codegen())) if self._enabled else None
        if content is None:
            return None
        try:
            return CompileResult._rebuild(context, *pickle.loads(content))
        except Exception:  # whatever a Numba that is different inside may raise: it is compiled again
            return None

    def _save_overload(self, signature: Any, result: Any) -> None:
        depends = any(not each.can_cache for each in result.lifted) or result.library.has_dynamic_globals
        if self._enabled and not depends:  # on addresses in this process
            cache.write(self._path(signature, result.codegen), dumps(result._reduce()))

    def _path(self, signature: Any, codegen: Any) -> Path:
        function = self._py_func
        code = function.__code__
        place = (function.__module__, function.__qualname__, code.co_firstlineno, _stamp(code.co_filename))
        said = hashlib.sha256(repr((place, self._wrapped, self._index_key(signature, codegen))).encode()).hexdigest()[
            :24
        ]
        return cache.of_version() / f"{function.__module__.rpartition('.')[2]}.{function.__name__}-{said}.nbc"


def _stamp(path: str) -> tuple[int, int] | None:
    """What tells that a source file has changed; None where the code came from no file."""
    try:
        info = os.stat(path)
    except OSError:
        return None
    return info.st_mtime_ns, info.st_size
