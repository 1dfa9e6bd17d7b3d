"""Compiled code that only other compiled code uses: of it, Numba makes no machine code for itself.

A kernel that Python calls is linked into a library of its own (shared_library.py), together with the kernels that it
calls. Machine code for each of these by itself would never run; without it, compiling takes an eighth less.
"""

from __future__ import annotations

from typing import Any

from numba.core import compiler
from numba.core.codegen import CPUCodeLibrary


class UnloadedLibrary(CPUCodeLibrary):
    """Code of LLVM that is linked into other code, and not loaded into this process."""

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._verify_declare_only_symbols()
        self._finalized = True

    def get_pointer_to_function(self, name: str) -> int:
        return 0

    @property
    def codegen(self) -> Any:
        return _WithoutEnvironment(self._codegen)

    def serialize_using_object_code(self) -> Any:
        """As bitcode: there is no object code."""
        return self.serialize_using_bitcode()


class _WithoutEnvironment:
    """Numba's code generator, for code that is not in this process: its environment is not there either."""

    def __init__(self, codegen: Any):
        self._codegen = codegen

    def __getattr__(self, name: str) -> Any:
        return getattr(self._codegen, name)

    def set_env(self, name: str, environment: Any) -> None:
        """Nothing to set."""


class UnloadedCompiler(compiler.Compiler):
    """Numba's compiler, which puts its result into an unloaded library."""

    def __init__(self, typingctx: Any, targetctx: Any, library: Any, *more: Any):
        library = library or UnloadedLibrary(targetctx.codegen(), "nnctl_kernel")
        super().__init__(typingctx, targetctx, library, *more)
