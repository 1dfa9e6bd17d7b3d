"""Layers at the start of sequence models."""

from torch.nn import functional as F

from nnctl.errors import DataError
from nnctl.nn.layers.embedding import Embedding, Masking, PositionEmbedding
from nnctl.torch_engine.lowering.masks import is_real
from nnctl.torch_engine.lowering.table import lowers


@lowers(Embedding)
def embedding(layer, w, x, call):
    if x.is_floating_point():
        _check(layer, x)  # 2.5 would become 2
    try:
        return F.embedding(x.long(), w["embeddings"])
    except IndexError:
        _check(layer, x)
        raise


def _check(layer, x):
    """Raises DataError for numbers that are no token ids."""
    if x.numel() and (refused := layer.refused(x.cpu().numpy())):
        _, what, hint = refused
        raise DataError(f"Embedding: {what}", hint=hint)


@lowers(PositionEmbedding)
def position_embedding(layer, w, x, call):
    return x + w["embeddings"][: x.shape[1]]


@lowers(Masking)
def masking(layer, w, x, call):
    return x * is_real(layer, x)[..., None]
