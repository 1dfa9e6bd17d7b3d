"""Where arrays lie, for compiled loops that hand that on."""

from llvmlite import ir
from numba import carray, types

from nnctl.kernels.toolchain.jit import intrinsic, kernel

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


@kernel
def row_of(x, r):
    """Row r of a float32 matrix, or of part of one, whose rows lie side by side."""
    return line(x, r * (x.strides[0] // 4), x.shape[1])


@kernel
def copy_line(a, start, b, to, count):
    """`count` numbers of b from `to` on become those of a from `start` on."""
    old, new = line(a, start, count), line(b, to, count)
    for j in range(count):
        new[j] = old[j]


@kernel
def copy(a, b):
    """b = a, matrices. Numba's own assignment of arrays brings along what it says where their shapes differ: more code
    than a kernel, and text, which no library (kernels/toolchain/shared_library.py) can have."""
    for r in range(a.shape[0]):
        for j in range(a.shape[1]):
            b[r, j] = a[r, j]


@kernel
def table(array, offset, rows, columns):
    """`rows` times `columns` numbers of an array from `offset` on, as a matrix."""
    return carray(_place(array, offset), (rows, columns))


@intrinsic
def nothing(context):
    """No array."""

    def build(context, builder, signature, arguments):
        return ir.Constant(_BYTE, None)

    return types.voidptr(), build


@intrinsic
def soon(context, place):
    """Asks for the line of the cache with a `pointer`'s number, which will be read soon."""

    def build(context, builder, signature, arguments):
        [place] = arguments
        number = ir.IntType(32)
        asked = ir.FunctionType(ir.VoidType(), [_BYTE, number, number, number])
        function = builder.module.declare_intrinsic("llvm.prefetch", (_BYTE,), asked)
        builder.call(function, [place, number(0), number(3), number(1)])  # to be read, into the first level, data
        return ir.Constant(number, 0)

    return types.int32(place), build
