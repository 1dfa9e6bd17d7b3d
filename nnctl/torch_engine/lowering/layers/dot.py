"""Dot."""

from nnctl.nn.layers.dot import Dot
from nnctl.torch_engine.lowering.table import lowers

SMALLEST = 1e-12  # the smallest square of a length


@lowers(Dot)
def dot(layer, w, xs, call):
    given = layer.axes if isinstance(layer.axes, tuple) else (layer.axes, layer.axes)
    # (rows, others, k)
    one, two = (
        x.movedim(axis, -1).flatten(1, -2) if x.ndim > 2 else x[:, None] for x, axis in zip(xs, given, strict=True)
    )
    if layer.normalize:
        one, two = (x / x.square().sum(dim=-1, keepdim=True).clamp(min=SMALLEST).sqrt() for x in (one, two))
    y = one @ two.transpose(1, 2)
    return y.reshape(len(y), *layer.output_shape([tuple(x.shape[1:]) for x in xs]))
