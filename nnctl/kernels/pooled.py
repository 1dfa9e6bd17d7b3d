"""Blocks of 2 by 2 of a max-pooling, a vector of filters at a time: as the compiler makes them of loops (blocks.py)
they take longer than a small convolution.

Arguments: the four places of the block, one behind the other in `places`, `down` numbers from the first row to the
second, each of `filters` numbers; bias, y and which (filters), or dy and which. Whole vectors only: what is left of the
filters is for the caller. Fewer filters than that: nothing is done.
"""

from llvmlite import ir

from nnctl.kernels import assembled

SIDE = assembled.lanes()
_INT, _POINTER = assembled.INT, assembled.POINTER
_VECTOR, _NUMBERS = ir.VectorType(assembled.FLOAT, SIDE), ir.VectorType(ir.IntType(32), SIDE)
_TYPE = ir.FunctionType(ir.VoidType(), [_POINTER, _INT, _POINTER, _POINTER, _POINTER, _INT])
_BACK = ir.FunctionType(ir.VoidType(), [_POINTER, _POINTER, _POINTER, _INT, _INT])


def _loop(builder: ir.IRBuilder, filters: ir.Value, body) -> None:
    """body(first) for every whole vector of the filters."""
    before = builder.block
    head, done = builder.append_basic_block("loop"), builder.append_basic_block("done")
    end = builder.sub(filters, builder.srem(filters, ir.Constant(_INT, SIDE)))
    builder.cbranch(builder.icmp_signed(">", end, ir.Constant(_INT, 0)), head, done)
    builder.position_at_end(head)
    first = builder.phi(_INT)
    first.add_incoming(ir.Constant(_INT, 0), before)
    body(first)
    following = builder.add(first, ir.Constant(_INT, SIDE))
    first.add_incoming(following, builder.block)
    builder.cbranch(builder.icmp_signed("<", following, end), head, done)
    builder.position_at_end(done)
    builder.ret_void()


def _at(builder, start, offset, kind=_VECTOR):
    return builder.bitcast(builder.gep(start, [offset]), kind.as_pointer())


def _numbers(value: int) -> ir.Constant:
    return ir.Constant(_NUMBERS, [value] * SIDE)


def _forward() -> ir.Module:
    """y = max(0, the largest of the four + bias), which = its number, the first of equal ones, NaN before all."""
    module = ir.Module("nnctl_largest")
    function = ir.Function(module, _TYPE, "nnctl_largest")
    b = ir.IRBuilder(function.append_basic_block("entry"))
    places, down, bias, y, which, filters = function.args

    def larger(x, other):
        """Whether `other` is larger than x, NaN being the largest."""
        more = b.fcmp_unordered(">", other, x)  # larger, or one of them is NaN
        return b.and_(more, b.fcmp_ordered("ord", x, x))  # and x is not

    def body(first):
        offsets = (first, b.add(first, filters), b.add(first, down), b.add(b.add(first, down), filters))
        best = b.load(_at(b, places, offsets[0]), align=4)
        number = _numbers(0)
        for k, offset in enumerate(offsets[1:], start=1):
            other = b.load(_at(b, places, offset), align=4)
            more = larger(best, other)
            best, number = b.select(more, other, best), b.select(more, _numbers(k), number)
        value = b.fadd(best, b.load(_at(b, bias, first), align=4))
        below = b.fcmp_ordered("<", value, ir.Constant(_VECTOR, None))  # NaN stays NaN
        b.store(b.select(below, ir.Constant(_VECTOR, None), value), _at(b, y, first), align=4)
        b.store(number, _at(b, which, first, _NUMBERS), align=4)

    _loop(b, filters, body)
    return module


def _backward() -> ir.Module:
    """dy to the place that was the largest, 0 to the other three."""
    module = ir.Module("nnctl_to_the_largest")
    function = ir.Function(module, _BACK, "nnctl_to_the_largest")
    b = ir.IRBuilder(function.append_basic_block("entry"))
    dy, which, places, down, filters = function.args

    def body(first):
        slope, number = b.load(_at(b, dy, first), align=4), b.load(_at(b, which, first, _NUMBERS), align=4)
        offsets = (first, b.add(first, filters), b.add(first, down), b.add(b.add(first, down), filters))
        for k, offset in enumerate(offsets):
            mine = b.icmp_signed("==", number, _numbers(k))
            b.store(b.select(mine, slope, ir.Constant(_VECTOR, None)), _at(b, places, offset), align=4)

    _loop(b, filters, body)
    return module


largest = assembled.function("nnctl_largest", _TYPE, _forward, __file__)
to_the_largest = assembled.function("nnctl_to_the_largest", _BACK, _backward, __file__)
