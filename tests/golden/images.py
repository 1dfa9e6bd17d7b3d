"""Layers for images: as `golden.layers`."""

from golden import layers

# case: (layer as a config writes it, input shapes)
CASES = {}


def make():
    return layers.make(CASES)
