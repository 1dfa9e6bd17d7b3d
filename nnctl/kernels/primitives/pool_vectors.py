"""Blocks of a max-pooling, a vector of filters at a time: as the compiler makes them of loops they take longer than a
small convolution.

Arguments: `places`, one behind the other, `filters` numbers each, `down` numbers from one row to the next, of which the
block has tall by broad; bias (which `largest` does not look at), y and which (filters), or dy and which. Places count
from 0, row by row.
"""

from __future__ import annotations

from llvmlite import ir

from nnctl.kernels.toolchain import llvm_functions

LANES = llvm_functions.lanes()
_INT, _INT32, _POINTER = llvm_functions.INT, ir.IntType(32), llvm_functions.POINTER
_VECTOR, _NUMBERS = ir.VectorType(llvm_functions.FLOAT, LANES), ir.VectorType(_INT32, LANES)
_SIZES = [_INT, _INT, _INT, _INT]  # down, filters, tall, broad
_FORWARD = ir.FunctionType(ir.VoidType(), [_POINTER, _POINTER, _POINTER, _POINTER, *_SIZES])
_BACKWARD = ir.FunctionType(ir.VoidType(), [_POINTER, _POINTER, _POINTER, *_SIZES])


class _Block:
    """Builds a function that does the same for every vector of the filters, the last of which may not be whole."""

    def __init__(self, symbol: str, kind: ir.FunctionType):
        self.module = ir.Module(symbol)
        self.function = ir.Function(self.module, kind, symbol)
        self.builder = b = ir.IRBuilder(self.function.append_basic_block("entry"))
        self.down, self.filters, self.tall, self.broad = self.function.args[-4:]
        usual = b.and_(*(b.icmp_signed("==", size, _INT(2)) for size in (self.tall, self.broad)))
        written_out, loops = b.append_basic_block("usual"), b.append_basic_block("loops")
        b.cbranch(usual, written_out, loops)
        for block, written in ((written_out, True), (loops, False)):
            b.position_at_end(block)
            self.written_out = written
            self._vectors()
            b.ret_void()

    def _vectors(self) -> None:
        b = self.builder
        before, head, behind = b.block, b.append_basic_block("vectors"), b.append_basic_block("behind")
        rest, end = b.append_basic_block("rest"), b.append_basic_block("end")
        whole = b.sub(self.filters, b.srem(self.filters, _INT(LANES)))
        b.cbranch(b.icmp_signed(">", whole, _INT(0)), head, behind)
        b.position_at_end(head)
        self.first = b.phi(_INT)
        self.first.add_incoming(_INT(0), before)
        self.mask = None
        self.body()
        following = b.add(self.first, _INT(LANES))
        self.first.add_incoming(following, b.block)
        b.cbranch(b.icmp_signed("<", following, whole), head, behind)
        b.position_at_end(behind)
        b.cbranch(b.icmp_signed("<", whole, self.filters), rest, end)
        b.position_at_end(rest)
        self.first = whole
        counted = ir.Constant(_NUMBERS, list(range(LANES)))
        self.mask = b.icmp_signed("<", counted, self.spread(b.trunc(b.sub(self.filters, whole), _INT32)))
        self.body()
        b.branch(end)
        b.position_at_end(end)

    def body(self) -> None:
        raise NotImplementedError

    def places(self, state: list, step) -> list:
        """state = step(k, offset, state) for every place of the block, `offset` numbers behind the first one's."""
        b = self.builder
        if self.written_out:
            for k, offset in enumerate((_INT(0), self.filters, self.down, b.add(self.down, self.filters))):
                state = step(_INT32(k), offset, state)
            return state
        before, head, end = b.block, b.append_basic_block("places"), b.append_basic_block("through")
        b.branch(head)
        b.position_at_end(head)
        number, column, offset = b.phi(_INT32), b.phi(_INT), b.phi(_INT)
        inside = [b.phi(value.type) for value in state]
        after = step(number, offset, inside)
        row_ends = b.icmp_signed("==", b.add(column, _INT(1)), self.broad)
        back = b.sub(self.down, b.mul(self.filters, b.sub(self.broad, _INT(1))))
        moved = [
            (number, _INT32(0), b.add(number, _INT32(1))),
            (column, _INT(0), b.select(row_ends, _INT(0), b.add(column, _INT(1)))),
            (offset, _INT(0), b.add(offset, b.select(row_ends, back, self.filters))),
            *zip(inside, state, after, strict=True),
        ]
        for phi, start, following in moved:
            phi.add_incoming(start, before)
            phi.add_incoming(following, b.block)
        count = b.trunc(b.mul(self.tall, self.broad), _INT32)
        b.cbranch(b.icmp_signed("<", b.add(number, _INT32(1)), count), head, end)
        b.position_at_end(end)
        return list(after)

    # Vectors

    def spread(self, number):
        b = self.builder
        one = b.insert_element(ir.Constant(_NUMBERS, ir.Undefined), number, _INT32(0))
        return b.shuffle_vector(one, one, ir.Constant(_NUMBERS, None))

    def load(self, start, offset=None, kind=_VECTOR):
        b, place = self.builder, self._at(start, offset, kind)
        if self.mask is None:
            return b.load(place, align=4)
        function = self._masked("load", kind, [place.type, _INT32, self.mask.type, kind])
        return b.call(function, [place, _INT32(4), self.mask, ir.Constant(kind, None)])

    def store(self, value, start, offset=None):
        b, place = self.builder, self._at(start, offset, value.type)
        if self.mask is None:
            b.store(value, place, align=4)
        else:
            function = self._masked("store", value.type, [value.type, place.type, _INT32, self.mask.type])
            b.call(function, [value, place, _INT32(4), self.mask])

    def _at(self, start, offset, kind):
        b = self.builder
        place = self.first if offset is None else b.add(self.first, offset)
        return b.bitcast(b.gep(start, [place]), kind.as_pointer())

    def _masked(self, what, kind, arguments):
        name = f"llvm.masked.{what}.v{LANES}{'f32' if kind == _VECTOR else 'i32'}.p0"
        result = kind if what == "load" else ir.VoidType()
        return self.module.globals.get(name) or ir.Function(self.module, ir.FunctionType(result, arguments), name)


