"""Global pooling."""

from nnctl.nn.layers.global_pooling import (
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalMaxPooling1D,
    GlobalMaxPooling2D,
)
from nnctl.torch_engine.lowering.table import lowers


@lowers(GlobalAveragePooling1D, GlobalAveragePooling2D)
def global_average(layer, w, x, call):
    axes = tuple(range(1, 1 + layer.rank))
    mask = call.masks[0] if call.masks else None
    if mask is None:
        return x.mean(dim=axes, keepdim=layer.keepdims)
    mask = mask[..., None].to(x.dtype)
    # a row of padding alone (an empty text) has no mean: 0, as from a recurrent layer
    count = mask.sum(dim=1, keepdim=layer.keepdims).clamp(min=1)
    return (x * mask).sum(dim=axes, keepdim=layer.keepdims) / count


@lowers(GlobalMaxPooling1D, GlobalMaxPooling2D)
def global_max(layer, w, x, call):
    return x.amax(dim=tuple(range(1, 1 + layer.rank)), keepdim=layer.keepdims)  # equal values share the gradient
