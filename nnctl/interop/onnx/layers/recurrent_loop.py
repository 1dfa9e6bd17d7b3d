"""Recurrent layers as a loop: the formulas of one time step, for activations that ONNX's own operators lack."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from nnctl.interop.onnx.activations import activate
from nnctl.interop.onnx.builder import Builder, Tensor, Weights

# (builder of the body, layer, weights, the inputs' products at a step, the states) -> the new states
StepFormula = Callable[[Builder, Any, Weights, str, Sequence[str]], list[str]]


def loop(b: Builder, layer: Any, w: Weights, x: Tensor, starts: Sequence[str],
         mask: str | None) -> tuple[str, list[str]]:  # fmt: skip
    """The output of every step (batch, steps, units), and the last states, (batch, units) each."""
    products = b.add("MatMul", b.transpose(x.name, [1, 0, 2]), w.stored("kernel"))
    if layer.use_bias:
        bias = w["bias"]
        products = b.add("Add", products, w.stored("input_bias", bias[0] if bias.ndim == 2 else bias))
    begins = list(starts) or [_zeros(b, x.name, layer.units)] * len(layer.states)
    scanned = [products]
    if mask is not None:
        scanned.append(b.add("Unsqueeze", b.transpose(mask, [1, 0]), [-1]))
    body = _body(b, layer, w, mask is not None)
    *states, y = b.several("Scan", *begins, *scanned, outputs=len(begins) + 1, body=body, num_scan_inputs=len(scanned))
    return b.transpose(y, [1, 0, 2]), states


def _zeros(b: Builder, x: str, units: int) -> str:
    """(batch, units) zeros."""
    size = b.add("Concat", b.length(x, 0, None), [units], axis=0)
    return b.add("Expand", np.zeros((1, 1), np.float32), size)


def _body(b: Builder, layer: Any, w: Weights, masked: bool) -> Any:
    """The graph of one step: states and what is scanned -> new states and the output."""
    inner = b.body()
    helper, types = b.onnx.helper, b.onnx.TensorProto
    before = [b.unused(f"{b.scope}/{state}") for state in layer.states]
    z, real = b.unused(f"{b.scope}/products"), b.unused(f"{b.scope}/real")
    given = [helper.make_tensor_value_info(name, types.FLOAT, ["batch", layer.units]) for name in before]
    given.append(helper.make_tensor_value_info(z, types.FLOAT, ["batch", layer.gates * layer.units]))
    states = STEPS[layer.kind](inner, layer, w, z, before)
    if masked:
        given.append(helper.make_tensor_value_info(real, types.BOOL, ["batch", 1]))
        states = [inner.add("Where", real, new, old) for new, old in zip(states, before, strict=True)]
    results = [*(inner.add("Identity", state) for state in states), inner.add("Identity", states[0])]
    found = [helper.make_tensor_value_info(name, types.FLOAT, ["batch", layer.units]) for name in results]
    return helper.make_graph(inner.nodes, f"{b.scope}/step", given, found)


def _gate(b: Builder, function: Any, z: str, units: int, number: int) -> str:
    """A gate's block of columns, activated; None is linear."""
    block = b.add("Slice", z, [number * units], [(number + 1) * units], [1])
    return block if function is None else activate(b, function, block)


def _apply(b: Builder, function: Any, x: str) -> str:
    return x if function is None else activate(b, function, x)


def _lstm(b: Builder, layer: Any, w: Weights, z: str, states: Sequence[str]) -> list[str]:
    h, c = states
    z = b.add("Add", z, b.add("MatMul", h, w.stored("recurrent_kernel")))
    i, f, o = (_gate(b, layer.recurrent_activation, z, layer.units, number) for number in (0, 1, 3))
    written = _gate(b, layer.activation, z, layer.units, 2)
    c = b.add("Add", b.add("Mul", f, c), b.add("Mul", i, written))
    return [b.add("Mul", o, _apply(b, layer.activation, c)), c]


def _gru(b: Builder, layer: Any, w: Weights, z: str, states: Sequence[str]) -> list[str]:
    [h] = states
    u = layer.units
    kernel = w["recurrent_kernel"]
    held = b.add("MatMul", h, w.stored("recurrent_kernel", kernel if layer.reset_after else kernel[:, : 2 * u]))
    if layer.reset_after and layer.use_bias:
        held = b.add("Add", held, w.stored("state_bias", w["bias"][1]))
    outer = b.add("Add", b.add("Slice", z, [0], [2 * u], [1]), b.add("Slice", held, [0], [2 * u], [1]))
    update, r = (_gate(b, layer.recurrent_activation, outer, u, number) for number in (0, 1))
    if layer.reset_after:
        through = b.add("Mul", r, _gate(b, None, held, u, 2))
    else:
        through = b.add("MatMul", b.add("Mul", r, h), w.stored("state_kernel", kernel[:, 2 * u :]))
    g = _apply(b, layer.activation, b.add("Add", _gate(b, None, z, u, 2), through))
    return [b.add("Add", g, b.add("Mul", update, b.add("Sub", h, g)))]


def _simple(b: Builder, layer: Any, w: Weights, z: str, states: Sequence[str]) -> list[str]:
    product = b.add("MatMul", states[0], w.stored("recurrent_kernel"))
    return [_apply(b, layer.activation, b.add("Add", z, product))]


STEPS: Mapping[str, StepFormula] = {"GRU": _gru, "LSTM": _lstm, "SimpleRNN": _simple}
