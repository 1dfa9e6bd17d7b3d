"""Layers in PyTorch's words: a table from a layer to the function that writes it, one family a file.

A function is given a Call (see nnctl.interop.torch_code.builder): it adds the layer's module to `__init__`, with the
weights as PyTorch has them, and returns the code of its output. The `activation` of a layer is applied afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nnctl.interop.torch_code.layers import plain

LAYERS: Mapping[str, Callable[[Any], Any]] = {
    **plain.LAYERS,
}
