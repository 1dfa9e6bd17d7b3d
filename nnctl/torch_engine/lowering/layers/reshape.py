"""Layers that change the shape of a tensor and not its values."""

from math import prod

from nnctl.nn.layers.reshape import Flatten, Permute, RepeatVector, Reshape
from nnctl.torch_engine.lowering.table import lowers


@lowers(Flatten)
def flatten(layer, w, x, call):
    return x.reshape(len(x), prod(x.shape[1:]))


@lowers(Reshape)
def reshape(layer, w, x, call):
    return x.reshape(len(x), *layer.output_shape(tuple(x.shape[1:])))


@lowers(Permute)
def permute(layer, w, x, call):
    return x.permute(0, *layer.dims)


@lowers(RepeatVector)
def repeat_vector(layer, w, x, call):
    return x.unsqueeze(1).expand(-1, layer.n, -1)
