"""The one product that every other is made of: a tile of numbers that stay in registers while they are summed.

    c[i, j] = sum over p < n1 and q < n0 of a[i a_row + p a1 + q a0] * b[p b1 + q b0 + j]     (+ c, + bias, relu)

for a few rows i and up to four vectors of columns j; a0 or a_row must be 1. a is read number by number and multiplied
with whole vectors of b, so a may be anything with constant steps: a matrix, a transposed one, or the windows of an
image, which overlap. That is how convolutions need no copies of their windows, and why a layer's bias and relu cost
nothing.

Written as LLVM's intermediate language rather than Python, since a compiler left to itself does not keep sums in
registers; with it the products run as fast as the vendors' libraries, whatever the CPU. Source of the scheme: Goto and
van de Geijn 2008; Van Zee and van de Geijn 2015 (BLIS).
"""

from __future__ import annotations

from itertools import product

from llvmlite import ir

from nnctl.kernels import assembled
from nnctl.kernels.vectors import Vectors, switched

SYMBOL = "nnctl_tile"
_FLOAT, _INT, _BIT, _POINTER = assembled.FLOAT, assembled.INT, assembled.BIT, assembled.POINTER


LANES = assembled.lanes()
# By vectors in a row of a tile, the most rows whose sums the registers hold: 32 of them, or with AVX2 16.
MOST_ROWS = {1: 12, 2: 6, 3: 4} if LANES == 8 else {1: 16, 2: 14, 3: 8, 4: 6}
MOST_VECTORS = max(MOST_ROWS)
WIDTH = LANES * MOST_VECTORS  # columns of the widest tile

_ARGUMENTS = (
    ("a", _POINTER), ("a_row", _INT), ("a1", _INT), ("a0", _INT), ("b", _POINTER), ("b1", _INT), ("b0", _INT),
    ("c", _POINTER), ("c_row", _INT), ("n1", _INT), ("n0", _INT), ("columns", _INT), ("rows", _INT),
    ("keep", _INT), ("bias", _POINTER), ("relu", _INT),
)  # fmt: skip
_NAMES = [name for name, _ in _ARGUMENTS]
_TYPE = ir.FunctionType(ir.VoidType(), [kind for _, kind in _ARGUMENTS])


class _Tile(Vectors):
    """Builds the function for one number of rows and of vectors.

    along: the numbers of a that are added up lie side by side (a0 is 1), else those of its rows do (a_row is 1), whose
    addresses then are one and small differences.
    """

    def __init__(self, module: ir.Module, rows: int, vectors: int, masked: bool, along: bool):
        self.height, self.along = rows, along
        name = f"{SYMBOL}_{rows}x{vectors}{'_masked' if masked else ''}{'_along' if along else ''}"
        function = ir.Function(module, _TYPE, name)
        function.linkage = "internal"
        super().__init__(function, _NAMES, vectors, masked)
        self._build()

    def _build(self) -> None:
        sums = self._counted(self.n1, [(self.a, self.a1), (self.b, self.b1)], self._start(), self._inner)
        self._finish(sums)
        self.builder.ret_void()

    def _inner(self, places, sums):
        step = ir.Constant(_INT, 1) if self.along else self.a0
        return self._counted(self.n0, [(places[0], step), (places[1], self.b0)], sums, self._multiply)

    def _multiply(self, places, sums):
        """One step: every row's number of a times every vector of b."""
        b, (a, row) = self.builder, places
        vectors = [self.load(row, v) for v in range(self.vectors)]
        result = []
        for i in range(self.height):
            here = b.gep(a, [b.mul(self.a_row, ir.Constant(_INT, i)) if self.along else ir.Constant(_INT, i)])
            x = self.spread(b.load(here), _FLOAT)
            result += [self.fma(x, y, sums[i * self.vectors + v]) for v, y in enumerate(vectors)]
        return result

    def _counted(self, count, moving, sums, body):
        """for _ in range(count): sums = body(places, sums), each place moving on by its step; no turn at all for 0."""
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
        rows = [self.row(self.c, self.c_row, i) for i in range(self.height)]
        loaded = [self.load(row, v) for row in rows for v in range(self.vectors)]
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
            self.store(value, self.row(self.c, self.c_row, k // self.vectors), k % self.vectors)


def _key(builder: ir.IRBuilder, arguments: dict) -> ir.Value:
    """The number of the function for a tile of the arguments' size, as `_number` has it."""
    lanes = ir.Constant(_INT, LANES)
    vectors = builder.sdiv(builder.add(arguments["columns"], ir.Constant(_INT, LANES - 1)), lanes)
    whole = builder.icmp_signed("==", builder.srem(arguments["columns"], lanes), ir.Constant(_INT, 0))
    # where a mask is a register of its own, whole vectors have no use for a second set of functions
    masked = ir.Constant(_BIT, 1) if LANES == 16 else builder.not_(whole)
    along = builder.icmp_signed("==", arguments["a0"], ir.Constant(_INT, 1))
    key = arguments["rows"]
    for bit, times in ((vectors, 64), (builder.zext(masked, _INT), 512), (builder.zext(along, _INT), 1024)):
        key = builder.add(key, builder.mul(bit, ir.Constant(_INT, times)))
    return key


def _number(rows: int, vectors: int, masked: bool, along: bool) -> int:
    return rows + 64 * vectors + 512 * masked + 1024 * along


def _module() -> ir.Module:
    """SYMBOL, which looks at the tile's size and calls the function for it."""
    module = ir.Module(SYMBOL)
    kinds = (True,) if LANES == 16 else (False, True)
    cases = {}
    for vectors, most in MOST_ROWS.items():
        for rows, masked, along in product(range(1, most + 1), kinds, (False, True)):
            cases[_number(rows, vectors, masked, along)] = _Tile(module, rows, vectors, masked, along).function
    switched(module, SYMBOL, _TYPE, _NAMES, cases, _key)
    return module


tile = assembled.function(SYMBOL, _TYPE, _module, __file__)
