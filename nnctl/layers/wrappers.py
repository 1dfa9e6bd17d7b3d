"""Layers around a layer."""

from collections.abc import Mapping
from dataclasses import replace

from nnctl.errors import ShapeError
from nnctl.layers.base import Array, Layer, Weight, layers, show
from nnctl.registry import one_of


class Inner:
    """The executor's call as an inner layer sees it: all as it is, but for random numbers of its own.

    stream: added to the inner layer's streams. steps: where the inner layer takes each time step as a row, how
    many there are; its random numbers then are those of the outer row, cut into steps.
    """

    def __init__(self, call, *, stream: int = 0, steps: int = 1):
        self._call, self._stream, self._steps = call, stream, steps
        self.batch_rows = call.batch_rows * steps
        self.masks = call.masks if steps == 1 else ()

    def __getattr__(self, name):
        return getattr(self._call, name)

    def random_bits(self, row_size: int, rows: int, stream: int = 0) -> Array:
        bits = self._call.random_bits(row_size * self._steps, rows // self._steps, self._stream + stream)
        return bits.reshape(rows, row_size)


def inner_weights(weights: Mapping[str, Array], name: str) -> dict[str, Array]:
    """The weights below a name: those of `forward/kernel` is `kernel`."""
    return {key.removeprefix(f"{name}/"): array for key, array in weights.items() if key.startswith(f"{name}/")}


def trained_as(layer: Layer, weights: Mapping[str, Weight]) -> dict[str, Weight]:
    """The inner layer's weights, none of them trained if the layer is not."""
    return {name: w if layer.trainable else replace(w, trainable=False) for name, w in weights.items()}


@layers.register("TimeDistributed")
class TimeDistributed(Layer):
    """Applies `layer` to each time step with the same weights: y[:, t] = layer(x[:, t]).

    x (rows, steps, ...), what follows being what the layer takes; each step counts as a row of its own.
    """

    layer: one_of(layers)

    passes_mask = True

    @property
    def whole_batch(self):
        return self.layer.whole_batch

    @property
    def keeps_output(self):
        return self.layer.keeps_output

    def outer_activation(self):
        return self.layer.outer_activation()

    def _inside(self, shape):
        """What the inner layer takes: one step, in a list if it takes lists."""
        return [shape[1:]] if self.layer.merges else shape[1:]

    def output_shape(self, shape):
        if len(shape) < 2:
            raise ShapeError(f"TimeDistributed takes time steps, got {show(shape)}", hint="put a Reshape before it")
        return (shape[0], *self.layer.output_shape(self._inside(shape)))

    def weights(self, shape):
        return trained_as(self.layer, self.layer.weights(self._inside(shape)))

    def forward(self, w, x, call):
        rows, steps = x.shape[:2]
        flat = x.reshape(rows * steps, *x.shape[2:])
        result = self.layer.forward(w, [flat] if self.layer.merges else flat, Inner(call, steps=steps))
        if self.layer.whole_batch:
            return self._whole(result, rows, steps)
        return self._in_steps(*result, rows, steps)

    def _in_steps(self, y, saved, rows, steps):
        return y.reshape(rows, steps, *y.shape[1:]), (saved, steps)

    def _whole(self, generator, rows, steps):
        result = yield from generator
        return self._in_steps(*result, rows, steps)

    def backward(self, w, grads, saved, dy, call):
        saved, steps = saved
        rows = len(dy)
        flat = dy.reshape(rows * steps, *dy.shape[2:])
        dx = self.layer.backward(w, grads, saved, flat, Inner(call, steps=steps))
        if self.layer.whole_batch:
            return self._whole_back(dx, rows, steps)
        return self._gradient(dx, rows, steps)

    def _gradient(self, dx, rows, steps):
        if self.layer.merges:
            [dx] = dx
        return None if dx is None else dx.reshape(rows, steps, *dx.shape[1:])

    def _whole_back(self, generator, rows, steps):
        dx = yield from generator
        return self._gradient(dx, rows, steps)

    def multiply_adds(self, shape):
        return (shape[0] or 1) * self.layer.multiply_adds(self._inside(shape))
