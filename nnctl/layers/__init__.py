"""Layers, one family a file. A module is imported once a config names a layer of it."""

from nnctl.layers.base import Layer, Weight, layers

for _module, _names in {
    "activation": ("Activation", "ReLU", "LeakyReLU", "ELU", "Softmax"),
    "dense": ("Dense",),
    "merge": ("Add", "Average", "Multiply", "Concatenate"),
    "normalization": ("BatchNormalization", "LayerNormalization"),
    "regularization": ("Dropout",),
    "reshape": ("Flatten", "Reshape"),
}.items():
    layers.declared_in(f"nnctl.layers.{_module}", *_names)

__all__ = ["Layer", "Weight", "layers"]
