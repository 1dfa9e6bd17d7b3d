"""Dense, and layers of a formula for each number."""

from __future__ import annotations

from nnctl.interop.torch_code.activations import applied
from nnctl.interop.torch_code.python_text import call as code
from nnctl.interop.torch_code.python_text import literal


def dense(call):
    kernel, bias = call.weights["kernel"], call.weights.get("bias")
    linear = code("nn.Linear", *kernel.shape, bias=None if call.layer.use_bias else False)
    return call.result(f"{call.module(linear, {'weight': kernel.T, 'bias': bias})}({call.x()})")


def activation(call):
    return call.alike(applied(call.layer.function, call.same(), call.tensors[0].axis))


def rescaling(call):
    scale, offset = call.layer.scale, call.layer.offset
    more = f" {'-' if offset < 0 else '+'} {literal(abs(offset))}" if offset else ""
    return call.alike(f"{literal(scale)} * {call.same()}{more}")


LAYERS = {
    "Dense": dense,
    "Activation": activation,
    "ReLU": activation,
    "LeakyReLU": activation,
    "ELU": activation,
    "Softmax": activation,
    "Rescaling": rescaling,
}
