"""Layers around a layer."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property

import numpy as np

from nnctl.components.fast_checks import field_validator
from nnctl.errors import ShapeError
from nnctl.nn.layers.base import Array, Layer, LayerName, Weight, layers, show


class Inner:
    """The executor's call as an inner layer sees it: the same, except for random numbers of its own.

    stream: added to the inner layer's streams.
    """

    onto = None  # the gradient that the wrapper's input has from other uses is not for the inner layer

    def __init__(self, call, *, stream: int = 0):
        self._call, self._stream = call, stream

    def __getattr__(self, name):
        return getattr(self._call, name)

    def random_bits(self, row_size: int, rows: int, stream: int = 0) -> Array:
        return self._call.random_bits(row_size, rows, self._stream + stream)


class EveryStep(Inner):
    """The call of an inner layer that takes each of `steps` time steps as a row. Its random numbers are those of the
    outer row, split by step. No row counts as padding: the outputs of padded steps are masked later."""

    masks = ()

    def __init__(self, call, steps: int):
        super().__init__(call)
        self._steps = steps
        self.batch_rows = call.batch_rows * steps

    def random_bits(self, row_size: int, rows: int, stream: int = 0) -> Array:
        bits = self._call.random_bits(row_size * self._steps, rows // self._steps, stream)
        return bits.reshape(rows, row_size)


class OneStep(Inner):
    """The call of an inner layer that takes only time step `step` of `steps`."""

    def __init__(self, call, step: int, steps: int):
        super().__init__(call)
        self._step, self._steps = step, steps
        self.masks = [m if m is None or m.ndim < 2 else m[:, step] for m in call.masks]

    def random_bits(self, row_size: int, rows: int, stream: int = 0) -> Array:
        bits = self._call.random_bits(row_size * self._steps, rows, stream)
        return bits.reshape(rows, self._steps, row_size)[:, self._step]


def inner_weights(weights: Mapping[str, Array], name: str) -> dict[str, Array]:
    """The weights below a name: those of `forward/kernel` is `kernel`."""
    return {key.removeprefix(f"{name}/"): array for key, array in weights.items() if key.startswith(f"{name}/")}


def trained_as(layer: Layer, weights: Mapping[str, Weight]) -> dict[str, Weight]:
    """The inner layer's weights, none of them trained if the layer is not."""
    return {name: w if layer.trainable else replace(w, trainable=False) for name, w in weights.items()}


@layers.register("TimeDistributed")
class TimeDistributed(Layer):
    """Applies `layer` to each time step with the same weights: y[:, t] = layer(x[:, t]).

    x (rows, steps, ...): the layer takes what follows the steps. A layer that looks at the whole batch, such as
    BatchNormalization, sees one time step of the batch at a time.
    """

    layer: LayerName

    passes_mask = True

    @field_validator("layer")
    @classmethod
    def _one_to_one(cls, value):
        if not value.takes(1):
            raise ValueError(f"{value.kind} takes {value.taken()}, but each time step is one tensor")
        if value.state_names():
            raise ValueError(f"{value.kind} gives several tensors: remove return_state, or set merge_mode")
        return value

    @cached_property
    def inner(self):
        """The layer within, frozen if this one is."""
        return self.layer if self.trainable else self.layer.model_copy(update={"trainable": False})

    @property
    def whole_batch(self):
        return self.layer.whole_batch

    @property
    def keeps_output(self):
        return self.layer.keeps_output

    def outer_activation(self):
        return self.layer.outer_activation()

    def _given(self, x):
        """What the inner layer takes: a list if it takes lists."""
        return [x] if self.layer.merges else x

    def output_shape(self, shape):
        if len(shape) < 2:
            raise ShapeError(f"TimeDistributed takes time steps, got {show(shape)}", hint="put a Reshape before it")
        return (shape[0], *self.layer.output_shape(self._given(shape[1:])))

    def weights(self, shape):
        return trained_as(self.layer, self.layer.weights(self._given(shape[1:])))

    def forward(self, w, x, call):
        if self.whole_batch:
            return self._steps_forward(w, x, call)
        rows, steps = x.shape[:2]
        flat = x.reshape(rows * steps, *x.shape[2:])
        y, saved = self.inner.forward(w, self._given(flat), EveryStep(call, steps))
        return y.reshape(rows, steps, *y.shape[1:]), saved

    def _steps_forward(self, w, x, call):
        steps = x.shape[1]
        ys, saved = [], []
        for t in range(steps):
            y, kept = yield from self.inner.forward(w, self._given(x[:, t]), OneStep(call, t, steps))
            ys.append(y)
            saved.append(kept)
        return np.stack(ys, axis=1, out=call.empty((len(x), steps, *ys[0].shape[1:]))), saved

    def backward(self, w, grads, saved, dy, call):
        if self.whole_batch:
            return self._steps_backward(w, grads, saved, dy, call)
        rows, steps = dy.shape[:2]
        dx = self.inner.backward(w, grads, saved, dy.reshape(rows * steps, *dy.shape[2:]), EveryStep(call, steps))
        dx = dx[0] if self.layer.merges else dx
        return None if dx is None else dx.reshape(rows, steps, *dx.shape[1:])

    def _steps_backward(self, w, grads, saved, dy, call):
        sums = {name: np.zeros_like(gradient) for name, gradient in grads.items()}
        dxs = []
        for t, kept in enumerate(saved):
            dx = yield from self.inner.backward(w, grads, kept, dy[:, t].copy(), OneStep(call, t, len(saved)))
            dxs.append(dx[0] if self.layer.merges else dx)
            for name, gradient in grads.items():
                sums[name] += gradient
        for name, total in sums.items():
            grads[name][...] = total
        return np.stack(dxs, axis=1) if call.wants_dx else None

    def multiply_adds(self, shape):
        return (shape[0] or 1) * self.layer.multiply_adds(self._given(shape[1:]))
