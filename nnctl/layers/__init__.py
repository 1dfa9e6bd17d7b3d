"""Layers, one family a file. Importing this package declares them all."""

from nnctl.layers import activation, dense, merge, normalization, regularization, reshape
from nnctl.layers.base import Layer, Weight, layers

__all__ = [
    "Layer", "Weight", "activation", "dense", "layers", "merge", "normalization", "regularization", "reshape",
]  # fmt: skip
