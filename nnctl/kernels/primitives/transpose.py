"""Transposed matrices, a square of vectors at a time, in registers."""

from llvmlite import ir

from nnctl.kernels.toolchain import llvm_functions
from nnctl.kernels.toolchain.jit import kernel
from nnctl.kernels.toolchain.pointers import pointer

SIDE = llvm_functions.lanes()
SYMBOL = "nnctl_transpose"
_TYPE = ir.FunctionType(
    ir.VoidType(), [llvm_functions.POINTER, llvm_functions.INT, llvm_functions.POINTER, llvm_functions.INT]
)


def _module() -> ir.Module:
    """b[j b_row + i] = a[i a_row + j] for i and j below SIDE, arguments a, a_row, b, b_row."""
    module = ir.Module(SYMBOL)
    function = ir.Function(module, _TYPE, SYMBOL)
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    a, a_row, b, b_row = function.args
    vector = ir.VectorType(llvm_functions.FLOAT, SIDE)

    def place(start, row, i):
        at = builder.gep(start, [builder.mul(row, ir.Constant(llvm_functions.INT, i))])
        return builder.bitcast(at, vector.as_pointer())

    def shuffle(x, y, places):
        return builder.shuffle_vector(x, y, ir.Constant(ir.VectorType(ir.IntType(32), SIDE), places))

    rows = [builder.load(place(a, a_row, i), align=4) for i in range(SIDE)]
    bit = SIDE // 2
    while bit:  # number k of row i goes to number i of row k, one bit of i and k at a time
        for i in range(SIDE):
            if i & bit:
                continue
            x, y = rows[i], rows[i | bit]
            rows[i] = shuffle(x, y, [SIDE + (k ^ bit) if k & bit else k for k in range(SIDE)])
            rows[i | bit] = shuffle(x, y, [SIDE + k if k & bit else k | bit for k in range(SIDE)])
        bit //= 2
    for i, row in enumerate(rows):
        builder.store(row, place(b, b_row, i), align=4)
    builder.ret_void()
    return module


_transpose_square = llvm_functions.function(SYMBOL, _TYPE, _module, __file__)


@kernel
def transpose(a, b):
    """b = a^T; the rows of both are contiguous."""
    rows, columns = a.shape
    a_row, b_row = a.strides[0] // 4, b.strides[0] // 4
    high, wide = rows - rows % SIDE, columns - columns % SIDE
    for i in range(0, high, SIDE):
        for j in range(0, wide, SIDE):
            _transpose_square(pointer(a, i * a_row + j), a_row, pointer(b, j * b_row + i), b_row)
    for i in range(rows):
        for j in range(wide if i < high else 0, columns):
            b[j, i] = a[i, j]
