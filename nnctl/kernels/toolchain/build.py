"""Libraries of what Numba compiled (kernels/toolchain/shared_library.py), for machines that have a linker."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from llvmlite import binding, ir
from numba import typeof
from numba.core import compiler, types
from numba.core.compiler_lock import global_compiler_lock

from nnctl.kernels.toolchain import cache, llvm_functions, load_library
from nnctl.kernels.toolchain.object_layout import LOCK, NDARRAY, PLAIN
from nnctl.kernels.toolchain.python_entry import Unknown, Unpacking, variable
from nnctl.kernels.toolchain.unloaded_library import UnloadedLibrary

LINKER = "cc"
# Python lets one thread run at a time. A thread that finds another one running sleeps, and wakes up 50 to 150
# microseconds later, which is longer than most of what Python does between two kernels. So threads that return from a
# kernel first wait awake for a lock of their own, for a quarter of a millisecond up to a whole one, by the CPU, before
# they ask Python. The lock is one number: the thread that holds it, or 0. It is only advice: a thread that has waited
# in vain takes it.
_LOCK_FUNCTIONS = """
define void @nnctl_leave(i64 %where, i64 %me) {{
  %lock = inttoptr i64 %where to ptr
  %whose = load atomic i64, ptr %lock monotonic, align 8
  %mine = icmp eq i64 %whose, %me
  br i1 %mine, label %leave, label %end
leave:
  store atomic i64 0, ptr %lock release, align 8
  br label %end
end:
  ret void
}}
define void @nnctl_take(i64 %where, i64 %me) {{
entry:
  %lock = inttoptr i64 %where to ptr
  br label %look
look:
  %count = phi i64 [ 0, %entry ], [ %next, %again ]
  %whose = load atomic i64, ptr %lock monotonic, align 8
  %free = icmp eq i64 %whose, 0
  br i1 %free, label %try, label %again
try:
  %found = cmpxchg ptr %lock, i64 0, i64 %me acquire monotonic
  %won = extractvalue {{ i64, i1 }} %found, 1
  br i1 %won, label %end, label %again
again:
  {pause}
  %next = add i64 %count, 1
  %more = icmp ult i64 %next, {looks}
  br i1 %more, label %look, label %late
late:
  store atomic i64 %me, ptr %lock release, align 8
  br label %end
end:
  ret void
}}
{declare}
"""
# What Numba's code calls to have memory and to give it back: a block with a head of 64 bytes, in which lie how often
# it is referred to, at 0, and where its numbers begin, at 24, on a line of the cache.
_MEMORY = """
declare ptr @malloc(i64)
declare void @free(ptr)

define internal ptr @nnctl_memory(i64 %size) {
  %more = add i64 %size, 128
  %block = call ptr @malloc(i64 %more)
  %none = icmp eq ptr %block, null
  br i1 %none, label %end, label %fill
fill:
  store i64 1, ptr %block
  %address = ptrtoint ptr %block to i64
  %behind = add i64 %address, 127
  %line = and i64 %behind, -64
  %place = getelementptr i8, ptr %block, i64 24
  store i64 %line, ptr %place
  br label %end
end:
  ret ptr %block
}
define ptr @NRT_MemInfo_alloc_aligned(i64 %size, i32 %align) {
  %block = call ptr @nnctl_memory(i64 %size)
  ret ptr %block
}
define ptr @NRT_MemInfo_alloc_safe_aligned(i64 %size, i32 %align) {
  %block = call ptr @nnctl_memory(i64 %size)
  ret ptr %block
}
define void @NRT_MemInfo_call_dtor(ptr %block) {
  call void @free(ptr %block)
  ret void
}
"""


def build(dispatcher: Any, arguments: tuple[Any, ...], path: Path) -> bytes | None:
    """The library of a kernel, for arguments as these, to be called from Python. None where that cannot be. path: where
    the cache will have it."""
    signature = tuple(typeof(argument) for argument in arguments)

    def outside(module: ir.Module, compiled: Any) -> None:
        Unpacking(module, compiled)

    return _build(dispatcher, signature, outside, path)


def build_plain(dispatcher: Any, signature: tuple[Any, ...], path: Path) -> bytes | None:
    """The same to be called by compiled code: a function of the signature's numbers and addresses, without result."""

    def outside(module: ir.Module, compiled: Any) -> None:
        context = compiled.target_context
        kinds = [context.get_value_type(kind) for kind in signature]
        function = ir.Function(module, ir.FunctionType(ir.VoidType(), kinds), PLAIN)
        for name in (NDARRAY, LOCK):
            variable(module, name)
        builder = ir.IRBuilder(function.append_basic_block("entry"))
        native = context.declare_function(module, compiled.fndesc)
        context.call_conv.call_function(builder, native, types.none, signature, function.args)
        builder.ret_void()

    return _build(dispatcher, signature, outside, path)


