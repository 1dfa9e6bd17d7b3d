"""Layers in PyTorch's words: a table from a layer to the function that writes it, one family a file.

A function is given a Call (see nnctl.interop.torch_code.calls): it adds the layer's module to `__init__`, with the
weights as PyTorch has them, and returns the code of its output. The `activation` of a layer is applied afterwards. What
PyTorch lacks is called by its name in `written_out`, which the file gets a copy of.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nnctl.interop.torch_code.layers import (
    attention,
    convolution,
    embedding,
    merge,
    normalization,
    plain,
    pooling,
    recurrent,
    regularization,
    reshape,
    wrappers,
)

LAYERS: Mapping[str, Callable[[Any], Any]] = {
    **attention.LAYERS,
    **convolution.LAYERS,
    **embedding.LAYERS,
    **merge.LAYERS,
    **normalization.LAYERS,
    **plain.LAYERS,
    **pooling.LAYERS,
    **recurrent.LAYERS,
    **regularization.LAYERS,
    **reshape.LAYERS,
    **wrappers.LAYERS,
}
