"""Arenas: the memory of one shard's pass, allocated once and reused at every step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import is_
from typing import Any

import numpy as np

from nnctl.engine.profiler import Clock
from nnctl.kernels import aligned

Array = np.ndarray
# Multiply-adds of a layer from which on splitting it among threads is worth it: some 8 microseconds on one.
WORTH_SPLITTING = 500_000
# Prepared calls that are kept for one place of a pass: for whole batches and for a smaller one, with gradients written
# or added.
KNOWN = 4


def random_state(seed: int, number: int, step: int = 0, first: int = 0, stream: int = 0) -> list[int]:
    """The state of the Philox generator for one layer: counter (4) and key (2).

    The bits depend on this state only, so that those of any row can be drawn without those before it. `first` counts
    the groups of 16 numbers that come before; the step, the layer's number and the stream keep the counters apart.
    """
    return [first, stream, step, number, seed % 2**64, seed >> 64]


class ShardCall:
    """What layers may ask of the executor during one pass of one shard (see `nn.layers.base.Call`).

    The same layers ask for the same arrays in the same order at every step, so that the arena is a list of them. A
    request for fewer rows than the array at its place has (in the last, smaller batch) gets the beginning of it; one
    for another shape replaces it.
    """

    def __init__(self, seed: int, dtype: Any, *, training: bool, keeps: bool = True):
        """keeps: whether arrays are reused. Else they are allocated anew, and freed as soon as nothing refers to
        them."""
        self.dtype = np.dtype(dtype)
        self.training, self._keeps = training, keeps
        self.shard = 0
        self.batch_rows = 0
        self.wants_dx = True
        self.may_overwrite = False
        self.onto: Array | None = None
        self.masks: Sequence[Array | None] = ()
        self.kernels: Any = None  # the compiled kernels (see nnctl.kernels), or None
        self.workers = 1  # threads that a layer may split its rows among
        self.side_by_side: Any = None
        self.clock: Clock | None = None  # measures the time of each step, if that is asked for
        self._seed = seed
        self._arrays: list[Array] = []
        self._parts: dict[int, Array] = {}  # by place, the first rows of the array there
        self._next = 0
        self._prepared: dict[tuple[int, int], list[tuple[tuple[Any, ...], int, Any]]] = {}
        self._step = self._number = self._first_row = 0

    def begin(self, *, shard: int, first_row: int, batch_rows: int, step: int) -> None:
        """Starts a new pass: every array handed out before may be overwritten."""
        self.shard, self.batch_rows = shard, batch_rows
        self._first_row, self._step, self._next = first_row, step, 0

    def enter(self, number: int, wants_dx: bool, may_overwrite: bool, masks: Sequence[Array | None] = ()) -> None:
        """Says which layer is called next, and with which masks of its inputs."""
        self._number, self.wants_dx, self.may_overwrite, self.masks = number, wants_dx, may_overwrite, masks

    def empty(self, shape: tuple[int, ...], dtype: Any = None) -> Array:
        if not self._keeps:
            return np.empty(shape, dtype or self.dtype)
        place, dtype = self._next, dtype or self.dtype
        self._next = place + 1
        if place == len(self._arrays):
            self._arrays.append(aligned.empty(shape, dtype))
            return self._arrays[place]
        array = self._arrays[place]
        if array.shape == shape and array.dtype == dtype:
            return array
        part = self._parts.get(place)
        if part is not None and part.shape == shape and part.dtype == dtype:
            return part
        if (array.dtype, array.ndim, array.shape[1:]) == (dtype, len(shape), shape[1:]) and len(array) >= shape[0]:
            self._parts[place] = part = array[: shape[0]]
            return part
        self._parts.pop(place, None)
        self._arrays[place] = aligned.empty(shape, dtype)
        return self._arrays[place]

    def prepared(self, given: tuple[Any, ...], prepare: Callable[[], Any]) -> Any:
        """Returns what `prepare` returns, or returned before at this place of the pass with the very same arrays, as in
        every step after the first. prepare: asks for arrays and prepares calls, and computes nothing."""
        place, given = self._next, (*given, self.workers)  # calls prepared for several threads do not serve one
        known = self._prepared.setdefault((place, self._number), [])
        for before, after, result in known:
            if len(before) == len(given) and all(map(is_, before, given)):
                self._next = after
                return result
        result = prepare()
        if self._keeps:
            known.insert(0, (given, self._next, result))
            del known[KNOWN:]
        return result

    def parts(self, rows: int, work: int) -> list[slice]:
        """The rows of each thread. work: multiply-adds of one row."""
        count = self.workers if rows * work >= WORTH_SPLITTING else 1
        return [slice(rows * k // count, rows * (k + 1) // count) for k in range(count)]

    def deal(self, task: Any, count: int) -> None:
        """Runs task(0) to task(count - 1), each on a thread of its own."""
        if count == 1:
            task(0)
        else:
            self.side_by_side(task, count)

    def random_bits(self, row_size: int, rows: int, stream: int = 0) -> Array:
        per_row = -(-row_size // 16)  # one count of the generator gives 4 x 64 bits
        state = np.array(
            random_state(self._seed, self._number, self._step, self._first_row * per_row, stream), np.uint64
        )
        if self.kernels:
            raw = np.empty(rows * per_row * 4, np.uint64)
            self.kernels.philox.philox(state, raw)
        else:
            generator = np.random.Philox(key=self._seed, counter=state[:4])
            raw = generator.random_raw(rows * per_row * 4)
        return raw.view(np.uint16).reshape(rows, per_row * 16)[:, :row_size]

    @property
    def bytes(self) -> int:
        """Bytes of memory held."""
        return sum(array.nbytes for array in self._arrays)
