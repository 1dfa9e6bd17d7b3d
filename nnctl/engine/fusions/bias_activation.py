"""The end of a layer as a step of its own: its bias and its activation in one pass over the output.

Made by a fusion (engine/fusions/activation.py), never written in configs. A max-pooling may come between the product
and this step, because max(x + b) = max(x) + b: then bias and activation are computed for a fraction of the numbers.
"""

from functools import cached_property
from typing import Any

from nnctl.nn.activations import Activation
from nnctl.nn.layers.activation import Applies, blocks
from nnctl.nn.layers.base import Layer, column_sums


class Epilogue(Applies):
    """y = f(x + b), x (..., units), b (units), f any activation whose gradient is a function of y."""

    activation: Any

    @cached_property
    def function(self) -> Activation:
        return self.activation

    @staticmethod
    def fits(layer: Layer, function: Activation) -> bool:
        """Whether a layer's bias can be added together with its activation."""
        return layer.bias_may_wait and getattr(layer, "use_bias", False) and not function.needs_input

    def forward(self, w, x, call):
        bias, function = w["bias"], self.function
        y = x if call.may_overwrite else call.empty(x.shape)
        if self._compiled(call, x):
            if y is x:
                call.kernels.bias_relu.relu_in_place(_rows(y), bias)
            else:
                call.kernels.bias_relu.relu_forward(_rows(x), bias, _rows(y))
            return y, (None, y)
        for rows in blocks(x):
            y[rows] = function.value(x[rows] + bias)
        return y, (None, y)

    def backward(self, w, grads, saved, dy, call):
        _, y = saved
        if self._compiled(call, dy):
            dbias = grads["bias"] if grads else call.empty(w["bias"].shape)
            call.kernels.bias_relu.relu_backward(_rows(y), _rows(dy), dbias)
            return dy
        dx = super().backward(w, grads, saved, dy, call)
        if grads:
            column_sums(_rows(dx), out=grads["bias"])
        return dx

    def _compiled(self, call, x) -> bool:
        return bool(call.kernels) and self.function.is_plain_relu and x.flags.c_contiguous


def _rows(x):
    return x.reshape(-1, x.shape[-1])
