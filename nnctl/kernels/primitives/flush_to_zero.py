"""Numbers below 1.2e-38 taken for 0, while a kernel runs: x86 computes with them a hundred times as slowly.

They come of themselves. A weight whose gradient stays 0, below a dead unit say, has a moment that decays by the same
factor in each step, until it is one of them; and there rounding holds it, for ever. The other CPUs take them as they
come.
"""

from llvmlite import ir
from numba import types
from numba.core import cgutils

from nnctl.kernels.toolchain.jit import intrinsic
from nnctl.kernels.toolchain.llvm_functions import X86

_FLUSH = 0x8040  # of MXCSR: what comes out too small is 0, and what goes in is taken for 0
_INT32 = ir.IntType(32)


def _call(builder, name, slot):
    kind = ir.FunctionType(ir.VoidType(), [slot.type])
    builder.call(cgutils.get_or_insert_function(builder.module, kind, f"llvm.x86.sse.{name}"), [slot])


@intrinsic
def flush(context):
    """From here on; gives what was before, for `restore`."""

    def build(context, builder, signature, arguments):
        if not X86:
            return _INT32(0)
        before, now = (cgutils.alloca_once(builder, ir.IntType(8), size=4) for _ in range(2))
        _call(builder, "stmxcsr", before)
        found = builder.load(builder.bitcast(before, _INT32.as_pointer()))
        builder.store(builder.or_(found, _INT32(_FLUSH)), builder.bitcast(now, _INT32.as_pointer()))
        _call(builder, "ldmxcsr", now)
        return found

    return types.int32(), build


@intrinsic
def restore(context, before):
    """As it was before."""

    def build(context, builder, signature, arguments):
        if X86:
            slot = cgutils.alloca_once(builder, ir.IntType(8), size=4)
            builder.store(arguments[0], builder.bitcast(slot, _INT32.as_pointer()))
            _call(builder, "ldmxcsr", slot)
        return _INT32(0)

    return types.int32(types.int32), build
