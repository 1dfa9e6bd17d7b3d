"""Bidirectional: one recurrent layer reads the sequence forwards, another backwards."""

from typing import Any, Literal

import numpy as np

from nnctl.components.fast_checks import Field, field_validator
from nnctl.nn.layers.base import Array, Layer, LayerName, OptionalLayerName, layers
from nnctl.nn.layers.recurrent.base import Recurrent
from nnctl.nn.layers.wrappers import Inner, inner_weights, trained_as


@layers.register("Bidirectional")
class Bidirectional(Layer):
    """Runs `layer` over the sequence, and a copy of it (or backward_layer) over the reversed sequence.

    merge_mode: how the two outputs become one: concat (units side by side), sum, mul, ave; or null: the forward output,
    with the backward one as the further output `backward`. With return_sequences the outputs belong to the same step,
    and are 0 where it is padding. Initial states and states: those of the forward layer, then those of the backward
    layer.
    Source: Schuster and Paliwal 1997.
    """

    layer: LayerName
    merge_mode: Literal["concat", "sum", "mul", "ave"] | None = "concat"
    backward_layer: OptionalLayerName = Field(default=None)

    merges = True
    fewest = 1

    @field_validator("layer", "backward_layer")
    @classmethod
    def _recurrent(cls, value: Any) -> Any:
        if value is not None and not isinstance(value, Recurrent):
            raise ValueError(f"{value.kind} is not a recurrent layer: use LSTM, GRU or SimpleRNN")
        return value

    @property
    def both(self) -> tuple[Recurrent, Recurrent]:
        """The forward and the backward layer."""
        reversed_order = {"go_backwards": not self.layer.go_backwards}
        return self.layer, self.backward_layer or self.layer.model_copy(update=reversed_order)

    @property
    def most(self):
        return 1 + 2 * len(self.layer.states)

    def _inputs(self, items):
        """The inputs of each of the two: the sequence, and its half of the initial states."""
        x, *starts = items
        half = len(starts) // 2
        return [x, *starts[:half]], [x, *starts[half:]]

    def output_shape(self, shapes):
        ahead, back = (layer.output_shape(own) for layer, own in zip(self.both, self._inputs(shapes), strict=True))
        return (*ahead[:-1], ahead[-1] + back[-1]) if self.merge_mode == "concat" else ahead

    def state_names(self):
        names = () if self.merge_mode else ("backward",)
        states = self.layer.state_names()
        return (*names, *(f"forward_{name}" for name in states), *(f"backward_{name}" for name in states))

    def state_shapes(self, shapes):
        ahead, back = self.both
        own = self._inputs(shapes)
        outputs = () if self.merge_mode else (back.output_shape(own[1]),)
        return (*outputs, *ahead.state_shapes(own[0]), *back.state_shapes(own[1]))

    def output_mask(self, x, masks):
        return self.layer.output_mask(x, masks)

    def weights(self, shapes):
        both = zip(self.both, self._inputs(shapes), strict=True)
        ahead, back = (trained_as(layer, layer.weights(own)) for layer, own in both)
        return {f"forward/{k}": v for k, v in ahead.items()} | {f"backward/{k}": v for k, v in back.items()}

    def forward(self, w, xs, call):
        results = [
            layer.forward(inner_weights(w, name), own, Inner(call, stream=stream))
            for layer, own, name, stream in zip(
                self.both, self._inputs(xs), ("forward", "backward"), (0, 2), strict=True
            )
        ]
        (ahead, *ahead_states), (back, *back_states) = (y if self.layer.return_state else [y] for y, _ in results)
        back = self._by_step(back)
        real = None
        if self.layer.return_sequences and call.masks and call.masks[0] is not None:
            real = call.masks[0][..., None]  # one would repeat its last output, while the other is still at 0
            ahead *= real
            back = back * real
        y = self._merged(ahead, back, call)
        saved = [tape for _, tape in results], (ahead, back), real
        further = [] if self.merge_mode else [back]
        states = [*further, *ahead_states, *back_states]
        return ([y, *states] if states else y), saved

    def backward(self, w, grads, saved, dy, call):
        tapes, (ahead, back), real = saved
        dy, *dstates = dy if self.state_names() else [dy]
        if self.merge_mode:
            dys = [None, None] if dy is None else self._split(dy, ahead, back, call)
        else:
            dys = [dy, dstates.pop(0)]
        if real is not None:
            dys = [None if d is None else d * real for d in dys]
        dys[1] = None if dys[1] is None else self._by_step(dys[1])
        half = len(dstates) // 2
        given = [[dys[0], *dstates[:half]], [dys[1], *dstates[half:]]]
        dxs: list[list[Array] | None] = []
        for layer, name, tape, d in zip(self.both, ("forward", "backward"), tapes, given, strict=True):
            if all(part is None for part in d):
                dxs.append(None)
                for gradient in inner_weights(grads, name).values():
                    gradient.fill(0)
                continue
            d = d if layer.return_state else d[0]
            dxs.append(layer.backward(inner_weights(w, name), inner_weights(grads, name), tape, d, call))
        parts = [part for part in dxs if part is not None]
        dx = parts[0][0]
        if len(parts) == 2 and dx is not None:
            dx += parts[1][0]
        starts = tapes[0].starts
        return [dx, *(d for part in dxs for d in (part[1:] if part else [None] * starts))]

    def _by_step(self, y):
        """The backward layer's outputs in the order of the steps."""
        return y[:, ::-1] if self.layer.return_sequences else y

    def _merged(self, ahead, back, call):
        if self.merge_mode is None:
            return ahead
        if self.merge_mode == "concat":
            y = call.empty((*ahead.shape[:-1], ahead.shape[-1] + back.shape[-1]))
            return np.concatenate((ahead, back), axis=-1, out=y)
        y = call.empty(ahead.shape)
        if self.merge_mode == "mul":
            return np.multiply(ahead, back, out=y)
        np.add(ahead, back, out=y)
        if self.merge_mode == "ave":
            y *= 0.5
        return y

    def _split(self, dy, ahead, back, call):
        """The gradients of the two outputs from that of the merged one."""
        if self.merge_mode == "concat":
            units = ahead.shape[-1]
            return [dy[..., :units], dy[..., units:]]
        if self.merge_mode == "mul":
            return [dy * back, dy * ahead]
        if self.merge_mode == "ave":
            dy = dy * 0.5
        return [dy, dy.copy()]

    def calls(self, shapes):
        return sum(layer.calls(own) for layer, own in zip(self.both, self._inputs(shapes), strict=True))

    def multiply_adds(self, shapes):
        return sum(layer.multiply_adds(own) for layer, own in zip(self.both, self._inputs(shapes), strict=True))

    def scratch(self, shapes):
        return sum(layer.scratch(own) for layer, own in zip(self.both, self._inputs(shapes), strict=True))
