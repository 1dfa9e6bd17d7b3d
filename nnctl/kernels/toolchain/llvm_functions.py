"""Functions written as LLVM's intermediate language: compiled once on a machine, kept in the cache, called by compiled
loops. For what a compiler does not make of Python: sums that stay in registers, transposed vectors."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

import llvmlite
from llvmlite import binding, ir
from numba import types

from nnctl.kernels.toolchain import cache

X86 = platform.machine().lower() in ("x86_64", "amd64")  # which has instructions that others do without
FLOAT, INT, BIT = ir.FloatType(), ir.IntType(64), ir.IntType(1)
POINTER = FLOAT.as_pointer()
_KINDS = {POINTER: types.voidptr, INT: types.int64}
_engines: list[Any] = []  # live as long as the code in them
_objects: dict[str, bytes] = {}  # symbol -> its compiled file


def lanes() -> int:
    """Float32 numbers in a vector of this CPU."""
    features = binding.get_host_cpu_features()
    return 16 if features.get("avx512f") else 8 if features.get("avx") else 4


def machine() -> binding.TargetMachine:
    """A compiler for this CPU, of code that may lie anywhere."""
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    return binding.Target.from_default_triple().create_target_machine(
        cpu=binding.get_host_cpu_name(), features=binding.get_host_cpu_features().flatten(), opt=3, reloc="pic",
        codemodel="small",
    )  # fmt: skip


def objects(module: binding.ModuleRef) -> list[bytes]:
    """The compiled files of the functions that a module calls."""
    return [_objects[function.name] for function in module.functions if function.name in _objects]


def function(symbol: str, kind: ir.FunctionType, module: Callable[[], ir.Module],
             source: str) -> Any:  # fmt: skip
    """The function `symbol` of a module, for kernels to call. source: the file that makes the module: while that, what
    stands here and in llvm_vectors.py, the CPU and LLVM stay the same, so does the code."""
    cpu, features = binding.get_host_cpu_name(), binding.get_host_cpu_features().flatten()
    sources = (source, __file__, Path(__file__).with_name("llvm_vectors.py"))
    shared = (Path(path).read_text(encoding="utf-8") for path in sources)
    said = "\n".join((*shared, cpu, features, str(lanes()), llvmlite.__version__))
    path = cache.folder() / f"{symbol}-{hashlib.sha256(said.encode()).hexdigest()[:16]}.o"
    code = cache.read(path)
    if code is None:
        parsed = binding.parse_assembly(str(module()))
        parsed.verify()
        code = machine().emit_object(parsed)
        cache.write(path, code)
    engine = binding.create_mcjit_compiler(binding.parse_assembly(""), machine())
    engine.add_object_file(binding.object_file.ObjectFileRef.from_data(code))
    engine.finalize_object()
    _engines.append(engine)
    _objects[symbol] = code
    binding.add_symbol(symbol, engine.get_function_address(symbol))
    return types.ExternalFunction(symbol, types.void(*(_KINDS[argument] for argument in kind.args)))
