"""What the recurrent layers share: time, masks, states, dropout. A subclass has the formulas of one time step.

Arrays have time as their first axis. So the products of all steps' inputs are one matrix product, and so is each weight
gradient in backward; only the product of the state is computed step by step.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from nnctl.counted import counted
from nnctl.errors import ShapeError
from nnctl.nn.activations import ActivationName
from nnctl.nn.initializers import InitializerName
from nnctl.nn.layers.base import Array, Count, Layer, Rate, Weight, product, product_left, show
from nnctl.nn.layers.regularization import random_mask
from nnctl.nn.regularizers import RegularizerName

STEPS = 16  # assumed for `calls` where the number of steps varies


@dataclass
class Tape:
    """What a forward pass keeps for its backward pass; the first axis is time.

    x: (steps, rows, inputs), after dropout. states: (steps + 1, rows, units) each, from the initial state on.
    skip: (steps, rows, 1) True where a step is padding, or None. seen: (steps, rows, 1), whether a step without padding
    has occurred. x_keep, h_keep: dropout masks of the inputs and of the state h, or None.
    h: (steps, rows, units), the state as it entered the product of the step. more: for the subclass.
    """

    x: Array
    states: list[Array]
    skip: Array | None
    seen: Array | None
    x_keep: Array | None
    h_keep: Array | None
    h: Array | None = None
    starts: int = 0
    more: dict[str, Any] = field(default_factory=dict)


class Recurrent(Layer):
    """Base of the recurrent layers: x (rows, steps, inputs) -> the last output (rows, units), or with
    return_sequences that of every step (rows, steps, units).

    Further inputs are the initial states (0 without them); with return_state the last states are further outputs.
    go_backwards: from the last step to the first. A padded step keeps the states and repeats the last output. dropout,
    recurrent_dropout: rates for the input and for the state, each with one mask for all steps of a row.
    """

    units: Count
    activation: ActivationName = "tanh"
    use_bias: bool = True
    kernel_initializer: InitializerName = "glorot_uniform"
    recurrent_initializer: InitializerName = "orthogonal"
    bias_initializer: InitializerName = "zeros"
    kernel_regularizer: RegularizerName = None
    recurrent_regularizer: RegularizerName = None
    bias_regularizer: RegularizerName = None
    dropout: Rate = 0.0
    recurrent_dropout: Rate = 0.0
    return_sequences: bool = False
    return_state: bool = False
    go_backwards: bool = False

    merges = True
    fewest = 1
    gates: ClassVar[int]  # how many blocks of `units` columns the weights have
    states: ClassVar[tuple[str, ...]] = ("h",)

    def outer_activation(self):
        return None  # the step applies it

    # Shapes and weights

    def output_shape(self, shapes):
        shape, *starts = shapes
        if len(shape) != 2 or shape[-1] is None:
            raise ShapeError(
                f"{self.kind} takes time steps of features, got {show(shape)}",
                hint="put a Reshape before it: target_shape: [steps, features]; or an Embedding for token ids",
            )
        if starts and [tuple(start) for start in starts] != [(self.units,)] * len(self.states):
            wanted = " and ".join(f"{name} {show((self.units,))}" for name in self.states)
            raise ShapeError(
                f"{self.kind} starts from {wanted}, got {', '.join(show(start) for start in starts)}",
                hint=f"give it {counted(len(self.states), 'state')} of {counted(self.units, 'unit')}: "
                "initial_state: [...]",
            )
        return (shape[0], self.units) if self.return_sequences else (self.units,)

    def state_names(self):
        return self.states if self.return_state else ()

    def state_shapes(self, shapes):
        return ((self.units,),) * len(self.state_names())

    def output_mask(self, x, masks):
        return masks[0] if self.return_sequences else None

    def bias_shape(self):
        return (self.gates * self.units,)

    def bias_start(self):
        """The initializer of the bias."""
        return self.bias_initializer

    def weights(self, shapes):
        width = self.gates * self.units
        weights = {
            "kernel": Weight((shapes[0][-1], width), self.kernel_initializer, regularizer=self.kernel_regularizer),
            "recurrent_kernel": Weight((self.units, width), self.recurrent_initializer,
                                       regularizer=self.recurrent_regularizer),
        }  # fmt: skip
        if self.use_bias:
            weights["bias"] = Weight(self.bias_shape(), self.bias_start(), regularizer=self.bias_regularizer)
        return weights

    def calls(self, shapes):
        return 3 * (shapes[0][0] or STEPS)

    def multiply_adds(self, shapes):
        steps, inputs = shapes[0]
        return (steps or 1) * (inputs + self.units) * self.gates * self.units

    def scratch(self, shapes):
        steps, inputs = shapes[0]
        return (steps or 1) * (inputs + (self.gates + len(self.states) + 1) * self.units)

    # The formulas of a subclass

    def steps_forward(self, w, z, tape: Tape, call) -> None:
        """Fills in tape.states from z (steps, rows, gates * units), the products of the inputs, which it may keep."""
        raise NotImplementedError

    def steps_backward(self, w, grads, tape: Tape, dys, dstates, call) -> tuple[Array, list[Array]]:
        """The gradients of z and of the initial states from those of the outputs and of the last states. Writes the
        gradients of recurrent_kernel and bias."""
        raise NotImplementedError

    def compiled(self, gates, tape: Tape, call) -> Any:
        """The compiled loops over time (kernels/ops/recurrent_loops.py) where they compute this layer, or None."""
        return call.kernels.recurrent_loops if call.kernels and gates.usual and tape.h_keep is None else None

    # Time

    def forward(self, w, xs, call):
        x, *starts = xs
        rows, steps, inputs = x.shape
        mask = call.masks[0] if call.masks else None
        xt = call.empty((steps, rows, inputs))
        np.copyto(xt, self._in_order(x))
        x_keep = h_keep = None
        if call.training and self.dropout:
            x_keep = random_mask(call, self.dropout, inputs, rows, 0)
            xt *= x_keep
        if call.training and self.recurrent_dropout:
            h_keep = random_mask(call, self.recurrent_dropout, self.units, rows, 1)
        skip = None if mask is None else ~self._in_order(mask)[..., None]
        states = [call.empty((steps + 1, rows, self.units)) for _ in self.states]
        for i, state in enumerate(states):
            state[0] = starts[i] if starts else 0
        # before the first real step the output is 0, which a given initial state need not be
        seen = np.logical_or.accumulate(~skip, axis=0) if starts and skip is not None else None
        tape = Tape(xt, states, skip, seen, x_keep, h_keep, starts=len(starts))

        self.steps_forward(w, self.input_products(w, xt, call), tape, call)

        h = states[0]
        if self.return_sequences:
            y = call.empty((rows, steps, self.units))
            np.copyto(y, h[1:].transpose(1, 0, 2))
            if seen is not None:
                y *= seen.transpose(1, 0, 2)
        else:
            y = call.empty((rows, self.units))
            np.copyto(y, h[-1])
            if seen is not None:
                y *= seen[-1]
        if not self.return_state:
            return y, tape
        return [y, *(state[-1].copy() for state in states)], tape

    def input_products(self, w, xt, call):
        """x W for all steps: (steps, rows, gates * units)."""
        z = call.empty((*xt.shape[:2], self.gates * self.units))
        product(xt.reshape(-1, xt.shape[-1]), w["kernel"], z.reshape(-1, z.shape[-1]), call)
        return z

    def backward(self, w, grads, tape, dy, call):
        dy, *dlast = dy if self.return_state else [dy]
        steps, rows, inputs = tape.x.shape
        dys = None  # gradients of every step's output, time first
        dstates = [np.zeros((rows, self.units), tape.x.dtype) if given is None else given.copy()
                   for given in (dlast or [None] * len(self.states))]  # fmt: skip
        if dy is not None and self.return_sequences:
            dys = call.empty((steps, rows, self.units))
            np.copyto(dys, dy.transpose(1, 0, 2))
            if tape.seen is not None:
                dys *= tape.seen
        elif dy is not None:
            dstates[0] += dy if tape.seen is None else dy * tape.seen[-1]

        dz, dstarts = self.steps_backward(w, grads, tape, dys, dstates, call)

        flat = dz.reshape(-1, dz.shape[-1])
        if grads:
            product_left(tape.x.reshape(-1, inputs), flat, grads["kernel"], call)
        if not call.wants_dx:
            return [None] * (1 + tape.starts)
        dxt = call.empty(tape.x.shape)
        product(flat, np.ascontiguousarray(w["kernel"].T), dxt.reshape(-1, inputs), call)
        if tape.x_keep is not None:
            dxt *= tape.x_keep
        dx = call.empty((rows, steps, inputs))
        np.copyto(self._in_order(dx), dxt)
        return [dx, *dstarts[: tape.starts]]

    def _in_order(self, x):
        """(rows, steps, ...) as a view (steps, rows, ...), in the order in which the layer reads the steps."""
        x = x.swapaxes(0, 1)
        return x[::-1] if self.go_backwards else x


def dropped(h, keep, out):
    """The state as it enters the product of the step: h, or with dropout h * keep, written to out."""
    return h if keep is None else np.multiply(h, keep, out=out)


def padding(tape: Tape) -> Array:
    """(steps, rows) True where a step is padding, for the compiled loops; (0, 0) where none is."""
    return np.empty((0, 0), bool) if tape.skip is None else np.ascontiguousarray(tape.skip[..., 0])
