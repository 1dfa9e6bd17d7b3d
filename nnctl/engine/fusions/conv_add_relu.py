"""A convolution, the shortcut that is added to it, and relu: the end of a residual block as one step of the program.

Made by the program (engine/fusions/convolution.py), not written in configs. Compiled, a row of places is summed and cut off while it
is in the registers; without, one after the other.
"""

from functools import partial

import numpy as np

from nnctl.engine.fusions.conv_pool_relu import Ended
from nnctl.nn.layers.base import Layer, added
from nnctl.nn.layers.convolution import Convolution, window


class Summed(Ended):
    """y = relu(x * W + b + s), or without relu x * W + b + s, of two inputs: x, and s of y's shape.

    end: relu's layer, or None. wants_dx: whether anything before x is trained.
    """

    wants_dx: bool = True

    merges = True
    most = 2

    @staticmethod
    def fits(convolution: Layer) -> bool:
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
            return [super().backward(w, grads, saved, dy, call), dy]  # which leaves in dy what relu lets through
        of_convolution, of_end = rest
        if self.end:
            dy = self.end.backward({}, {}, of_end, dy, call)
        return [self.convolution.backward(w, grads, of_convolution, dy, call), dy]

    def _sum_compiled(self, compiled, w, x, shortcut, call):
        """Puts the compiled calls together: (what makes them, y, saved)."""
        of = self.convolution
        y = call.empty((len(x), *of.output_shape(x.shape[1:])))
        parts, rooms, *geometry = plan = of.plan(x, call)
        image, beside, out, kernel = of.image(x), of.image(shortcut), of.image(y), window(w["kernel"])
        bias = w["bias"] if of.use_bias else np.zeros(of.filters, x.dtype)  # with which relu comes
        given = [
            (image[rows], kernel, bias, beside[rows], out[rows], room, *geometry, int(self.end is not None))
            for rows, room in zip(parts, rooms, strict=True)
        ]
        run = partial(call.deal, lambda part: compiled.forward_summed(*given[part]), len(parts))
        if self.end:  # what backward sees: of a convolution that is ended, without a pooling
            return run, y, (compiled, plan, x, y, np.empty((len(x), 0, 0, 0), np.int32))
        return run, y, (compiled, (compiled, plan, x), None)  # of a convolution
