"""TimeDistributed: the layer takes all steps as rows."""

from __future__ import annotations

from dataclasses import replace

# Layers that treat each step by itself anyway.
STEP_BY_STEP = {"Activation", "Dense", "Dropout", "ELU", "LayerNormalization", "LeakyReLU", "ReLU", "Rescaling",
                "Softmax"}  # fmt: skip


def time_distributed(call):
    inner, x = call.layer.layer, call.x()
    if inner.kind in STEP_BY_STEP:
        return call.translate(replace(call, layer=inner, tensors=[replace(call.tensors[0], mask=None)]))
    if inner.whole_batch:
        call.differs(f"{call.name} normalizes all steps of a batch together; nnctl each step by itself.")
    steps = call.let("steps", f"{x}.flatten(0, 1)", "each step is a row", passing=True)
    tensor = replace(call.tensors[0], code=steps, shape=call.shape[1:], mask=None)
    made = call.translate(replace(call, layer=inner, tensors=[tensor], output=call.output[1:]))
    y = call.let("each", made.value, passing=True)
    last = call.builder.ordered(replace(tensor, code=y, shape=call.output[1:], first=made.first), first=False)
    return call.result(f"{last.code}.unflatten(0, {x}.shape[:2])")


LAYERS = {"TimeDistributed": time_distributed}
