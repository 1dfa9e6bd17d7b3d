"""The one product that every other is made of: a tile of numbers that stay in registers while they are summed.

    c[i, j] = sum over p < n1 and q < n0 of a[i a_row + p a1 + q a0] * b[p b1 + q b0 + j]     (+ c, + bias, relu)

for a few rows i and up to four vectors of columns j; a0 or a_row must be 1. a is read number by number and multiplied
with whole vectors of b, so a may be anything with constant steps: a matrix, a transposed one, or the windows of an
image, which overlap. That is how convolutions need no copies of their windows, and why a layer's bias and relu cost
nothing.

A small image's windows are too little work for what a tile takes to begin and to end. `nnctl_tile_of_two` does the same
rows of two images at once, whose numbers lie a_jump and c_jump apart; `nnctl_tile_over` sums over n2 images too, from
one to the next of which it is a2 and b2. Where a row has one vector alone, to read the numbers of a takes longer than
to multiply them. `nnctl_tile_across` therefore reads each once for the ACROSS windows side by side that it lies in:

    c[i, j] = sum over p < n1, q < n0 and t < ACROSS of a[(i + t) a_row + p a1 + q a0] * b[t b2 + p b1 + q b0 + j]

and `nnctl_tile_across_two` does so for two images.

Written as LLVM's intermediate language rather than Python, since a compiler left to itself does not keep sums in
registers; with it the products run as fast as the vendors' libraries, whatever the CPU. Source of the scheme: Goto and
van de Geijn 2008; Van Zee and van de Geijn 2015 (BLIS).
"""

from __future__ import annotations

from functools import partial
from itertools import product
from typing import Any

from llvmlite import ir

from nnctl.kernels.toolchain import llvm_functions
from nnctl.kernels.toolchain.llvm_vectors import Vectors, switched

_FLOAT, _INT, _BIT, _POINTER = llvm_functions.FLOAT, llvm_functions.INT, llvm_functions.BIT, llvm_functions.POINTER

LANES = llvm_functions.lanes()
# By vectors in a row of a tile, the most rows whose sums the registers hold: 32 of them, or with AVX2 16.
MOST_ROWS = {1: 12, 2: 6, 3: 4} if LANES == 8 else {1: 16, 2: 14, 3: 8, 4: 6}
MOST_VECTORS = max(MOST_ROWS)
WIDTH = LANES * MOST_VECTORS  # columns of the widest tile

# By function its arguments, those before the ones that all have.
_SYMBOLS = {
    "nnctl_tile": "a a_row a1 a0 b b1 b0 c c_row n1 n0",
    "nnctl_tile_of_two": "a a_row a_jump a1 a0 b b1 b0 c c_row c_jump n1 n0",
    "nnctl_tile_over": "a a_row a2 a1 a0 b b2 b1 b0 c c_row n2 n1 n0",
    "nnctl_tile_across": "a a_row a1 a0 b b2 b1 b0 c c_row n1 n0",
    "nnctl_tile_across_two": "a a_row a_jump a1 a0 b b2 b1 b0 c c_row c_jump n1 n0",
}
_ALL_HAVE = "columns rows keep bias relu"


def _names(symbol: str) -> list[str]:
    return f"{_SYMBOLS[symbol]} {_ALL_HAVE}".split()


def _type(symbol: str) -> ir.FunctionType:
    pointers = {"a", "b", "c", "bias"}
    return ir.FunctionType(ir.VoidType(), [_POINTER if name in pointers else _INT for name in _names(symbol)])


ACROSS = 3


