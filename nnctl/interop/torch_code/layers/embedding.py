"""Token ids to vectors, positions, and where the padding is."""

from __future__ import annotations

from nnctl.interop.torch_code.python_text import call as code
from nnctl.interop.torch_code.python_text import literal


def embedding(call):
    layer, x = call.layer, call.x()
    module = call.module(code("nn.Embedding", layer.input_dim, layer.output_dim),
                         {"weight": call.weights["embeddings"]})  # fmt: skip
    mask = call.let("mask", f"{x} != 0", "0 is padding") if layer.mask_zero else None
    return call.result(f"{module}({x}.long())", mask=mask)


def position_embedding(call):
    module = call.module(code("nn.Embedding", call.layer.sequence_length, call.shape[-1]),
                         {"weight": call.weights["embeddings"]})  # fmt: skip
    return call.result(f"{call.x()} + {module}.weight[: {call.x()}.shape[1]]")


def masking(call):
    x = call.x()
    mask = call.let("mask", f"({x} != {literal(call.layer.mask_value)}).any(dim=-1)", "which steps are real")
    return call.result(f"{x} * {mask}[..., None]", mask=mask)


LAYERS = {"Embedding": embedding, "PositionEmbedding": position_embedding, "Masking": masking}
