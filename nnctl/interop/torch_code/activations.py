"""Activations in PyTorch's words: a table from an activation to the code that applies it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nnctl.errors import InputError
from nnctl.interop.torch_code.python_text import call
from nnctl.nn.activations import Activation

# (activation, x as code, the axis of the features) -> code
ACTIVATIONS: Mapping[str, Callable[[Any, str, int], str]] = {
    "linear": lambda f, x, axis: x,
    "relu": lambda f, x, axis: _relu(f, x),
    "relu6": lambda f, x, axis: f"F.relu6({x})",
    "leaky_relu": lambda f, x, axis: call("F.leaky_relu", x, f.negative_slope),
    "elu": lambda f, x, axis: call("F.elu", x, alpha=None if f.alpha == 1 else f.alpha),
    "selu": lambda f, x, axis: f"F.selu({x})",
    "gelu": lambda f, x, axis: call("F.gelu", x, approximate='"tanh"' if f.approximate else None),
    "silu": lambda f, x, axis: f"F.silu({x})",
    "mish": lambda f, x, axis: f"F.mish({x})",
    "sigmoid": lambda f, x, axis: f"torch.sigmoid({x})",
    "hard_sigmoid": lambda f, x, axis: f"F.hardsigmoid({x})",
    "hard_silu": lambda f, x, axis: f"F.hardswish({x})",
    "log_sigmoid": lambda f, x, axis: f"F.logsigmoid({x})",
    "tanh": lambda f, x, axis: f"torch.tanh({x})",
    "softplus": lambda f, x, axis: f"F.softplus({x})",
    "softsign": lambda f, x, axis: f"F.softsign({x})",
    "exponential": lambda f, x, axis: f"torch.exp({x})",
    "softmax": lambda f, x, axis: call("F.softmax", x, dim=axis),
    "log_softmax": lambda f, x, axis: call("F.log_softmax", x, dim=axis),
}


def applied(function: Activation | None, x: str, axis: int = -1) -> str:
    """The code of f(x). axis: of the features. Raises InputError for an activation that is not in the table."""
    if function is None:
        return x
    if type(function).kind not in ACTIVATIONS:
        raise InputError(f"the activation {function.kind!r} cannot be written in PyTorch",
                         hint="train with one of " + ", ".join(sorted(ACTIVATIONS)))  # fmt: skip
    return ACTIVATIONS[function.kind](function, x, axis)


def as_function(function: Activation | None) -> str:
    """The code of an activation as a function of its own."""
    code = applied(function, "x")
    name = code.removesuffix("(x)")
    return f"lambda x: {code}" if "(" in name or name == code else name


def _relu(function: Any, x: str) -> str:
    slope, top, threshold = function.negative_slope, function.max_value, function.threshold
    if threshold or (slope and top is not None):
        return call("general_relu", x, negative_slope=slope or None, max_value=top, threshold=threshold or None)
    if slope:
        return call("F.leaky_relu", x, slope)
    return call("torch.clamp", x, 0, top) if top is not None else f"F.relu({x})"
