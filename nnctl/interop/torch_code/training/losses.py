"""Losses in PyTorch's words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nnctl.interop.torch_code.python_text import call


def crossentropy(loss: Any, p: str, y: str) -> str:
    return call("F.cross_entropy", p, y, reduction='"none"')


LOSSES: Mapping[str, Callable[[Any, str, str], str]] = {"sparse_categorical_crossentropy": crossentropy}