def _build(dispatcher: Any, signature: tuple[Any, ...], outside: Callable[[ir.Module, Any], None],
           path: Path) -> bytes | None:  # fmt: skip
    linker = shutil.which(LINKER)
    if linker is None or os.name == "nt" or cache.failed(path):
        return None
    library = None
    with contextlib.suppress(OSError, subprocess.SubprocessError):  # a full disk, Ctrl-C: perhaps the next time
        try:
            code, others = _compiled(_without_machine_code(dispatcher, signature), outside)
            library = _link(linker, code, others, path)
        except (Unknown, AttributeError, TypeError, RuntimeError):  # of a Numba that is other inside, say
            library = None
        if library is None:
            cache.mark_failed(path)
    return library


def _without_machine_code(dispatcher: Any, signature: tuple[Any, ...]) -> Any:
    """Numba's result for a function that Python will call through the library alone."""
    target, options = dispatcher._compiler.targetdescr, dispatcher._compiler.targetoptions
    flags: Any = compiler.Flags()
    target.options.parse_as_flags(flags, options)
    flags.no_compile = flags.no_cpython_wrapper = flags.no_cfunc_wrapper = True
    context = target.target_context
    library = UnloadedLibrary(context.codegen(), dispatcher.py_func.__name__)
    with global_compiler_lock:
        result = compiler.compile_extra(
            target.typing_context, context, dispatcher.py_func, signature, None, flags, dispatcher.locals, library
        )
        library.finalize()
    return result


def _compiled(result: Any, outside: Callable[[ir.Module, Any], None]) -> tuple[bytes, list[bytes]]:
    """The object file of a library, and those that it is to be linked with."""
    module = result.target_context.codegen()._create_empty_module("nnctl_library")
    outside(module, result)
    whole = binding.parse_assembly(str(module))
    whole.link_in(result.library._get_module_for_linking(), preserve=True)
    whole.link_in(binding.parse_assembly(_MEMORY))
    whole.link_in(binding.parse_assembly(_lock_functions()))
    machine = llvm_functions.machine()
    _prune(whole, machine)
    return machine.emit_object(whole), llvm_functions.objects(whole)


def _lock_functions() -> str:
    """With the instruction by which a waiting thread leaves its core to the other one there, 12 to 50 nanoseconds."""
    if llvm_functions.X86:
        pause = "@llvm.x86.sse2.pause()"
        return _LOCK_FUNCTIONS.format(pause=f"call void {pause}", declare=f"declare void {pause}", looks=20000)
    return _LOCK_FUNCTIONS.format(pause="", declare="", looks=1000)


def _prune(module: binding.ModuleRef, machine: binding.TargetMachine) -> None:
    """Takes out what the library does not call, such as Numba's own ways in from Python."""
    for function in module.functions:
        if not function.is_declaration and not function.name.startswith("nnctl_"):
            function.linkage = "internal"
    builder = binding.create_pass_builder(machine, binding.create_pipeline_tuning_options(speed_level=3))
    passes = binding.create_new_module_pass_manager()
    passes.add_global_dead_code_eliminate_pass()
    passes.run(module, builder)


def _link(linker: str, code: bytes, others: list[bytes], path: Path) -> bytes | None:
    """The library of object files, or None where the linker refuses them. Raises OSError where no folder has space."""
    try:
        with cache.workplace(path) as folder:
            return _linked(linker, [code, *others], folder)
    except OSError:
        with cache.workplace(None) as folder:
            return _linked(linker, [code, *others], folder)


def _linked(linker: str, objects: list[bytes], folder: Path) -> bytes | None:
    files = [folder / f"{number}.o" for number in range(len(objects))]
    for file, code in zip(files, objects, strict=True):
        file.write_bytes(code)
    made = folder / "library.so"
    found_later = ["-undefined", "dynamic_lookup"] if sys.platform == "darwin" else []  # Python's own functions
    command = [linker, "-shared", "-o", str(made), *map(str, files), *found_later, "-lm"]
    plain = {**os.environ, "LC_ALL": "C", "TMPDIR": str(folder)}
    done = subprocess.run(command, capture_output=True, timeout=60, check=False, start_new_session=True, env=plain)
    if done.returncode < 0:
        raise subprocess.SubprocessError(f"{linker} was stopped")
    if done.returncode:
        for number in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES):
            if os.strerror(number).encode() in done.stderr:
                raise OSError(number, os.strerror(number))
        return None
    content = made.read_bytes()
    try:
        load_library.load(content, "test")  # fails where something is missing
    except OSError:
        return None
    return content
