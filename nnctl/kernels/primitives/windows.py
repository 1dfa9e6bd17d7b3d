"""Single windows of an image, times a number each: added up (`gather`), or added to where they lie (`scatter`).

Of a max-pooling's block only one place has a gradient, so a convolution below it has one window in four, or in nine, to
look at; which ones differs from filter to filter. For one filter the weights of its window stay in registers while all
its windows go by. With `rows` of a window, each `columns` numbers that lie side by side, image_row from one to the
next:

    gather:   w[r, c] += sum over i of values[i] image[places[i] + r image_row + c]
    scatter:  image[places[i] + r image_row + c] += values[i] w[r, c]   for i = 0, 1, ..., count - 1

places: int64. w: rows w_row apart. At most ROWS[vectors] rows and WIDTH columns.
"""

from __future__ import annotations

from functools import partial
from itertools import product

from llvmlite import ir

from nnctl.kernels.toolchain import llvm_functions
from nnctl.kernels.toolchain.llvm_vectors import Vectors, switched

LANES = llvm_functions.lanes()
# By vectors in a row, the most rows whose numbers the registers hold, beside what a step needs.
ROWS = {1: 5, 2: 5, 3: 5, 4: 5, 5: 4, 6: 4} if LANES == 16 else {1: 5, 2: 5, 3: 4, 4: 3, 5: 2, 6: 2}
WIDTH = LANES * max(ROWS)
_INT, _POINTER = llvm_functions.INT, llvm_functions.POINTER
_ARGUMENTS = (
    ("w", _POINTER), ("w_row", _INT), ("image", _POINTER), ("image_row", _INT), ("places", _POINTER),
    ("values", _POINTER), ("count", _INT), ("columns", _INT), ("rows", _INT),
)  # fmt: skip
_NAMES = [name for name, _ in _ARGUMENTS]
_TYPE = ir.FunctionType(ir.VoidType(), [kind for _, kind in _ARGUMENTS])


class _Windows(Vectors):
    """Builds the function for one number of rows and of vectors: to add up the windows, or to add to them."""

    def __init__(self, function: ir.Function, rows: int, vectors: int, masked: bool, gathers: bool):
        function.linkage = "internal"
        super().__init__(function, _NAMES, vectors, masked)
        b = self.builder
        parts = [(i, v) for i in range(rows) for v in range(vectors)]
        weights = [self.load(self.row(self.w, self.w_row, i), v) for i, v in parts]
        before, head, done = b.block, b.append_basic_block("loop"), b.append_basic_block("done")
        b.cbranch(b.icmp_signed(">", self.count, self.whole(0)), head, done)
        b.position_at_end(head)
        k = b.phi(_INT)
        k.add_incoming(self.whole(0), before)
        here = [b.phi(self.vector) for _ in parts] if gathers else weights
        window = b.gep(self.image, [b.load(b.gep(b.bitcast(self.places, _INT.as_pointer()), [k]))])
        value = self.spread(b.load(b.gep(self.values, [k])), llvm_functions.FLOAT)
        following = b.add(k, self.whole(1))
        k.add_incoming(following, head)
        for phi, weight, (i, v) in zip(here, weights, parts, strict=True):
            place = self.row(window, self.image_row, i)
            if gathers:
                phi.add_incoming(weight, before)
                phi.add_incoming(self.fma(value, self.load(place, v), phi), head)
            else:
                self.store(self.fma(value, weight, self.load(place, v)), place, v)
        b.cbranch(b.icmp_signed("<", following, self.count), head, done)
        b.position_at_end(done)
        ends = [b.phi(self.vector) for _ in parts] if gathers else []
        for end, phi, weight in zip(ends, here, weights, strict=False):
            end.add_incoming(weight, before)
            end.add_incoming(phi.incomings[1][0], head)
        for end, (i, v) in zip(ends, parts, strict=False):
            self.store(end, self.row(self.w, self.w_row, i), v)
        b.ret_void()


def _key(builder: ir.IRBuilder, arguments: dict) -> ir.Value:
    """The number of the function for windows of the arguments' size, as `_number` has it."""
    lanes = ir.Constant(_INT, LANES)
    vectors = builder.sdiv(builder.add(arguments["columns"], ir.Constant(_INT, LANES - 1)), lanes)
    masked = builder.icmp_signed("!=", builder.srem(arguments["columns"], lanes), ir.Constant(_INT, 0))
    key = builder.add(arguments["rows"], builder.mul(vectors, ir.Constant(_INT, 16)))
    return builder.add(key, builder.mul(builder.zext(masked, _INT), ir.Constant(_INT, 128)))


def _number(rows: int, vectors: int, masked: bool) -> int:
    return rows + 16 * vectors + 128 * masked


def _module(symbol: str, gathers: bool) -> ir.Module:
    """The function `symbol`, which looks at the windows' size and calls the function for it."""
    module = ir.Module(symbol)
    cases = {}
    for vectors, most in ROWS.items():
        for rows, masked in product(range(1, most + 1), (False, True)):
            name = f"{symbol}_{rows}x{vectors}{'_masked' if masked else ''}"
            function = ir.Function(module, _TYPE, name)
            cases[_number(rows, vectors, masked)] = _Windows(function, rows, vectors, masked, gathers).function
    switched(module, symbol, _TYPE, _NAMES, cases, _key)
    return module


gather = llvm_functions.function("nnctl_gather", _TYPE, partial(_module, "nnctl_gather", True), __file__)
scatter = llvm_functions.function("nnctl_scatter", _TYPE, partial(_module, "nnctl_scatter", False), __file__)
