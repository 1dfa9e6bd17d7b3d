"""Waiting for another thread without the interpreter lock and without sleep.

A thread that sleeps wakes up 50 to 150 microseconds after it is called, which is as long as many a layer takes; one
that looks again and again is there at once. Where there are more threads than cores, looking on would keep the one that
is waited for from running: so who waits however long it takes lets others go first now and then.
"""

import sys

from llvmlite import ir
from numba import types

from nnctl.kernels.toolchain.jit import intrinsic, kernel
from nnctl.kernels.toolchain.llvm_functions import X86

_PATIENCE = 100  # looks, some microseconds
_let_others = types.ExternalFunction("SwitchToThread" if sys.platform == "win32" else "sched_yield", types.int32())


@intrinsic
def now(context, array):
    """The first number of an array as it is now: a plain read would be done once, before the loop."""

    def build(context, builder, signature, arguments):
        [kind], [value] = signature.args, arguments
        data = context.make_array(kind)(context, builder, value).data
        return builder.load_atomic(data, ordering="acquire", align=8)

    return types.int64(array), build


@intrinsic
def _pause(context):
    """Leaves the core to the thread beside it for a moment, 15 to 55 nanoseconds: what waits need not be hot."""

    def build(context, builder, signature, arguments):
        if X86:
            kind = ir.FunctionType(ir.VoidType(), [])
            builder.call(builder.module.declare_intrinsic("llvm.x86.sse2.pause", fnty=kind), [])
        return ir.Constant(ir.IntType(32), 0)

    return types.int32(), build


@intrinsic
def tell(context, array, number):
    """Writes an array's first number once all that was written before can be seen by others."""

    def build(context, builder, signature, arguments):
        [kind, _], [value, number] = signature.args, arguments
        data = context.make_array(kind)(context, builder, value).data
        builder.store_atomic(number, data, ordering="release", align=8)
        return ir.Constant(ir.IntType(32), 0)

    return types.int32(array, types.int64), build


@kernel
def until(flag, wanted, looks):
    """Waits until flag[0] is at least `wanted`; gives up after so many looks, and says whether it is."""
    for _ in range(looks):
        if now(flag) >= wanted:
            return True
        _pause()
    return False


@kernel
def meet(arrived, thread, count):
    """Waits until every thread has met the others `count` times. arrived (threads, 8): a cache line each."""
    tell(arrived[thread], count)
    for other in range(arrived.shape[0]):
        while not until(arrived[other], count, _PATIENCE):
            _let_others()
