"""GRU: one state, with gates that decide how much of it is replaced, and how much of it the new value sees."""

import numpy as np

from nnctl.nn.activations import ActivationName
from nnctl.nn.layers.base import column_sums, layers, product_left
from nnctl.nn.layers.recurrent.base import Recurrent, dropped, padding
from nnctl.nn.layers.recurrent.gates import Gates


@layers.register("GRU")
class GRU(Recurrent):
    """Gated recurrent unit: reads a sequence step by step; gates decide what its state keeps and what it replaces.

    With the columns of x W + b and h U + b' in the order z, r, h, and s the
    recurrent_activation:

        z = s(x W_z + h U_z),  r = s(x W_r + h U_r)
        g = tanh(x W_h + r (h U_h))      with reset_after, the default;  otherwise tanh(x W_h + (r h) U_h)
        h <- z h + (1 - z) g             the output

    W (inputs, 3 units), U (units, 3 units); b (2, 3 units), for the inputs and for the state, or (3 units) without
    reset_after. State: h. Source: Cho et al. 2014.
    """

    recurrent_activation: ActivationName = "sigmoid"
    reset_after: bool = True

    gates = 3
    most = 2

    def bias_shape(self):
        return (2, 3 * self.units) if self.reset_after else (3 * self.units,)

    def _gates(self):
        u = self.units
        return Gates(self.activation, self.recurrent_activation, inner=slice(2 * u, 3 * u), outer=(slice(0, 2 * u),))

    def compiled(self, gates, tape, call):
        return super().compiled(gates, tape, call) if self.reset_after else None

    def steps_forward(self, w, z, tape, call):
        [hs] = tape.states
        gates, u = self._gates(), self.units
        kernel = w["recurrent_kernel"]
        both, last = kernel[:, : 2 * u], kernel[:, 2 * u :]
        bias = w["bias"] if self.use_bias else None
        if bias is not None:
            z += bias[0] if self.reset_after else bias
        tape.h = call.empty(hs[1:].shape) if tape.h_keep is not None else hs[:-1]
        shape = hs[1:].shape
        # what r is multiplied with: h U_h + b'_h, or h itself
        held = call.empty(shape)
        reset = None if self.reset_after else call.empty(shape)  # r h, the factor of U_h
        product = call.empty((shape[1], 3 * u if self.reset_after else 2 * u))
        before = call.empty(z.shape) if gates.needs_input else None
        tape.more = {"z": z, "held": held, "reset": reset, "before": before}
        if sequences := self.compiled(gates, tape, call):
            inner_bias = np.zeros(3 * u, z.dtype) if bias is None else bias[1]
            sequences.gru_forward(z, kernel, inner_bias, hs, held, product, padding(tape))
            return
        for t in range(len(z)):
            zt, h = z[t], hs[t + 1]
            old = dropped(hs[t], tape.h_keep, tape.h[t])
            if self.reset_after:
                np.matmul(old, kernel, out=product)
                if bias is not None:
                    product += bias[1]
                held[t] = product[:, 2 * u :]
            else:
                np.matmul(old, both, out=product)
                held[t] = old
            zt[:, : 2 * u] += product[:, : 2 * u]
            if before is not None:
                before[t, :, : 2 * u] = zt[:, : 2 * u]
            gates.apply_outer(zt)
            r = zt[:, u : 2 * u]
            if reset is None:
                zt[:, 2 * u :] += r * held[t]
            else:
                zt[:, 2 * u :] += np.multiply(r, held[t], out=reset[t]) @ last
            if before is not None:
                before[t, :, 2 * u :] = zt[:, 2 * u :]
            gates.apply_inner(zt)
            g = zt[:, 2 * u :]
            np.subtract(hs[t], g, out=h)  # z h + (1 - z) g = g + z (h - g)
            h *= zt[:, :u]
            h += g
            if tape.skip is not None:
                np.copyto(h, hs[t], where=tape.skip[t])

    def steps_backward(self, w, grads, tape, dys, dstates, call):
        [hs], [dh] = tape.states, dstates
        z, held, reset, before = (tape.more[name] for name in ("z", "held", "reset", "before"))
        gates, u = self._gates(), self.units
        kernel = w["recurrent_kernel"]
        back = np.ascontiguousarray(kernel.T)
        sequences = self.compiled(gates, tape, call)
        dz = z if sequences else call.empty(z.shape)  # of the inputs' products
        # of the state's: they differ in the last third, where r is a factor
        dp = call.empty(z.shape) if self.reset_after else dz
        if sequences:
            every = np.empty((0, 0, 0), z.dtype) if dys is None else dys
            sequences.gru_backward(z, back, hs, held, every, dh, dp, padding(tape))
        for t in reversed(range(0 if sequences else len(z))):
            if dys is not None:
                dh += dys[t]
            zt, d, old = z[t], dz[t], hs[t]
            update, r, g = (zt[:, k * u : (k + 1) * u] for k in range(3))
            np.multiply(dh, old - g, out=d[:, :u])
            np.multiply(dh, 1 - update, out=d[:, 2 * u :])
            gates.inner_columns_gradient(None if before is None else before[t], zt, d)
            dreset = d[:, 2 * u :] if self.reset_after else d[:, 2 * u :] @ back[2 * u :]  # of r * held
            np.multiply(dreset, held[t], out=d[:, u : 2 * u])
            gates.outer_columns_gradient(None if before is None else before[t], zt, d)
            if tape.skip is not None:
                np.copyto(d, 0, where=tape.skip[t])
                dreset = np.where(tape.skip[t], 0, dreset)
            if self.reset_after:
                dp[t, :, : 2 * u] = d[:, : 2 * u]
                np.multiply(dreset, r, out=dp[t, :, 2 * u :])
                dproduct = dp[t] @ back
            else:
                dproduct = d[:, : 2 * u] @ back[: 2 * u]
                dproduct += dreset * r
            if tape.h_keep is not None:
                dproduct *= tape.h_keep
            if tape.skip is None:
                dh *= update
                dh += dproduct
            else:
                np.copyto(dh, dh * update + dproduct, where=~tape.skip[t])
        if grads:
            self._weight_gradients(grads, tape, dz, dp, reset, call)
        return dz, [dh]

    def _weight_gradients(self, grads, tape, dz, dp, reset, call):
        u = self.units
        flat = dp.reshape(-1, 3 * u)
        h = tape.h.reshape(-1, u)
        if self.reset_after:
            product_left(h, flat, grads["recurrent_kernel"], call)
        else:
            grads["recurrent_kernel"][:, : 2 * u] = h.T @ flat[:, : 2 * u]
            grads["recurrent_kernel"][:, 2 * u :] = reset.reshape(-1, u).T @ flat[:, 2 * u :]
        if self.use_bias and self.reset_after:
            column_sums(dz.reshape(-1, 3 * u), out=grads["bias"][0])
            column_sums(flat, out=grads["bias"][1])
        elif self.use_bias:
            column_sums(flat, out=grads["bias"])
