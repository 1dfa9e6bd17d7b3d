"""The updater: one optimizer step over flat memory.

Weights, gradients and the optimizer's slots are flat arrays of one layout. A step clips, decays and applies
the rule block by block, so that a block's arrays stay in the cache between the operations of the rule.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from nnctl.errors import RunError
from nnctl.kernels import aligned
from nnctl.nn.optimizers import Optimizer

if TYPE_CHECKING:
    from nnctl.engine.fusions.dense_chain import Update

Array = np.ndarray

WORTH_A_THREAD = 32_768  # entries: below, a thread wakes up later than the first is done
BLOCK = 16_384  # entries; in float32 Adam's four arrays and its intermediates then fit an L2 cache of 1 MiB


class OptimizerStep:
    """Applies an optimizer to flat weights, in place.

    weights: 1-D, float32 or float64. spans: where each variable lies in it. What no span covers is never
    touched, so that frozen variables may live in the same array.
    rate_scale: a factor on the learning rate, for whoever lowers it while the run goes on.
    sweep: the rule compiled (see nnctl.kernels.ops.fused_optimizer), one pass over everything. side_by_side: runs f(0) to f(n - 1) on n
    threads, which the sweep is dealt out to; what is computed is the same for any number.
    """

    def __init__(self, optimizer: Optimizer, weights: Array, spans: Mapping[str, slice], block: int = BLOCK, *,
                 sweep: Callable[..., None] | None = None, threads: int = 1,
                 side_by_side: Callable[[Callable[[int], None], int], None] | None = None):  # fmt: skip
        self.optimizer = optimizer
        self._sweep = sweep
        self._side_by_side = side_by_side
        self._weights = weights
        self._parts = dealt(pieces(list(spans.values()), len(weights) or 1), threads if side_by_side else 1)
        self.rate_scale = 1.0
        starts = optimizer.slots()
        # one after the other, for compiled callers
        self._slots = aligned.empty((len(starts), len(weights)), weights.dtype)
        self.slots = dict(zip(starts, self._slots, strict=True))
        for name, start in starts.items():
            self.slots[name].fill(start)
        self.memory = optimizer.memory()
        self._rule = optimizer.formula()
        self._spans = list(spans.values())
        self._blocks = [
            (piece, weights[piece], tuple(slot[piece] for slot in self.slots.values()))
            for piece in pieces(self._spans, block)
        ]

    def rate(self, step: int) -> float:
        """The learning rate in force at the 0-based step."""
        return self.optimizer.rate(step) * self.rate_scale

    def step(self, gradients: Array, step: int) -> None:
        """Updates the weights with the flat gradients of the 0-based step. Clipping writes into gradients."""
        lr = self.rate(step)
        scalars = self.optimizer.scalars(lr, step, self.memory)
        decay = (self.optimizer.weight_decay or 0.0) * lr
        # Broken gradients make broken weights, and the next loss tells; NumPy need not warn besides.
        with np.errstate(all="ignore"):
            self._clip(gradients)
            if self._sweep is not None:
                self._sweep_over(gradients, decay, scalars)
                return
            for piece, w, slots in self._blocks:
                if decay:
                    w -= w * decay
                new_w, *new_slots = self._rule(w, gradients[piece], *slots, *scalars)
                w[...] = new_w
                for slot, new in zip(slots, new_slots, strict=True):
                    slot[...] = new

    def _sweep_over(self, gradients: Array, decay: float, scalars: tuple[float, ...]) -> None:
        numbers = [float(number) for number in (decay, *scalars)]

        def turn(worker: int) -> None:
            for part in self._parts[worker]:
                slots = (slot[part] for slot in self.slots.values())
                self._sweep(self._weights[part], gradients[part], *slots, *numbers)

        if len(self._parts) == 1:
            turn(0)
        else:
            self._side_by_side(turn, len(self._parts))

    # Several steps in one call of a compiled chain (engine/fusions/dense_chain.py), which applies the rule by itself

    @property
    def rule_alone(self) -> Update | None:
        """The rule for compiled callers, where a step is nothing but the rule."""
        optimizer = self.optimizer
        clips = optimizer.clipnorm or optimizer.global_clipnorm or optimizer.clipvalue
        update = getattr(self._sweep, "update", None)
        if not update or clips or self._weights.dtype != np.float32:
            return None
        from nnctl.engine.fusions.dense_chain import Update

        return Update(update, self._slots)

    def ahead(self, step: int, count: int) -> Array:
        """(count, 1 + scalars), the decay and the rule's numbers at steps `step` to step + count - 1."""
        rows, self._memories = [], [self.memory]
        for one in range(step, step + count):
            lr = self.rate(one)
            memory = dict(self._memories[-1])
            rows.append(((self.optimizer.weight_decay or 0.0) * lr, *self.optimizer.scalars(lr, one, memory)))
            self._memories.append(memory)
        return np.array(rows, np.float64)

    def went(self, count: int) -> None:
        """So many of the steps that `ahead` gave the numbers of have been made."""
        self.memory = self._memories[count]

    def _clip(self, gradients: Array) -> None:
        optimizer = self.optimizer
        if optimizer.clipnorm is not None:
            for span in self._spans:
                shorten([gradients[span]], optimizer.clipnorm)
        elif optimizer.global_clipnorm is not None:
            shorten([gradients[piece] for piece, _, _ in self._blocks], optimizer.global_clipnorm)
        elif optimizer.clipvalue is not None:
            for piece, _, _ in self._blocks:
                part = gradients[piece]
                np.clip(part, -optimizer.clipvalue, optimizer.clipvalue, out=part)

    def state(self, copies: bool = True) -> dict[str, Any]:
        """All that the next step depends on besides the weights: the slots, or copies of them, and plain numbers."""
        return {
            "slots": {name: slot.copy() if copies else slot for name, slot in self.slots.items()},
            "memory": dict(self.memory),
            "rate_scale": self.rate_scale,
        }

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Goes on where `state` was taken. Raises RunError for the state of another optimizer or model."""
        theirs = {name: (slot.shape, str(slot.dtype)) for name, slot in state["slots"].items()}
        ours = {name: (slot.shape, str(slot.dtype)) for name, slot in self.slots.items()}
        if theirs != ours or set(state["memory"]) != set(self.memory):
            raise RunError(
                f"the saved optimizer state does not fit {self.optimizer.kind} on this model: "
                f"it holds {describe(theirs)}, where {describe(ours)} is wanted",
                hint="resume with the same optimizer, layers and dtype as the run was started with",
            )
        for name, slot in self.slots.items():
            slot[...] = state["slots"][name]
        self.memory = dict(state["memory"])
        self.rate_scale = state["rate_scale"]


def pieces(spans: list[slice], block: int) -> list[slice]:
    """The spans' entries, neighbours joined, cut into pieces of at most `block`."""
    joined: list[slice] = []
    for span in sorted(spans, key=lambda span: span.start):
        if joined and joined[-1].stop == span.start:
            joined[-1] = slice(joined[-1].start, span.stop)
        else:
            joined.append(span)
    return [
        slice(start, min(start + block, span.stop)) for span in joined for start in range(span.start, span.stop, block)
    ]


