"""The function of a library that Python calls: it takes arguments as Python has them, for code that Numba made.

Arrays are read where they lie, as NumPy's own header files do (PyArrayObject_fields); all else goes through Python's
interface for C. Whatever is not as the code was compiled for goes to the Kernel that the function belongs to.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.np.numpy_support import as_dtype

from nnctl.kernels.toolchain.object_layout import ALIGNED, C_ORDER, CALL, FORTRAN, HEAD, LOCK, NDARRAY, WRITEABLE

_BYTE, _INT, _INT32, _REAL = ir.IntType(8), ir.IntType(64), ir.IntType(32), ir.DoubleType()
_ADDRESS = _BYTE.as_pointer()
_PYTHON = {
    "PyObject_Vectorcall": ir.FunctionType(_ADDRESS, [_ADDRESS, _ADDRESS, _INT, _ADDRESS]),
    "PyErr_Occurred": ir.FunctionType(_ADDRESS, []),
    "PyErr_NoMemory": ir.FunctionType(_ADDRESS, []),
    "PyTuple_Size": ir.FunctionType(_INT, [_ADDRESS]),
    "PyTuple_GetItem": ir.FunctionType(_ADDRESS, [_ADDRESS, _INT]),
    "PyLong_AsLongLong": ir.FunctionType(_INT, [_ADDRESS]),
    "PyLong_FromLongLong": ir.FunctionType(_ADDRESS, [_INT]),
    "PyFloat_AsDouble": ir.FunctionType(_REAL, [_ADDRESS]),
    "PyFloat_FromDouble": ir.FunctionType(_ADDRESS, [_REAL]),
    "PyObject_IsTrue": ir.FunctionType(_INT32, [_ADDRESS]),
    "PyBool_FromLong": ir.FunctionType(_ADDRESS, [_INT]),
    "PyEval_SaveThread": ir.FunctionType(_ADDRESS, []),
    "PyEval_RestoreThread": ir.FunctionType(ir.VoidType(), [_ADDRESS]),
    "Py_BuildValue": ir.FunctionType(_ADDRESS, [_ADDRESS], var_arg=True),
}


def variable(module: ir.Module, name: str) -> ir.GlobalVariable:
    """A number of a library, which is set when it is loaded."""
    if name not in module.globals:
        ir.GlobalVariable(module, _INT, name).initializer = _INT(0)
    return module.globals[name]


class Unknown(Exception):
    """A type of argument or result that is not handed on here."""


class Unpacking:
    """Builds the function `CALL` of a module for a compiled kernel."""

    def __init__(self, module: ir.Module, compiled):
        """compiled: Numba's result, whose native function the module will be linked with."""
        self.module, self.context, self.compiled = module, compiled.target_context, compiled
        signature = compiled.signature
        function = ir.Function(module, ir.FunctionType(_ADDRESS, [_ADDRESS, _ADDRESS.as_pointer(), _INT]), CALL)
        self.kernel, self.arguments, count = function.args
        self.builder = ir.IRBuilder(function.append_basic_block("entry"))
        self.other = function.append_basic_block("other")
        self._unless(self.builder.icmp_signed("==", count, _INT(len(signature.args))))
        values = [self._value(kind, self._item(k)) for k, kind in enumerate(signature.args)]
        self._finish(signature, values)
        with self.builder.goto_block(self.other):
            given = self.builder.bitcast(self.arguments, _ADDRESS)
            self.builder.ret(self._python("PyObject_Vectorcall", self.kernel, given, count, _ADDRESS(None)))

    def _finish(self, signature, values) -> None:
        """The call, while other threads of Python go on, and its result."""
        b = self.builder
        state = self._python("PyEval_SaveThread")
        lock = b.load(variable(self.module, LOCK)), b.ptrtoint(state, _INT)
        b.call(self._declared("nnctl_leave", ir.FunctionType(ir.VoidType(), [_INT, _INT])), lock)
        native = self.context.declare_function(self.module, self.compiled.fndesc)
        status, result = self.context.call_conv.call_function(b, native, signature.return_type, signature.args, values)
        b.call(self._declared("nnctl_take", ir.FunctionType(ir.VoidType(), [_INT, _INT])), lock)
        self._python("PyEval_RestoreThread", state)
        failed, done = b.append_basic_block("failed"), b.append_basic_block("done")
        b.cbranch(status.is_ok, done, failed)
        b.position_at_end(failed)  # the only thing that kernels may run out of
        b.ret(self._python("PyErr_NoMemory"))
        b.position_at_end(done)
        kind = signature.return_type
        if kind is types.none:
            empty = cgutils.global_constant(b, "nnctl_empty", ir.Constant(ir.ArrayType(_BYTE, 1), bytearray(1)))
            b.ret(self._python("Py_BuildValue", b.bitcast(empty, _ADDRESS)))  # None
        elif kind is types.boolean:
            b.ret(self._python("PyBool_FromLong", b.zext(result, _INT)))
        elif kind == types.int64:
            b.ret(self._python("PyLong_FromLongLong", result))
        elif kind == types.float64:
            b.ret(self._python("PyFloat_FromDouble", result))
        else:
            raise Unknown(kind)

    # Arguments

    def _item(self, k):
        return self.builder.load(self.builder.gep(self.arguments, [_INT(k)]))

    def _value(self, kind: Any, item: ir.Value) -> Any:
        b = self.builder
        if isinstance(kind, types.Array):
            return self._array(kind, item)
        if isinstance(kind, types.BaseTuple):  # named or not, of one type or of several
            members = list(kind)  # type: ignore[call-overload]  # which Numba's annotations leave out
            self._unless(b.icmp_signed("==", self._checked("PyTuple_Size", item), _INT(len(members))))
            items = [
                self._value(member, self._python("PyTuple_GetItem", item, _INT(k))) for k, member in enumerate(members)
            ]
            return self.context.make_tuple(b, kind, items)
        if isinstance(kind, types.Boolean):
            return b.icmp_signed("!=", self._checked("PyObject_IsTrue", item), _INT32(0))
        if isinstance(kind, types.Integer) and getattr(kind, "bitwidth", 0) == 64:
            return self._checked("PyLong_AsLongLong", item)
        if kind == types.float64:
            return self._checked("PyFloat_AsDouble", item)
        if kind == types.float32:
            return b.fptrunc(self._checked("PyFloat_AsDouble", item), ir.FloatType())
        raise Unknown(kind)

    def _array(self, kind: types.Array, item):
        """The array, if it is one of that kind."""
        b, dtype = self.builder, as_dtype(kind.dtype)
        self._unless(b.icmp_signed("==", self._read(item, HEAD - 8, _INT), b.load(variable(self.module, NDARRAY))))
        described = self._read(item, HEAD + 40, _ADDRESS)
        looked_at = ALIGNED | WRITEABLE | (C_ORDER if kind.layout == "C" else C_ORDER | FORTRAN)
        flags = kind.aligned * ALIGNED | kind.mutable * WRITEABLE | {"C": C_ORDER, "F": FORTRAN, "A": 0}[kind.layout]
        for found, wanted in (
            (self._read(item, HEAD + 8, _INT32), kind.ndim),
            (b.and_(self._read(item, HEAD + 48, _INT32), _INT32(looked_at)), flags),
            (self._read(described, HEAD + 12, _INT32), dtype.num),
        ):
            self._unless(b.icmp_signed("==", found, _INT32(wanted)))
        self._unless(b.icmp_signed("!=", self._read(described, HEAD + 10, _BYTE), _BYTE(ord(">"))))
        array = self.context.make_array(kind)(self.context, b)
        sizes, steps = self._read(item, HEAD + 16, _ADDRESS), self._read(item, HEAD + 24, _ADDRESS)
        shape = [self._read(sizes, 8 * axis, _INT) for axis in range(kind.ndim)]
        total = _INT(1)
        for size in shape:
            total = b.mul(total, size)
        array.data = b.bitcast(self._read(item, HEAD, _ADDRESS), array.data.type)
        array.shape = cgutils.pack_array(b, shape, _INT)
        array.strides = cgutils.pack_array(b, [self._read(steps, 8 * axis, _INT) for axis in range(kind.ndim)], _INT)
        array.itemsize, array.nitems = _INT(dtype.itemsize), total
        array.meminfo, array.parent = _ADDRESS(None), _ADDRESS(None)
        return array._getvalue()

    # Steps

    def _read(self, start, offset: int, kind):
        """What lies so many bytes behind `start`."""
        return self.builder.load(self.builder.bitcast(self.builder.gep(start, [_INT(offset)]), kind.as_pointer()))

    def _python(self, name: str, *arguments):
        return self.builder.call(self._declared(name, _PYTHON[name]), arguments)

    def _checked(self, name: str, item):
        """The same; back to Python with its error, if there is one."""
        value = self._python(name, item)
        self._return_if(self._python("PyErr_Occurred"))
        return value

    def _declared(self, name: str, kind: ir.FunctionType) -> ir.Function:
        return self.module.globals.get(name) or ir.Function(self.module, kind, name)

    def _unless(self, right) -> None:
        """On to the Kernel unless it is so."""
        following = self.builder.append_basic_block("next")
        self.builder.cbranch(right, following, self.other)
        self.builder.position_at_end(following)

    def _return_if(self, error) -> None:
        """Back to Python with its error, if there is one."""
        b = self.builder
        wrong, following = b.append_basic_block("wrong"), b.append_basic_block("next")
        b.cbranch(b.icmp_signed("==", b.ptrtoint(error, _INT), _INT(0)), following, wrong)
        b.position_at_end(wrong)
        b.ret(_ADDRESS(None))
        b.position_at_end(following)
