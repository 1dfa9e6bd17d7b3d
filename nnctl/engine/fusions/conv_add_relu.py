"""A convolution, the shortcut that is added to it, and relu: the end of a residual block as one step.

Made by a fusion (engine/fusions/convolution.py), never written in configs. Compiled, the sum and relu are computed
while a row of places is in the registers; on NumPy, one after the other.
"""

from functools import partial

import numpy as np

from nnctl.engine.fusions.conv_pool_relu import Ended
from nnctl.nn.layers.base import Layer, added
from nnctl.nn.layers.convolution import Convolution, window


class Summed(Ended):
    """y = relu(x * W + b + s), or x * W + b + s without relu, of two inputs: x, and s of y's shape.

    end: the relu layer, or None. wants_dx: whether a weight before x is trained.
    """

    wants_dx: bool = True

    merges = True
    most = 2

    @staticmethod
    def can_sum(convolution: Layer) -> bool:
        """Whether there is a compiled form."""
        return isinstance(convolution, Convolution) and convolution.groups == 1

    def forward(self, w, xs, call):
        x, shortcut = xs
        compiled = self.convolution.compiled(x, call)
        if compiled and shortcut.flags.c_contiguous:
            run, *result = call.prepared((x, shortcut), lambda: self._sum_compiled(compiled, w, x, shortcut, call))
            run()
            return result
        y, of_convolution = self.convolution.forward(w, x, call)
        added(y, shortcut, y, call)
        of_end = None
        if self.end:
            call.may_overwrite = True
            y, of_end = self.end.forward({}, y, call)
        return y, (None, of_convolution, of_end)

    def backward(self, w, grads, saved, dy, call):
        call.wants_dx = self.wants_dx
        compiled, *rest = saved
        if compiled and self.end:
            dy = np.ascontiguousarray(dy)
            return [super().backward(w, grads, saved, dy, call), dy]  # which leaves relu's gradient in dy
        of_convolution, of_end = rest
        if self.end:
            dy = self.end.backward({}, {}, of_end, dy, call)
        return [self.convolution.backward(w, grads, of_convolution, dy, call), dy]

    def _sum_compiled(self, compiled, w, x, shortcut, call):
        """Prepares the compiled calls: (a function that makes them, y, saved)."""
        of = self.convolution
        y = call.empty((len(x), *of.output_shape(x.shape[1:])))
        parts, buffers, *geometry = plan = of.plan(x, call)
        image, beside, out, kernel = of.image(x), of.image(shortcut), of.image(y), window(w["kernel"])
        bias = (
            w["bias"] if of.use_bias else np.zeros(of.filters, x.dtype)
        )  # the kernel applies relu together with the bias
        given = [
            (image[rows], kernel, bias, beside[rows], out[rows], buffer, *geometry, int(self.end is not None))
            for rows, buffer in zip(parts, buffers, strict=True)
        ]
        run = partial(call.deal, lambda part: compiled.forward_summed(*given[part]), len(parts))
        if self.end:  # as Ended saves it, without a pooling
            return run, y, (compiled, plan, x, y, np.empty((len(x), 0, 0, 0), np.int32))
        return run, y, (compiled, (compiled, plan, x), None)  # as Convolution saves it