class _Tile(Vectors):
    """Builds the function for one number of rows and of vectors.

    along: the numbers of a that are added up lie side by side (a0 is 1), else those of its rows do (a_row is 1), whose
    addresses then are one and small differences.
    """

    def __init__(self, module: ir.Module, rows: int, vectors: int, masked: bool, along: bool):
        self.rows_of_one, self.along, names = rows, along, _names(module.name)
        self.height = 2 * rows if "a_jump" in names else rows
        self.across = "across" in module.name
        name = f"{module.name}_{rows}x{vectors}{'_masked' if masked else ''}{'_along' if along else ''}"
        function = ir.Function(module, _type(module.name), name)
        function.linkage = "internal"
        super().__init__(function, names, vectors, masked)
        loops = [(self.n1, self.a1, self.b1), (self.n0, self.whole(1) if along else self.a0, self.b0)]
        if "n2" in names:
            loops.insert(0, (self.n2, self.a2, self.b2))
        self._finish(self._loops(loops, [self.a, self.b], self._start()))
        self.builder.ret_void()

    def _loops(self, loops, places, sums):
        """One inside the other, the outer one first."""
        if not loops:
            return self._multiply(places, sums)
        (count, *steps), *inner = loops
        return self._counted(count, list(zip(places, steps, strict=True)), sums,
                             lambda places, sums: self._loops(inner, places, sums))  # fmt: skip

    def _row(self, start, step, jump, i):
        """Where row i lies."""
        image, i = divmod(i, self.rows_of_one)
        return self.row(self.builder.gep(start, [jump]) if image else start, step, i)

    def _multiply(self, places, sums):
        """One step: every row's number of a times every vector of b."""
        b, (a, row) = self.builder, places
        if self.across:
            return self._multiply_across(a, row, sums)
        vectors = [self.load(row, v) for v in range(self.vectors)]
        result = []
        for i in range(self.height):
            here = self._row(a, self.a_row if self.along else self.whole(1), getattr(self, "a_jump", None), i)
            x = self.spread(b.load(here), _FLOAT)
            result += [self.fma(x, y, sums[i * self.vectors + v]) for v, y in enumerate(vectors)]
        return result

    def _multiply_across(self, a, row, sums):
        """The same for each number of a and the windows that it lies in."""
        b, sums = self.builder, list(sums)
        vectors = [self.load(self.row(row, self.b2, t), 0) for t in range(ACROSS)]
        for image in range(self.height // self.rows_of_one):
            first = b.gep(a, [self.a_jump]) if image else a
            for place in range(self.rows_of_one + ACROSS - 1):
                x = self.spread(b.load(self.row(first, self.a_row, place)), _FLOAT)
                for t, y in enumerate(vectors):
                    if 0 <= place - t < self.rows_of_one:
                        i = image * self.rows_of_one + place - t
                        sums[i] = self.fma(x, y, sums[i])
        return sums

    def _counted(self, count, moving, sums, body):
        """for _ in range(count): sums = body(places, sums), each place moving on by its step; none at all for 0."""
        b = self.builder
        before = b.block
        head, done = b.append_basic_block("loop"), b.append_basic_block("done")
        b.cbranch(b.icmp_signed(">", count, ir.Constant(_INT, 0)), head, done)
        b.position_at_end(head)
        counter = b.phi(_INT)
        counter.add_incoming(ir.Constant(_INT, 0), before)
        places = [b.phi(_POINTER) for _ in moving]
        inside = [b.phi(self.vector) for _ in sums]
        for phi, (start, _) in zip(places, moving, strict=True):
            phi.add_incoming(start, before)
        for phi, value in zip(inside, sums, strict=True):
            phi.add_incoming(value, before)
        after = body(places, inside)
        end = b.block
        following = b.add(counter, ir.Constant(_INT, 1))
        counter.add_incoming(following, end)
        for phi, (_, step) in zip(places, moving, strict=True):
            phi.add_incoming(b.gep(phi, [step]), end)
        for phi, value in zip(inside, after, strict=True):
            phi.add_incoming(value, end)
        b.cbranch(b.icmp_signed("<", following, count), head, done)
        b.position_at_end(done)
        out = []
        for value, new in zip(sums, after, strict=True):
            phi = b.phi(self.vector)
            phi.add_incoming(value, before)
            phi.add_incoming(new, end)
            out.append(phi)
        return out

    def _start(self):
        """The sums as they begin: 0, or what c holds."""
        b = self.builder
        before = b.block
        held, ready = b.append_basic_block("held"), b.append_basic_block("ready")
        b.cbranch(b.icmp_signed("!=", self.keep, ir.Constant(_INT, 0)), held, ready)
        b.position_at_end(held)
        loaded = [self.load(self._row_of_c(i), v) for i in range(self.height) for v in range(self.vectors)]
        b.branch(ready)
        b.position_at_end(ready)
        sums = []
        for value in loaded:
            phi = b.phi(self.vector)
            phi.add_incoming(ir.Constant(self.vector, None), before)
            phi.add_incoming(value, held)
            sums.append(phi)
        return sums

    def _finish(self, sums) -> None:
        """Bias and relu, where they are asked for, and out to c."""
        b = self.builder
        plain, dressed, end = (b.append_basic_block(name) for name in ("plain", "dressed", "end"))
        b.cbranch(b.icmp_signed("==", b.ptrtoint(self.bias, _INT), ir.Constant(_INT, 0)), plain, dressed)
        b.position_at_end(plain)
        self._store_all(sums)
        b.branch(end)
        b.position_at_end(dressed)
        biases = [self.load(self.bias, v) for v in range(self.vectors)]
        zero = ir.Constant(self.vector, None)
        cut = self.spread(b.icmp_signed("!=", self.relu, ir.Constant(_INT, 0)), _BIT)
        ends = []
        for k, value in enumerate(sums):
            value = b.fadd(value, biases[k % self.vectors])
            below = b.and_(b.fcmp_ordered("<", value, zero), cut)  # NaN stays NaN
            ends.append(b.select(below, zero, value))
        self._store_all(ends)
        b.branch(end)
        b.position_at_end(end)

    def _store_all(self, values) -> None:
        for k, value in enumerate(values):
            self.store(value, self._row_of_c(k // self.vectors), k % self.vectors)

    def _row_of_c(self, i):
        return self._row(self.c, self.c_row, getattr(self, "c_jump", None), i)


# Whether the numbers added up lie side by side: where it is either, both have functions.
_ALONG = dict.fromkeys(_SYMBOLS, (True,)) | {"nnctl_tile": (False, True), "nnctl_tile_over": (False,)}


def _key(along: tuple[bool, ...], builder: ir.IRBuilder, arguments: dict) -> ir.Value:
    """The number of the function for a tile of the arguments' size, as `_number` has it."""
    lanes = ir.Constant(_INT, LANES)
    vectors = builder.sdiv(builder.add(arguments["columns"], ir.Constant(_INT, LANES - 1)), lanes)
    whole = builder.icmp_signed("==", builder.srem(arguments["columns"], lanes), ir.Constant(_INT, 0))
    # where a mask is a register of its own, whole vectors have no use for a second set of functions
    masked = ir.Constant(_BIT, 1) if LANES == 16 else builder.not_(whole)
    along = builder.icmp_signed("==", arguments["a0"], ir.Constant(_INT, 1)) if len(along) > 1 else _BIT(along[0])
    key = arguments["rows"]
    for bit, times in ((vectors, 64), (builder.zext(masked, _INT), 512), (builder.zext(along, _INT), 1024)):
        key = builder.add(key, builder.mul(bit, ir.Constant(_INT, times)))
    return key


def _number(rows: int, vectors: int, masked: bool, along: bool) -> int:
    return rows + 64 * vectors + 512 * masked + 1024 * along


def _module(symbol: str) -> ir.Module:
    """The function, which looks at the tile's size and calls the one for it."""
    module = ir.Module(symbol)
    kinds = (True,) if LANES == 16 else (False, True)
    cases = {}
    for vectors, most in MOST_ROWS.items():
        if "across" in symbol and vectors > 1:
            break
        if symbol.endswith("_two"):
            most //= 2
        for rows, masked, along in product(range(1, most + 1), kinds, _ALONG[symbol]):
            cases[_number(rows, vectors, masked, along)] = _Tile(module, rows, vectors, masked, along).function
    switched(module, symbol, _type(symbol), _names(symbol), cases, partial(_key, _ALONG[symbol]))
    return module


def function(symbol: str) -> Any:
    """One of the functions, for kernels to call."""
    return llvm_functions.function(symbol, _type(symbol), partial(_module, symbol), __file__)


tile = function("nnctl_tile")
