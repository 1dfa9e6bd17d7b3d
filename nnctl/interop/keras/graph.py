"""A Keras model as plain data: its layers, and how each is called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nnctl.interop.keras.objects import KerasObject
from nnctl.nn.layers.base import Shape

Array = np.ndarray


@dataclass(frozen=True)
class Tensor:
    """An output of a call. call: which of the layer's calls, from 0. shape: without the batch axis."""

    layer: str
    call: int = 0
    output: int = 0
    shape: Shape = ()
    dtype: str = "float32"


@dataclass(frozen=True)
class Call:
    """A call of a layer. Arguments are tensors, lists of tensors (and None), or plain values.

    outputs: how many tensors it gives: those of nnctl's layer.
    """

    layer: str
    arguments: tuple[Any, ...]
    named: Mapping[str, Any] = field(default_factory=dict)
    outputs: int = 1

    @property
    def tensors(self) -> list[Tensor]:
        """All tensors that are given, in Keras' order."""
        found = []
        for value in (*self.arguments, *self.named.values()):
            found += [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, Tensor)]
        return found


@dataclass(frozen=True)
class KerasLayer:
    """A layer, or an operation of `keras.ops`.

    weights: by their place in a .keras file, below the layer's group, in Keras' order. trained: the places of the
    weights that training changes. names: of the weights in nnctl, in the same order.
    """

    name: str
    made: KerasObject
    weights: Mapping[str, Array] = field(default_factory=dict)
    trained: frozenset[str] = frozenset()
    names: tuple[str, ...] = ()

    @property
    def is_layer(self) -> bool:
        return self.made.module == "keras.layers"


@dataclass
class KerasModel:
    """layers: by name, the model's inputs included, which are called InputLayer. calls: in order, each after those
    whose outputs it takes. sequential: whether every layer takes just the output of the one before. padding: what
    padded time steps must be filled with, by the name of an input that has some. names: what nnctl calls a tensor, by
    its layer, call and output."""

    name: str
    layers: dict[str, KerasLayer]
    calls: list[Call]
    inputs: list[Tensor]
    outputs: list[Tensor]
    sequential: bool
    padding: dict[str, float] = field(default_factory=dict)
    names: dict[tuple[str, int, int], str] = field(default_factory=dict)

    def calls_of(self, layer: str) -> Sequence[Call]:
        return [call for call in self.calls if call.layer == layer]
