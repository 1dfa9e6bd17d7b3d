"""NumPy's names for PyTorch's functions.

The rule of an optimizer is written once, with NumPy's functions on whatever arrays it is given
(nnctl/nn/optimizers). Here the same rule runs on tensors.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor

from nnctl.nn.optimizers import base

Number = Any  # a number or a tensor


class ArrayFunctions:
    """What rules call `np`: PyTorch's function of the same name, where its arguments differ, those below."""

    abs = absolute = staticmethod(torch.abs)
    power = staticmethod(torch.pow)

    @staticmethod
    def maximum(a: Number, b: Number) -> Tensor:
        return _of_two(torch.maximum, a, b)

    @staticmethod
    def minimum(a: Number, b: Number) -> Tensor:
        return _of_two(torch.minimum, a, b)

    @staticmethod
    def where(condition: Tensor, a: Number, b: Number) -> Tensor:
        return torch.where(condition, a, b)

    @staticmethod
    def sqrt(a: Number) -> Any:
        return torch.sqrt(a) if isinstance(a, Tensor) else math.sqrt(a)

    def __getattr__(self, name: str) -> Any:
        return getattr(torch, name)


FUNCTIONS = ArrayFunctions()


def on_tensors(rule: Callable[..., Any]) -> Callable[..., Any]:
    """The rule with PyTorch's functions in the place of NumPy's."""
    assert isinstance(rule, FunctionType), "a rule is a plain function"
    names = {name: _replaced(value) for name, value in rule.__globals__.items()}
    made = FunctionType(rule.__code__, names, rule.__name__, rule.__defaults__, rule.__closure__)
    made.__kwdefaults__ = rule.__kwdefaults__
    return made


def norm(*tensors: Tensor) -> float:
    """The 2-norm of all entries together."""
    return float(
        torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(t, dtype=torch.float64) for t in tensors]))
    )


def _replaced(value: Any) -> Any:
    if isinstance(value, ModuleType) and value is np:
        return FUNCTIONS
    return norm if value is base.norm else value


def _of_two(function: Callable[[Tensor, Tensor], Tensor], a: Number, b: Number) -> Tensor:
    one = a if isinstance(a, Tensor) else b
    assert isinstance(one, Tensor), "one of both is a tensor"
    return function(
        *(x if isinstance(x, Tensor) else torch.as_tensor(x, dtype=one.dtype, device=one.device) for x in (a, b))
    )
