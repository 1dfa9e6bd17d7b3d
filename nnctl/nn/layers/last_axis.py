"""Layers that normalize the last axis."""

from nnctl.errors import ShapeError
from nnctl.nn.layers.base import Layer, show


class LastAxis(Layer):
    """Base of these layers: the last axis has a fixed size, and the output has the shape of the input."""

    axis: int = -1

    passes_mask = True

    def output_shape(self, shape):
        axis = self.axis if self.axis < 0 else self.axis - 1  # Keras counts the batch axis
        if not shape or axis not in (-1, len(shape) - 1):
            raise ShapeError(
                f"{self.kind} normalizes the last axis of {show(shape)} only", hint="leave `axis` out, or use -1"
            )
        if shape[-1] is None:
            raise ShapeError(f"{self.kind} needs a last axis of fixed size, got {show(shape)}")
        return shape
