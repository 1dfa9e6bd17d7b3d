"""Layers around a layer."""

from collections.abc import Mapping

from nnctl.layers.base import Array


class Inner:
    """The executor's call as an inner layer sees it: all as it is, but for random numbers of its own.

    stream: added to the inner layer's streams. steps: where the inner layer takes each time step as a row, how
    many there are; its random numbers then are those of the outer row, cut into steps.
    """

    def __init__(self, call, *, stream: int = 0, steps: int = 1):
        self._call, self._stream, self._steps = call, stream, steps
        self.batch_rows = call.batch_rows * steps
        self.masks = call.masks if steps == 1 else ()

    def __getattr__(self, name):
        return getattr(self._call, name)

    def random_bits(self, row_size: int, rows: int, stream: int = 0) -> Array:
        bits = self._call.random_bits(row_size * self._steps, rows // self._steps, self._stream + stream)
        return bits.reshape(rows, row_size)


def inner_weights(weights: Mapping[str, Array], name: str) -> dict[str, Array]:
    """The weights below a name: those of `forward/kernel` is `kernel`."""
    return {key.removeprefix(f"{name}/"): array for key, array in weights.items() if key.startswith(f"{name}/")}