class _Largest(_Block):
    """y = the largest of the block, which = its number, the first of equal ones, NaN before all; with a bias y =
    max(0, the largest + bias)."""

    def body(self):
        b = self.builder
        places, bias, y, which = self.function.args[:4]

        def larger(number, offset, state):
            best, numbers = state
            other = self.load(places, offset)
            # larger, or one of them is NaN, and the best one is not
            more = b.and_(b.fcmp_unordered(">", other, best), b.fcmp_ordered("ord", best, best))
            return [b.select(more, other, best), b.select(more, self.spread(number), numbers)]

        start = [self.load(places), ir.Constant(_NUMBERS, None)]
        best, numbers = self.places(start, larger)
        self.store(self.ended(best, bias), y)
        self.store(numbers, which)

    def ended(self, best, bias):
        return best


class _LargestEnded(_Largest):
    def ended(self, best, bias):
        b, zero = self.builder, ir.Constant(_VECTOR, None)
        value = b.fadd(best, self.load(bias))
        return b.select(b.fcmp_ordered("<", value, zero), zero, value)  # NaN stays NaN


class _ToTheLargest(_Block):
    """dy to the place that was the largest, 0 to the others."""

    def body(self):
        b = self.builder
        dy, which, places = self.function.args[:3]
        gradient, numbers = self.load(dy), self.load(which, kind=_NUMBERS)

        def hand_on(number, offset, state):
            mine = b.icmp_signed("==", numbers, self.spread(number))
            self.store(b.select(mine, gradient, ir.Constant(_VECTOR, None)), places, offset)
            return state

        self.places([], hand_on)


largest = llvm_functions.function(
    "nnctl_largest", _FORWARD, lambda: _Largest("nnctl_largest", _FORWARD).module, __file__
)
largest_ended = llvm_functions.function(
    "nnctl_largest_ended", _FORWARD, lambda: _LargestEnded("nnctl_largest_ended", _FORWARD).module, __file__
)
to_the_largest = llvm_functions.function(
    "nnctl_to_the_largest", _BACKWARD, lambda: _ToTheLargest("nnctl_to_the_largest", _BACKWARD).module, __file__
)
