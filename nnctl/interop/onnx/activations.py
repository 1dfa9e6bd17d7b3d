"""The activations as ONNX operators: a function for each, in a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nnctl.errors import InputError
from nnctl.interop.onnx.builder import Builder, Tensor
from nnctl.nn.activations.smooth import _FLOOR, _SCALE


def _relu(b: Builder, function: Any, x: str) -> str:
    if function.is_plain_relu:
        return b.add("Relu", x)
    y = b.add("Where", b.add("LessOrEqual", x, function.threshold), 0.0, x)
    if function.max_value is not None:
        y = b.add("Min", y, function.max_value)
    if function.negative_slope:
        below = b.add("Min", b.add("Sub", x, function.threshold), 0.0)
        y = b.add("Add", y, b.add("Mul", below, function.negative_slope))
    return y


def _gelu(b: Builder, function: Any, x: str) -> str:
    if function.approximate:
        cube = b.add("Mul", b.add("Mul", x, x), b.add("Mul", x, 0.044715))
        bell = b.add("Tanh", b.add("Mul", b.add("Add", x, cube), 0.7978845608028654))
    else:
        bell = b.add("Erf", b.add("Mul", x, 0.7071067811865476))
    return b.add("Mul", b.add("Mul", x, 0.5), b.add("Add", bell, 1.0))


def _mish(b: Builder, _: Any, x: str) -> str:
    return b.add("Mul", x, b.add("Tanh", b.add("Softplus", x)))


def _log_sigmoid(b: Builder, _: Any, x: str) -> str:
    return b.add("Neg", b.add("Softplus", b.add("Neg", x)))


def _relu6(b: Builder, _: Any, x: str) -> str:
    return b.add("Clip", x, 0.0, 6.0)


def _hard_sigmoid(b: Builder, _: Any, x: str) -> str:
    return b.add("HardSigmoid", x, alpha=1 / 6, beta=0.5)


def _silu(b: Builder, _: Any, x: str) -> str:
    return b.add("Mul", x, b.add("Sigmoid", x))


def _leaky_relu(b: Builder, function: Any, x: str) -> str:
    return b.add("LeakyRelu", x, alpha=function.negative_slope)


def _elu(b: Builder, function: Any, x: str) -> str:
    return b.add("Elu", x, alpha=function.alpha)


def _selu(b: Builder, _: Any, x: str) -> str:
    return b.add("Selu", x, alpha=_FLOOR / _SCALE, gamma=_SCALE)


def _plain(op: str, **attributes: Any) -> Callable[[Builder, Any, str], str]:
    """An activation that is one operator."""
    return lambda b, _, x: b.add(op, x, **attributes)


ACTIVATIONS: Mapping[str, Callable[[Builder, Any, str], str]] = {
    "elu": _elu,
    "exponential": _plain("Exp"),
    "gelu": _gelu,
    "hard_sigmoid": _hard_sigmoid,
    "hard_silu": _plain("HardSwish"),
    "leaky_relu": _leaky_relu,
    "linear": lambda b, _, x: x,
    "log_sigmoid": _log_sigmoid,
    "log_softmax": _plain("LogSoftmax", axis=-1),
    "mish": _mish,
    "relu": _relu,
    "relu6": _relu6,
    "selu": _selu,
    "sigmoid": _plain("Sigmoid"),
    "silu": _silu,
    "softmax": _plain("Softmax", axis=-1),
    "softplus": _plain("Softplus"),
    "softsign": _plain("Softsign"),
    "tanh": _plain("Tanh"),
}


def activate(b: Builder, function: Any, x: str) -> str:
    """An activation applied to a tensor. Raises InputError for one that is not in the table."""
    if function.kind not in ACTIVATIONS:
        raise InputError(f"the activation {function.kind} cannot be written as ONNX",
                         hint=f"train with one of {', '.join(ACTIVATIONS)}")  # fmt: skip
    return ACTIVATIONS[function.kind](b, function, x)


def activation(b: Builder, function: Any, x: Tensor) -> str:
    """The same; where x has been computed with its channels first, in this order."""
    if function.elementwise and x.name in b.channels_first:
        return b.last(activate(b, function, b.channels_first[x.name]), x.rank)
    return activate(b, function, x.name)
