"""A convolution and what follows it (perhaps a max-pooling; bias and relu) as one step.

Made by a fusion (engine/fusions/convolution.py), never written in configs. Compiled, an image's places go through all
of it while they are in the cache, and those that the pooling drops are not computed at all; on NumPy, one after the
other.
"""

from functools import partial
from typing import Any

import numpy as np

from nnctl.engine.fusions.bias_activation import Epilogue
from nnctl.kernels.ops.convolution_arguments import Geometry, Gradients, Pooling
from nnctl.nn.layers.base import Layer
from nnctl.nn.layers.convolution import Convolution, add_parts, window
from nnctl.nn.layers.pooling import MaxPooling


class Ended(Layer):
    """y = relu(pool(x * W) + b), or relu(x * W + b) without a pooling."""

    convolution: Any
    pool: Any = None
    end: Any

    keeps_output = True

    @staticmethod
    def fits(convolution: Layer, pool: Layer | None, end: Layer) -> bool:
        """Whether there is a compiled form of all three together."""
        if not (isinstance(convolution, Convolution) and convolution.groups == 1):
            return False
        if not (isinstance(end, Epilogue) and end.function.is_plain_relu):
            return False
        return pool is None or (isinstance(pool, MaxPooling) and pool.cuts())

    def forward(self, w, x, call):
        if compiled := self.convolution.compiled(x, call):
            run, *result = call.prepared((x,), lambda: self._forward_compiled(compiled, w, x, call))
            run()
            return result
        y, of_convolution = self.convolution.forward(w, x, call)
        of_pool = None
        if self.pool is not None:
            y, of_pool = self.pool.forward(w, y, call)
        call.may_overwrite = self.pool is None  # a pooling reads its output again in backward
        y, of_end = self.end.forward(w, y, call)
        return y, (None, of_convolution, of_pool, of_end)

    def backward(self, w, grads, saved, dy, call):
        compiled, *rest = saved
        if compiled:
            dy = np.ascontiguousarray(dy)
            onto = self.convolution.onto(rest[1], call) if self.pool is None else None
            run, dx = call.prepared(
                (dy, *rest[1:], grads.get("kernel"), onto),
                lambda: self._backward_compiled(compiled, w, grads, dy, onto, call, *rest),
            )
            run()
            return dx
        of_convolution, of_pool, of_end = rest
        dy = self.end.backward(w, grads, of_end, dy, call)
        if self.pool is not None:
            dy = self.pool.backward(w, grads, of_pool, dy, call)
        return self.convolution.backward(w, grads, of_convolution, dy, call)

    def _sizes(self):
        """The pooling's window on two axes."""
        if self.pool is None:
            return 1, 1
        sizes, _ = self.pool.window()
        return (1, *sizes) if len(sizes) == 1 else sizes

    def _image(self, x):
        """x with two axes of places; a pooling needs them unmerged."""
        return self.convolution.image(x) if self.pool is None else x if x.ndim == 4 else x[:, None]

    def _forward_compiled(self, compiled, w, x, call):
        """Prepares the compiled calls: (a function that makes them, y, saved)."""
        shape = self.convolution.output_shape(x.shape[1:])
        if self.pool is not None:
            shape = self.pool.output_shape(shape)
        y = call.empty((len(x), *shape))
        high, wide = self._sizes()
        pooled = high * wide > 1
        image, out, kernel = self._image(x), self._image(y), window(w["kernel"])
        which = call.empty(out.shape if pooled else (len(x), 0, 0, 0), np.int32)
        parts, buffers, *geometry = plan = self.convolution.plan(x, call)
        places = call.empty((len(parts), *((high, shape[-2] * wide, shape[-1]) if pooled else (0, 0, 0))))
        given = [
            (
                image[rows],
                kernel,
                w["bias"],
                out[rows],
                buffers[part],
                Geometry(*geometry),
                Pooling((high, wide), which[rows], places[part]),
            )
            for part, rows in enumerate(parts)
        ]
        run = partial(call.deal, lambda part: compiled.forward_ended(*given[part]), len(parts))
        return run, y, (compiled, plan, x, y, which)

    def _backward_compiled(self, compiled, w, grads, dy, onto, call, plan, x, y, which):
        """Prepares the compiled calls: (a function that makes them, dx)."""
        parts, buffers, *geometry = plan
        dw, dbias = self.convolution.gradients_of_parts(grads, len(parts), call)
        dx = onto if onto is not None else call.empty(x.shape) if call.wants_dx else None
        into = np.empty((len(x), 0, 0, 0), x.dtype) if dx is None else self._image(dx)
        high, wide = self._sizes()
        image, out, dout = self._image(x), self._image(y), self._image(dy)
        _, tall, broad, filters = out.shape
        before_pool = call.empty(
            (len(parts), *((1, tall * high, broad * wide, filters) if high * wide > 1 else (0, 0, 0, 0)))
        )
        kernel = window(w["kernel"])
        given = [
            (image[rows], kernel, out[rows], dout[rows],
             Gradients(dw[part], dbias[part], into[rows], int(onto is not None)), buffers[part], Geometry(*geometry),
             Pooling((high, wide), which[rows], before_pool[part]))
            for part, rows in enumerate(parts)
        ]  # fmt: skip

        def run():
            call.deal(lambda part: compiled.backward_ended(*given[part]), len(parts))
            add_parts(dw, dbias)

        return run, dx
