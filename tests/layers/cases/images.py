"""Layers for images, and their kin for sequences: convolution, pooling, padding, augmentation."""

# id: (layer as a config writes it, input shapes without the batch axis)
CASES = {}
