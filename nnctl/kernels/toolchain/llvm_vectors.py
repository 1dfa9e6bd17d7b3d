"""What functions in LLVM's language (kernels/toolchain/llvm_functions.py) do with vectors in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llvmlite import ir

from nnctl.kernels.toolchain import llvm_functions

_FLOAT, _INT = llvm_functions.FLOAT, llvm_functions.INT


class Vectors:
    """Base of what builds one function for rows of `vectors` vectors. masked: the last one is not whole."""

    def __init__(self, function: ir.Function, names: list[str], vectors: int, masked: bool):
        """names: of the function's arguments, which become attributes; one of them is `columns`."""
        self.function, self.vectors, self.masked = function, vectors, masked
        self.lanes = llvm_functions.lanes()
        self.vector = ir.VectorType(_FLOAT, self.lanes)
        self.builder = ir.IRBuilder(function.append_basic_block("entry"))
        for argument, name in zip(function.args, names, strict=True):
            setattr(self, name, argument)
        if masked:
            numbers = ir.Constant(ir.VectorType(_INT, self.lanes), list(range(self.lanes)))
            left = self.builder.sub(self.columns, self.whole(self.lanes * (vectors - 1)))
            self.mask = self.builder.icmp_signed("<", numbers, self.spread(left, _INT))

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> ir.Value:
            """The function's arguments."""

    @staticmethod
    def whole(number: int) -> ir.Constant:
        return ir.Constant(_INT, number)

    def row(self, start, step, i):
        """Where row i lies, rows `step` numbers apart."""
        return self.builder.gep(start, [self.builder.mul(step, self.whole(i))])

    def place(self, row, v):
        """Where vector v of a row lies."""
        return self.builder.bitcast(self.builder.gep(row, [self.whole(v * self.lanes)]), self.vector.as_pointer())

    def load(self, row, v):
        b, place = self.builder, self.place(row, v)
        if self.masked and v == self.vectors - 1:
            kind = ir.FunctionType(self.vector, [place.type, ir.IntType(32), self.mask.type, self.vector])
            load = self.intrinsic("masked.load", kind, ".p0")
            return b.call(load, [place, ir.Constant(ir.IntType(32), 4), self.mask, ir.Constant(self.vector, None)])
        return b.load(place, align=4)

    def store(self, value, row, v):
        b, place = self.builder, self.place(row, v)
        if self.masked and v == self.vectors - 1:
            kind = ir.FunctionType(ir.VoidType(), [self.vector, place.type, ir.IntType(32), self.mask.type])
            store = self.intrinsic("masked.store", kind, ".p0")
            b.call(store, [value, place, ir.Constant(ir.IntType(32), 4), self.mask])
        else:
            b.store(value, place, align=4)

    def fma(self, x, y, z):
        """x y + z."""
        return self.builder.call(self.intrinsic("fma", ir.FunctionType(self.vector, [self.vector] * 3)), [x, y, z])

    def intrinsic(self, name, kind, suffix=""):
        name = f"llvm.{name}.v{self.lanes}f32{suffix}"
        module = self.function.module
        return module.globals.get(name) or ir.Function(module, kind, name)

    def spread(self, number, kind):
        """A vector of one number."""
        b = self.builder
        vector = ir.VectorType(kind, self.lanes)
        first = b.insert_element(ir.Constant(vector, ir.Undefined), number, ir.Constant(ir.IntType(32), 0))
        return b.shuffle_vector(first, first, ir.Constant(ir.VectorType(ir.IntType(32), self.lanes), None))


def switched(module: ir.Module, symbol: str, kind: ir.FunctionType, names: list[str], cases: dict, key) -> None:
    """The function `symbol`: calls one of `cases`, {key: function}, by key(builder, {name: argument}), or none."""
    function = ir.Function(module, kind, symbol)
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    chosen = key(builder, dict(zip(names, function.args, strict=True)))
    nothing = builder.append_basic_block("nothing")
    switch = builder.switch(chosen, nothing)
    ir.IRBuilder(nothing).ret_void()
    for number, case in cases.items():
        block = function.append_basic_block(case.name)
        inside = ir.IRBuilder(block)
        inside.call(case, function.args)
        inside.ret_void()
        switch.add_case(ir.Constant(_INT, number), block)
