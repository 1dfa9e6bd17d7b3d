"""Dense: every output depends on every input."""

import numpy as np

from nnctl.errors import ShapeError
from nnctl.nn.activations import ActivationName
from nnctl.nn.initializers import InitializerName
from nnctl.nn.layers.base import Count, Layer, Weight, column_sums, layers
from nnctl.nn.regularizers import RegularizerName

# The longest side of a compiled product.
COMPILED = 2048


@layers.register("Dense")
class Dense(Layer):
    """Fully connected layer: y = activation(x W + b).

    x (..., inputs), W (inputs, units), b (units), y (..., units). Only the last axis changes, so the same weights apply
    at each step of a sequence (steps, features).
    """

    units: Count
    activation: ActivationName = None
    use_bias: bool = True
    kernel_initializer: InitializerName = "glorot_uniform"
    bias_initializer: InitializerName = "zeros"
    kernel_regularizer: RegularizerName = None
    bias_regularizer: RegularizerName = None

    passes_mask = True
    bias_may_wait = True

    def output_shape(self, shape):
        if not shape or shape[-1] is None:
            raise ShapeError(
                "Dense needs an input whose last axis has a fixed size", hint="put a Flatten or Reshape before it"
            )
        return (*shape[:-1], self.units)

    def weights(self, shape):
        weights = {
            "kernel": Weight((shape[-1], self.units), self.kernel_initializer, regularizer=self.kernel_regularizer)
        }
        if self.use_bias:
            weights["bias"] = Weight((self.units,), self.bias_initializer, regularizer=self.bias_regularizer)
        return weights

    def forward(self, w, x, call):
        y = call.empty((*x.shape[:-1], self.units))
        # a stack of matrices is one matrix of all their rows: one product instead of many
        rows, out = (x, y) if x.ndim == 2 else (x.reshape(-1, x.shape[-1]), y.reshape(-1, self.units))
        if self._compiled(rows, call):
            bias = w["bias"] if self.use_bias else np.empty(0, x.dtype)
            call.kernels.dense.forward(rows, w["kernel"], bias, out)
            return y, x
        np.matmul(rows, w["kernel"], out=out)
        if self.use_bias:
            out += w["bias"]
        return y, x

    def _compiled(self, rows, call):
        """Whether the compiled products are as fast as BLAS, which is better for larger ones."""
        return call.kernels and rows.flags.c_contiguous and max(*rows.shape, self.units) <= COMPILED

    def backward(self, w, grads, x, dy, call):
        rows, drows = (x, dy) if x.ndim == 2 else (x.reshape(-1, x.shape[-1]), dy.reshape(-1, self.units))
        if self._compiled(rows, call) and drows.flags.c_contiguous:
            none = np.empty(0, x.dtype)
            dx = call.empty(x.shape) if call.wants_dx else None
            call.kernels.dense.backward(
                rows, w["kernel"], drows, grads["kernel"] if grads else none.reshape(0, 0),
                grads["bias"] if grads and self.use_bias else none,
                none.reshape(0, 0) if dx is None else dx.reshape(rows.shape),
            )  # fmt: skip
            return dx
        if grads:
            np.matmul(rows.T, drows, out=grads["kernel"])  # (inputs, rows) (rows, units)
            if self.use_bias:
                column_sums(drows, out=grads["bias"])
        if not call.wants_dx:
            return None
        dx = call.empty(x.shape)
        np.matmul(drows, w["kernel"].T, out=dx if x.ndim == 2 else dx.reshape(rows.shape))
        return dx

    def multiply_adds(self, shape):
        positions = int(np.prod([n or 1 for n in shape[:-1]], dtype=np.int64))
        return positions * shape[-1] * self.units
