"""Where arrays lie, for compiled loops that hand that on."""

import numpy as np
from llvmlite import ir
from numba import carray, types
from numba.extending import intrinsic

from nnctl.aligned import LINE
from nnctl.kernels.compiling import kernel

_BYTE = ir.IntType(8).as_pointer()


@intrinsic
def pointer(context, array, offset):
    """Where an array's number at `offset`, counted in numbers, lies."""

    def build(context, builder, signature, arguments):
        [kind, _], [value, steps] = signature.args, arguments
        data = context.make_array(kind)(context, builder, value).data
        return builder.bitcast(builder.gep(data, [steps]), _BYTE)

    return types.voidptr(array, types.int64), build


@intrinsic
def _place(context, array, offset):
    """The same with its type."""

    def build(context, builder, signature, arguments):
        [kind, _], [value, steps] = signature.args, arguments
        return builder.gep(context.make_array(kind)(context, builder, value).data, [steps])

    return types.CPointer(array.dtype)(array, types.int64), build


@kernel
def line(array, offset, count):
    """`count` numbers of an array from `offset` on. A row of part of a matrix the compiler takes for numbers anywhere;
    this it knows to lie side by side, so that it works on many at a time."""
    return carray(_place(array, offset), (count,))


@intrinsic
def _address(context, array):
    """Where an array begins, as a number."""

    def build(context, builder, signature, arguments):
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        return builder.ptrtoint(data, ir.IntType(64))

    return types.int64(array), build


@kernel
def room(count):
    """A new array of so many numbers, which begins where a line of the cache does (see nnctl/aligned.py)."""
    array = np.empty(count + LINE // 4, np.float32)
    start = -_address(array) % LINE // 4
    return array[start : start + count]


@kernel
def cleared(high, wide, deep):
    """The same, of three axes, all 0."""
    array = room(high * wide * deep)
    array[:] = 0
    return array.reshape(high, wide, deep)


@intrinsic
def nothing(context):
    """No array."""

    def build(context, builder, signature, arguments):
        return ir.Constant(_BYTE, None)

    return types.voidptr(), build
