"""Layers, one family a file. A module is imported once a config names a layer of it."""

from nnctl.layers.base import Layer, Weight, layers

for _module, _names in {
    "activation": ("Activation", "ReLU", "LeakyReLU", "ELU", "Softmax"),
    "convolution": ("Conv1D", "Conv2D"),
    "dense": ("Dense",),
    "global_pooling": (
        "GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalMaxPooling1D", "GlobalMaxPooling2D",
    ),
    "merge": ("Add", "Average", "Multiply", "Concatenate"),
    "normalization": ("BatchNormalization", "LayerNormalization"),
    "pooling": ("AveragePooling1D", "AveragePooling2D", "MaxPooling1D", "MaxPooling2D"),
    "recurrent.bidirectional": ("Bidirectional",),
    "recurrent.gru": ("GRU",),
    "recurrent.lstm": ("LSTM",),
    "recurrent.simple": ("SimpleRNN",),
    "regularization": ("Dropout",),
    "reshape": ("Flatten", "Reshape"),
}.items():
    layers.declared_in(f"nnctl.layers.{_module}", *_names)

__all__ = ["Layer", "Weight", "layers"]
