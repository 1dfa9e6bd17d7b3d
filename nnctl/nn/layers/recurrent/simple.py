"""SimpleRNN: the plain recurrent step, for teaching and as a baseline."""

import numpy as np

from nnctl.nn.activations import activations
from nnctl.nn.layers.base import column_sums, layers
from nnctl.nn.layers.recurrent.base import Recurrent, dropped


@layers.register("SimpleRNN")
class SimpleRNN(Recurrent):
    """Recurrent layer: h <- activation(x W + h U + b); the output is h.

    W (inputs, units), U (units, units), b (units). State: h. Source: Elman 1990.
    """

    gates = 1
    most = 2

    def steps_forward(self, w, z, tape, call):
        [hs] = tape.states
        function = self.activation or activations.build("linear")
        kernel = w["recurrent_kernel"]
        if self.use_bias:
            z += w["bias"]
        tape.h = call.empty(hs[1:].shape) if tape.h_keep is not None else hs[:-1]
        product = call.empty(z.shape[1:])
        for t in range(len(z)):
            z[t] += np.matmul(dropped(hs[t], tape.h_keep, tape.h[t]), kernel, out=product)
            hs[t + 1] = function.value(z[t])
            if tape.skip is not None:
                np.copyto(hs[t + 1], hs[t], where=tape.skip[t])
        tape.more = {"z": z}

    def steps_backward(self, w, grads, tape, dys, dstates, call):
        [hs], [dh] = tape.states, dstates
        z = tape.more["z"]
        function = self.activation or activations.build("linear")
        back = np.ascontiguousarray(w["recurrent_kernel"].T)
        dz = call.empty(z.shape)
        for t in reversed(range(len(z))):
            if dys is not None:
                dh += dys[t]
            dz[t] = function.gradient(z[t] if function.needs_input else None, hs[t + 1], dh)
            if tape.skip is not None:
                np.copyto(dz[t], 0, where=tape.skip[t])
            dproduct = dz[t] @ back
            if tape.h_keep is not None:
                dproduct *= tape.h_keep
            np.copyto(dh, dproduct, where=True if tape.skip is None else ~tape.skip[t])
        if grads:
            flat = dz.reshape(-1, self.units)
            np.matmul(tape.h.reshape(flat.shape).T, flat, out=grads["recurrent_kernel"])
            if self.use_bias:
                column_sums(flat, out=grads["bias"])
        return dz, [dh]