def dealt(whole: list[slice], threads: int) -> list[list[slice]]:
    """The slices dealt out to threads in parts of about one size; one part where there is little to do."""
    total = sum(piece.stop - piece.start for piece in whole)
    if threads == 1 or total < WORTH_A_THREAD * threads:
        return [whole]
    share = -(-total // threads)
    parts: list[list[slice]] = [[]]
    room = share
    for piece in whole:
        first = piece.start
        while first < piece.stop:
            end = min(first + room, piece.stop)
            parts[-1].append(slice(first, end))
            room -= end - first
            first = end
            if not room:
                parts.append([])
                room = share
    return [part for part in parts if part]


def shorten(parts: list[Array], longest: float) -> None:
    """Scales the parts, in place, so that together they are no longer than `longest` (2-norm)."""
    length = math.sqrt(sum(float(np.dot(part, part)) for part in parts))
    if math.isinf(length):  # in float32 the squares of what exceeds 1.8e19 overflow
        length = math.sqrt(sum(float(np.square(part, dtype=np.float64).sum()) for part in parts))
    if length > longest:
        for part in parts:
            part *= longest / length


def describe(slots: Mapping[str, tuple]) -> str:
    """`momentum (1024,) float32, velocity (1024,) float32`, or `no arrays`."""
    return ", ".join(f"{name} {shape} {dtype}" for name, (shape, dtype) in slots.items()) or "no arrays"
