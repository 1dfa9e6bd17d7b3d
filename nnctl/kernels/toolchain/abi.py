"""Functions that are known by their address, called from compiled loops."""

from llvmlite import ir
from numba import types

from nnctl.kernels.toolchain.jit import intrinsic


@intrinsic
def update(context, address, w, g, slots, apart, count, numbers):
    """Calls a CompiledRule's update (kernels/ops/fused_optimizer.py) at its address."""

    def build(context, builder, signature, arguments):
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(64)
        kind = ir.FunctionType(ir.VoidType(), [byte, byte, byte, number, number, byte])
        builder.call(builder.inttoptr(arguments[0], kind.as_pointer()), arguments[1:])
        return ir.Constant(ir.IntType(32), 0)

    return types.int32(types.int64, *[types.voidptr] * 3, types.int64, types.int64, types.voidptr), build
