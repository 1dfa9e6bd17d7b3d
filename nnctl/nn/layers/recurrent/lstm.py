"""LSTM: a memory cell with gates that decide what is kept, written and read."""

import numpy as np

from nnctl.nn.activations import ActivationName
from nnctl.nn.layers.base import column_sums, layers, product_left
from nnctl.nn.layers.recurrent.base import Recurrent, dropped, padding
from nnctl.nn.layers.recurrent.gates import Gates


@layers.register("LSTM")
class LSTM(Recurrent):
    """Long short-term memory: reads a sequence step by step; gates decide what its cell keeps, writes and shows.

    With z = x W + h U + b, in the order i, f, c, o of its columns, and s the
    recurrent_activation:

        c <- s(z_f) c + s(z_i) tanh(z_c)      what is kept, and what is written
        h <- s(z_o) tanh(c)                   what is read: the output

    W (inputs, 4 units), U (units, 4 units), b (4 units); with unit_forget_bias the bias of f starts at 1.
    States: h, c. Source: Hochreiter and Schmidhuber 1997, Gers et al. 2000.
    """

    recurrent_activation: ActivationName = "sigmoid"
    unit_forget_bias: bool = True

    gates = 4
    states = ("h", "c")
    most = 3

    def bias_start(self):
        return ForgetBias(self.bias_initializer, self.units) if self.unit_forget_bias else self.bias_initializer

    def _gates(self):
        u = self.units
        return Gates(self.activation, self.recurrent_activation, inner=slice(2 * u, 3 * u),
                     outer=(slice(0, 2 * u), slice(3 * u, 4 * u)))  # fmt: skip

    def steps_forward(self, w, z, tape, call):
        hs, cs = tape.states
        gates = self._gates()
        u = self.units
        kernel = w["recurrent_kernel"]
        bias = w["bias"] if self.use_bias else np.zeros(4 * u, z.dtype)
        read = call.empty(cs[1:].shape)  # tanh(c)
        tape.more = {"z": z, "read": read, "before": None}
        if sequences := self.compiled(gates, tape, call):
            tape.h = hs[:-1]
            sequences.lstm_forward(z, kernel, bias, hs, cs, read, padding(tape))
            return
        z += bias
        rows = hs.shape[1]
        tape.h = call.empty(hs[1:].shape) if tape.h_keep is not None else hs[:-1]
        product, written = call.empty(z.shape[1:]), call.empty((rows, u))
        before = call.empty(z.shape) if gates.needs_input else None
        for t in range(len(z)):
            zt, c, h = z[t], cs[t + 1], hs[t + 1]
            zt += np.matmul(dropped(hs[t], tape.h_keep, tape.h[t]), kernel, out=product)
            if before is not None:
                before[t] = zt
            gates.apply(zt)
            np.multiply(zt[:, u : 2 * u], cs[t], out=c)
            c += np.multiply(zt[:, :u], zt[:, 2 * u : 3 * u], out=written)
            gates.inner_value(c, out=read[t])
            np.multiply(zt[:, 3 * u :], read[t], out=h)
            if tape.skip is not None:
                np.copyto(c, cs[t], where=tape.skip[t])
                np.copyto(h, hs[t], where=tape.skip[t])
        tape.more["before"] = before

    def steps_backward(self, w, grads, tape, dys, dstates, call):
        cs = tape.states[1]
        z, read = tape.more["z"], tape.more["read"]
        gates, u = self._gates(), self.units
        kernel = w["recurrent_kernel"]
        dh, dc = dstates
        back = np.ascontiguousarray(kernel.T)
        if sequences := self.compiled(gates, tape, call):
            every = np.empty((0, 0, 0), z.dtype) if dys is None else dys
            sequences.lstm_backward(z, back, cs, read, every, dh, dc, padding(tape))
            dz = z
        else:
            dz = call.empty(z.shape)
            self._steps_back(back, tape, gates, dys, dh, dc, dz, call)
        if grads:
            flat = dz.reshape(-1, 4 * u)
            product_left(tape.h.reshape(-1, u), flat, grads["recurrent_kernel"], call)
            if self.use_bias:
                column_sums(flat, out=grads["bias"])
        return dz, [dh, dc]

    def _steps_back(self, back, tape, gates, dys, dh, dc, dz, call):
        cs = tape.states[1]
        z, read, before = tape.more["z"], tape.more["read"], tape.more["before"]
        u = self.units
        dread, dc_in, dproduct = (call.empty(dh.shape) for _ in range(3))
        for t in reversed(range(len(z))):
            if dys is not None:
                dh += dys[t]
            zt, d = z[t], dz[t]
            i, f, g, o = (zt[:, k * u : (k + 1) * u] for k in range(4))
            np.multiply(dh, o, out=dread)
            np.multiply(dh, read[t], out=d[:, 3 * u :])
            np.add(dc, gates.inner_gradient(cs[t + 1], read[t], dread), out=dc_in)  # through what was read
            np.multiply(dc_in, g, out=d[:, :u])
            np.multiply(dc_in, cs[t], out=d[:, u : 2 * u])
            np.multiply(dc_in, i, out=d[:, 2 * u : 3 * u])
            gates.gradient(None if before is None else before[t], zt, d)
            real = True if tape.skip is None else ~tape.skip[t]
            if tape.skip is not None:  # a padded step passes the gradients of the states on unchanged
                np.copyto(d, 0, where=tape.skip[t])
            np.multiply(dc_in, f, out=dc, where=real)
            np.matmul(d, back, out=dproduct)
            if tape.h_keep is not None:
                dproduct *= tape.h_keep
            np.copyto(dh, dproduct, where=real)


class ForgetBias:
    """Sets the forget gate's quarter of an LSTM's bias to 1, and the rest by `initializer`."""

    def __init__(self, initializer, units: int):
        self.initializer, self.units = initializer, units

    def sample(self, shape, rng, fans=None):
        bias = self.initializer.sample(shape, rng, fans)
        bias[self.units : 2 * self.units] = 1
        return bias
