"""Functions written as LLVM's intermediate language: compiled once on a machine, kept in the cache, called by compiled
loops. For what a compiler does not make of Python: sums that stay in registers, vectors turned round."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import llvmlite
from llvmlite import binding, ir
from numba import types

from nnctl.kernels import cache

FLOAT, INT, BIT = ir.FloatType(), ir.IntType(64), ir.IntType(1)
POINTER = FLOAT.as_pointer()
_KINDS = {POINTER: types.voidptr, INT: types.int64}
_engines = []  # live as long as the code in them


def lanes() -> int:
    """Float32 numbers in a vector of this CPU."""
    features = binding.get_host_cpu_features()
    return 16 if features.get("avx512f") else 8 if features.get("avx") else 4


def function(symbol: str, kind: ir.FunctionType, module: Callable[[], ir.Module],
             source: str) -> types.ExternalFunction:  # fmt: skip
    """The function `symbol` of a module, for kernels to call. source: the file that makes the module: while that, the
    CPU and LLVM stay the same, so does the code."""
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    cpu, features = binding.get_host_cpu_name(), binding.get_host_cpu_features().flatten()
    shared = (Path(path).read_text(encoding="utf-8") for path in (source, Path(__file__).with_name("vectors.py")))
    said = "\n".join((*shared, cpu, features, str(lanes()), llvmlite.__version__))
    path = cache.folder() / f"{symbol}-{hashlib.sha256(said.encode()).hexdigest()[:16]}.o"
    target = binding.Target.from_default_triple()
    machine = target.create_target_machine(
        cpu=cpu, features=features, opt=3, reloc="pic", codemodel="jitdefault", jit=True
    )
    engine = binding.create_mcjit_compiler(binding.parse_assembly(""), machine)
    if not path.is_file():
        parsed = binding.parse_assembly(str(module()))
        parsed.verify()
        cache.write(path, machine.emit_object(parsed))
    engine.add_object_file(binding.object_file.ObjectFileRef.from_path(str(path)))
    engine.finalize_object()
    _engines.append(engine)
    binding.add_symbol(symbol, engine.get_function_address(symbol))
    return types.ExternalFunction(symbol, types.void(*(_KINDS[argument] for argument in kind.args)))
