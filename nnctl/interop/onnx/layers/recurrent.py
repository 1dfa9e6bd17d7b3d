"""Recurrent layers: as ONNX's own operators where these have the activations, else as a loop over the time steps.

ONNX's operators know padding only at the end of a row. So the real steps of a row are moved to its beginning, and the
outputs back to the steps that they belong to: padding keeps the state, wherever it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnctl.interop.onnx.builder import Array, Builder, Tensor, Weights
from nnctl.interop.onnx.layers.recurrent_loop import loop

# Activations that ONNX's recurrent operators have.
_NATIVE = {"sigmoid": "Sigmoid", "softplus": "Softplus", "softsign": "Softsign", "tanh": "Tanh"}


@dataclass(frozen=True)
class Padding:
    """Where the real steps of a masked sequence are.

    real: (batch, steps) bool. count: (batch,) int64, the real steps of each row. any: (batch, 1) bool, whether it has
    any. so_far: (batch, steps) int64, the real steps up to each step.
    """

    real: str
    count: str
    any: str
    so_far: str

    @classmethod
    def of(cls, b: Builder, mask: str) -> Padding:
        numbers = b.cast(mask, "INT64")
        count = b.add("ReduceSum", numbers, [1], keepdims=0)
        some = b.add("Unsqueeze", b.add("Greater", count, np.int64(0)), [1])
        return cls(mask, count, some, b.add("CumSum", numbers, np.int64(1)))

    def to_the_beginning(self, b: Builder, x: Tensor) -> str:
        """x (batch, steps, features) with its real steps first, in their order."""
        steps = b.cast(b.length(x.name, 1, x.shape[0]), "FLOAT")
        place = b.add("Sub", steps, b.cast(b.positions(x.name, 1, x.shape[0]), "FLOAT"))  # steps, ..., 2, 1
        key = b.add("Where", self.real, b.add("Add", place, steps), place)
        _, order = b.several("TopK", key, b.length(x.name, 1, x.shape[0]), outputs=2)
        return _steps_of(b, x.name, order)

    def to_their_steps(self, b: Builder, y: str) -> str:
        """The output of each real step at its place; a padded step has that of the real step before it."""
        last = b.add("Max", b.add("Sub", self.so_far, np.int64(1)), np.int64(0))
        return _steps_of(b, y, last)

    def seen(self, b: Builder) -> str:
        """(batch, steps, 1) float32: whether there has been a real step. Before the first one the output is 0."""
        return b.features_of_mask(b.add("Greater", self.so_far, np.int64(0)))


def _steps_of(b: Builder, x: str, order: str) -> str:
    """x[row, order[row, step]]."""
    return b.add("GatherND", x, b.add("Unsqueeze", order, [-1]), batch_dims=1)


def reverse(b: Builder, x: str) -> str:
    """x (batch, steps, ...) from the last step to the first."""
    return b.add("Slice", x, [-1], [np.iinfo(np.int64).min], [1], [-1])


def recurrent(b: Builder, layer: Any, w: Weights, xs: Sequence[Tensor]) -> list[str]:
    x, *starts = xs
    mask = x.mask
    if layer.go_backwards:
        x = Tensor(reverse(b, x.name), x.shape)
        mask = None if mask is None else reverse(b, mask)
    padding = None if mask is None else Padding.of(b, mask)
    begins = [start.name for start in starts]
    if native := _activations(layer):
        y, states = _operator(b, layer, w, x, begins, padding, native)
    else:
        y, states = loop(b, layer, w, x, begins, mask)
    if not layer.return_sequences:
        y = states[0]
        if padding is not None:
            y = b.add("Where", padding.any, y, 0.0)
    elif padding is not None:
        y = b.add("Mul", y, padding.seen(b))
    return [y, *states] if layer.return_state else [y]


def _activations(layer: Any) -> list[str] | None:
    """The layer's activations by ONNX's names, or None if it has others."""
    recurrent_one = getattr(layer, "recurrent_activation", layer.activation)
    kinds = [None if function is None else function.kind for function in (recurrent_one, layer.activation)]
    if any(kind not in _NATIVE for kind in kinds):
        return None
    outer, inner = (_NATIVE[kind] for kind in kinds if kind is not None)
    return {"LSTM": [outer, inner, inner], "GRU": [outer, inner], "SimpleRNN": [inner]}[layer.kind]


def _operator(b: Builder, layer: Any, w: Weights, x: Tensor, starts: Sequence[str], padding: Padding | None,
              functions: Sequence[str]) -> tuple[str, list[str]]:  # fmt: skip
    """The output of every step (batch, steps, units), and the last states, (batch, units) each."""
    sequence = x.name if padding is None else padding.to_the_beginning(b, x)
    lengths = None
    if padding is not None:  # a row of nothing but padding reads one step, whose states are not used
        lengths = b.add("Cast", b.add("Max", padding.count, np.int64(1)), to=b.onnx.TensorProto.INT32)
    kernel, recurrent_kernel, bias = _packed(layer, w)
    begins = [b.add("Unsqueeze", start, [0]) for start in starts]
    op, outputs, more = _OPERATORS[layer.kind]
    if layer.kind == "GRU":
        more = {"linear_before_reset": int(layer.reset_after)}
    y, *states = b.several(
        op, b.transpose(sequence, [1, 0, 2]), w.stored("kernel", kernel),
        w.stored("recurrent_kernel", recurrent_kernel), None if bias is None else w.stored("bias", bias), lengths,
        *begins, outputs=outputs, hidden_size=layer.units, activations=functions, **more,
    )  # fmt: skip
    states = [b.add("Squeeze", state, [0]) for state in states]
    y = b.transpose(b.add("Squeeze", y, [1]), [1, 0, 2])
    if padding is None:
        return y, states
    begins = list(starts) or [b.constant(np.zeros((1, 1), np.float32))] * len(states)
    states = [b.add("Where", padding.any, state, begin) for state, begin in zip(states, begins, strict=True)]
    return padding.to_their_steps(b, y), states


# The operator, its number of outputs, further attributes.
_OPERATORS: dict[str, tuple[str, int, dict[str, Any]]] = {
    "LSTM": ("LSTM", 3, {}),
    "GRU": ("GRU", 2, {}),
    "SimpleRNN": ("RNN", 2, {}),
}
# nnctl's order of the gates as ONNX's: i, f, c, o is i, o, f, c there; z, r, h is the same.
_ORDER = {"LSTM": (0, 3, 1, 2), "GRU": (0, 1, 2), "SimpleRNN": (0,)}


def _packed(layer: Any, w: Weights) -> tuple[Array, Array, Array | None]:
    """Kernels (1, gates * units, inputs) and biases (1, 2 * gates * units), of the inputs and of the state, in ONNX's
    order."""
    order, units = _ORDER[layer.kind], layer.units

    def gates(weight: Array) -> Array:
        """The last axis, in ONNX's order."""
        return np.concatenate([weight[..., gate * units : (gate + 1) * units] for gate in order], axis=-1)

    kernel, recurrent_kernel = (gates(w[name]).T[None] for name in ("kernel", "recurrent_kernel"))
    if not layer.use_bias:
        return kernel, recurrent_kernel, None
    bias = gates(w["bias"])
    of_inputs, of_state = bias if bias.ndim == 2 else (bias, np.zeros_like(bias))
    return kernel, recurrent_kernel, np.concatenate([of_inputs, of_state])[None]


