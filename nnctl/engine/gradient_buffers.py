"""The buffers that a thread's shards write the weights' gradients to."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nnctl.engine.program import Program
from nnctl.engine.steps import Step
from nnctl.kernels import aligned
from nnctl.nn.layers.base import Array


class GradientBuffers:
    """One thread's sums of the weights' gradients over a batch.

    A weight's first gradient in a batch is written straight into `gradients`. Further ones (of the thread's next shard,
    or of the next use of a shared layer) are written to scratch and added.
    """

    def __init__(self, program: Program):
        self.gradients = aligned.zeros(program.parameters.shape, program.parameters.dtype)
        self._sums = {key: program.view(key, self.gradients) for key in program.spans}
        self._scratch: dict[str, Array] = {}
        self._seen: set[str] = set()
        self._keys = {
            id(step): {name: key for name in step.weights if (key := f"{step.owner}/{name}") in self._sums}
            for step in program.steps
        }
        self._own = {
            number: {name: self._sums[key] for name, key in keys.items()} for number, keys in self._keys.items()
        }

    def begin(self) -> None:
        """Starts the next batch: nothing has been written yet."""
        self._seen.clear()

    def into(self, step: Step) -> Mapping[str, Array]:
        """Arrays for a step to write its weights' gradients to, by name."""
        keys = self._keys[id(step)]
        if step.layer.whole_batch:  # the thread's other shards write before this one is finished
            return {name: np.empty_like(self._sums[key]) for name, key in keys.items()}
        if self._seen.isdisjoint(keys.values()):  # nearly always
            self._seen.update(keys.values())
            return self._own[id(step)]
        return {name: self._place(key) for name, key in keys.items()}

    def _place(self, key: str) -> Array:
        if key not in self._seen:
            self._seen.add(key)
            return self._sums[key]
        if key not in self._scratch:
            self._scratch[key] = aligned.empty(self._sums[key].shape, self._sums[key].dtype)
        return self._scratch[key]

    def written(self, step: Step, arrays: Mapping[str, Array]) -> None:
        """Adds up what a step wrote to the arrays that `into` gave it."""
        if arrays is self._own[id(step)]:
            return
        keys = self._keys[id(step)]
        for name, g in arrays.items():
            key = keys[name]
            if g is self._sums[key]:
                continue
            if key in self._seen:
                self._sums[key] += g
            else:
                self._sums[key][...] = g
                self._seen.add(key)
