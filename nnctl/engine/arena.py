"""Arenas: the memory of one shard's pass, taken once and used again at every step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nnctl import aligned
from nnctl.engine.profile import Clock

Array = np.ndarray


class ShardCall:
    """What layers ask of the executor during one pass of one shard (see `layers.base.Call`).

    The same layers ask for the same arrays in the same order at every step, so the arena is a list of them;
    a request that finds another shape at its place (the last, smaller batch) replaces it.
    """

    def __init__(self, seed: int, dtype: Any, *, training: bool):
        self.dtype = np.dtype(dtype)
        self.training = training
        self.shard = 0
        self.batch_rows = 0
        self.wants_dx = True
        self.may_overwrite = False
        self.masks: Sequence[Array | None] = ()
        self.kernels: Any = None  # compiled twins of what NumPy does in many passes (see nnctl.kernels), or None
        self.clock: Clock | None = None  # takes the time of each step, where that is asked for
        self._seed, self._key = seed, (seed % 2**64, seed >> 64)
        self._arrays: list[Array] = []
        self._next = 0
        self._step = self._number = self._first_row = 0

    def begin(self, *, shard: int, first_row: int, batch_rows: int, step: int) -> None:
        """A new pass: every array handed out before may now be overwritten."""
        self.shard, self.batch_rows = shard, batch_rows
        self._first_row, self._step, self._next = first_row, step, 0

    def enter(self, number: int, wants_dx: bool, may_overwrite: bool, masks: Sequence[Array | None] = ()) -> None:
        """The layer of that number is called next, on inputs with these masks."""
        self._number, self.wants_dx, self.may_overwrite, self.masks = number, wants_dx, may_overwrite, masks

    def empty(self, shape: tuple[int, ...], dtype: Any = None) -> Array:
        if not self.training:  # nothing is kept for backward: plain arrays are freed as soon as they are used
            return np.empty(shape, dtype or self.dtype)
        place = self._next
        self._next = place + 1
        if place < len(self._arrays):
            array = self._arrays[place]
            if array.shape == shape and (dtype is None or array.dtype == dtype):
                return array
            self._arrays[place] = aligned.empty(shape, dtype or self.dtype)
        else:
            self._arrays.append(aligned.empty(shape, dtype or self.dtype))
        return self._arrays[place]

    def random_bits(self, row_size: int, rows: int, stream: int = 0) -> Array:
        # Philox is a function of (key, counter): any row's numbers can be had without those before it.
        # One count gives 4 x 64 bits, 16 numbers; the step, the layer and the stream keep the
        # counters apart.
        per_row = -(-row_size // 16)
        counter = [self._first_row * per_row, stream, self._step, self._number]
        if self.kernels:
            raw = np.empty(rows * per_row * 4, np.uint64)
            self.kernels.random.philox(np.array([*counter, *self._key], np.uint64), raw)
        else:
            generator = np.random.Philox(key=self._seed, counter=np.array(counter, np.uint64))
            raw = generator.random_raw(rows * per_row * 4)
        return raw.view(np.uint16).reshape(rows, per_row * 16)[:, :row_size]

    @property
    def bytes(self) -> int:
        """Memory held."""
        return sum(array.nbytes for array in self._arrays)