def bidirectional(b: Builder, layer: Any, w: Weights, xs: Sequence[Tensor]) -> list[str]:
    results = []
    for inner, own, name in zip(layer.both, layer._inputs(xs), ("forward", "backward"), strict=True):
        b.scope, outer = f"{b.scope}/{name}", b.scope
        results.append(recurrent(b, inner, w.inside(name), own))
        b.scope = outer
    (ahead, *ahead_states), (back, *back_states) = results
    if layer.layer.return_sequences:
        back = reverse(b, back)
        if xs[0].mask is not None:
            real = b.features_of_mask(xs[0].mask)
            ahead, back = b.add("Mul", ahead, real), b.add("Mul", back, real)
    if layer.merge_mode is None:
        return [ahead, back, *ahead_states, *back_states]
    return [_merged(b, layer.merge_mode, ahead, back), *ahead_states, *back_states]


def _merged(b: Builder, mode: str, ahead: str, back: str) -> str:
    if mode == "concat":
        return b.add("Concat", ahead, back, axis=-1)
    if mode == "mul":
        return b.add("Mul", ahead, back)
    total = b.add("Add", ahead, back)
    return b.add("Mul", total, 0.5) if mode == "ave" else total


LAYERS = {
    "Bidirectional": bidirectional,
    "GRU": recurrent,
    "LSTM": recurrent,
    "SimpleRNN": recurrent,
}
