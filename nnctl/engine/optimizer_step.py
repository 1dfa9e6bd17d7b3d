"""The optimizer step: one update of all weights, over flat memory.

Weights, gradients and the optimizer's slots are flat arrays of one layout. A step clips, decays and applies the rule
block by block, so that a block's arrays stay in the cache between the operations of the rule. Where the rule looks at
a variable as a whole (`Optimizer.per_variable`), the blocks are the variables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from nnctl.errors import RunError
from nnctl.kernels import aligned
from nnctl.nn.optimizers import Optimizer
from nnctl.nn.optimizers.base import norm

if TYPE_CHECKING:
    from nnctl.engine.fusions.dense_chain import Update

Array = np.ndarray

WORTH_A_THREAD = 32_768  # entries; with fewer, a second thread wakes up after the first one has finished
BLOCK = 16_384  # entries; in float32 Adam's four arrays and its intermediates then fit an L2 cache of 1 MiB


class OptimizerStep:
    """Applies an optimizer to flat weights, in place.

    Args:
        weights: 1-D, float32 or float64.
        spans: where each variable lies in it. What no span covers is never touched, so that frozen variables may live
            in the same array.
        shapes: of the variables, for rules with `per_variable`; a variable without one is 1-D.
        compiled_rule: the compiled rule (see nnctl.kernels.ops.fused_optimizer), one pass over everything.
        threads, side_by_side: side_by_side(f, n) runs f(0) to f(n - 1) on n threads, among which the compiled rule is
            split; the result is the same for any number.

    Attributes:
        rate_scale: a factor on the learning rate, for callers that lower it during the run.
    """

    def __init__(self, optimizer: Optimizer, weights: Array, spans: Mapping[str, slice], block: int = BLOCK, *,
                 shapes: Mapping[str, tuple[int, ...]] | None = None, compiled_rule: Callable[..., None] | None = None,
                 threads: int = 1,
                 side_by_side: Callable[[Callable[[int], None], int], None] | None = None):  # fmt: skip
        self.optimizer = optimizer
        self._compiled_rule = compiled_rule
        self._side_by_side = side_by_side
        self._weights = weights
        self._pieces = split_among_threads(
            pieces(list(spans.values()), len(weights) or 1), threads if side_by_side else 1
        )
        self.rate_scale = 1.0
        starts = optimizer.slots()
        # one array, one slot after the other, for compiled callers
        self._slots = aligned.empty((len(starts), len(weights)), weights.dtype)
        self.slots = dict(zip(starts, self._slots, strict=True))
        for name, start in starts.items():
            self.slots[name].fill(start)
        self.memory = optimizer.memory()
        self._spans = list(spans.values())
        rule, arrays = optimizer.formula(), (weights, *self.slots.values())
        # (where, the rule there, the views of weights and slots there)
        self._blocks: list[tuple[slice, Callable[..., tuple[Array, ...]], list[Array]]] = []
        if optimizer.per_variable:
            for name, span in spans.items():
                shape = (shapes or {}).get(name, (span.stop - span.start,))
                views = [array[span].reshape(shape) for array in arrays]
                self._blocks.append((span, _of_variable(rule, name, shape), views))
        else:
            for piece in pieces(self._spans, block):
                self._blocks.append((piece, rule, [array[piece] for array in arrays]))

    def slots_changed(self) -> None:
        """The slots were written to by something other than a step. For engines that keep copies of them."""

    def rate(self, step: int) -> float:
        """The learning rate in force at the 0-based step."""
        return self.optimizer.rate(step) * self.rate_scale

    def step(self, gradients: Array, step: int) -> None:
        """Updates the weights with the flat gradients of the 0-based step. Clipping writes into gradients."""
        lr = self.rate(step)
        scalars = self.optimizer.scalars(lr, step, self.memory)
        decay = (self.optimizer.weight_decay or 0.0) * lr
        # Gradients that are not finite show in the next loss; NumPy need not warn, too.
        with np.errstate(all="ignore"):
            self._clip(gradients)
            if self._compiled_rule is not None:
                self._run_compiled(self._compiled_rule, gradients, decay, scalars)
                return
            for piece, rule, (w, *slots) in self._blocks:
                if decay:
                    w -= w * decay
                new_w, *new_slots = rule(w, gradients[piece], *slots, *scalars)
                w[...] = new_w
                for slot, new in zip(slots, new_slots, strict=True):
                    slot[...] = new

    def _run_compiled(
        self, compiled_rule: Callable[..., None], gradients: Array, decay: float, scalars: tuple[float, ...]
    ) -> None:
        numbers = [float(number) for number in (decay, *scalars)]

        def task(thread: int) -> None:
            for piece in self._pieces[thread]:
                slots = (slot[piece] for slot in self.slots.values())
                compiled_rule(self._weights[piece], gradients[piece], *slots, *numbers)

        if self._side_by_side is None or len(self._pieces) == 1:
            task(0)
        else:
            self._side_by_side(task, len(self._pieces))

    # Several steps in one call of a compiled chain (engine/fusions/dense_chain.py), which applies the rule itself

    @property
    def rule_alone(self) -> Update | None:
        """The rule for compiled callers, where a step is nothing but the rule; else None."""
        optimizer = self.optimizer
        clips = optimizer.clipnorm or optimizer.global_clipnorm or optimizer.clipvalue
        update = getattr(self._compiled_rule, "update", None)
        if not update or clips or self._weights.dtype != np.float32:
            return None
        from nnctl.engine.fusions.dense_chain import Update  # imported here to keep start-up fast

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
        """`count` of the steps whose numbers `ahead` returned have been made."""
        self.memory = self._memories[count]

    def _clip(self, gradients: Array) -> None:
        optimizer = self.optimizer
        if optimizer.clipnorm is not None:
            for span in self._spans:
                shorten([gradients[span]], optimizer.clipnorm)
        elif optimizer.global_clipnorm is not None:
            shorten([gradients[piece] for piece, *_ in self._blocks], optimizer.global_clipnorm)
        elif optimizer.clipvalue is not None:
            for piece, *_ in self._blocks:
                block = gradients[piece]
                np.clip(block, -optimizer.clipvalue, optimizer.clipvalue, out=block)

    def state(self, copies: bool = True) -> dict[str, Any]:
        """Everything but the weights that the next step depends on: the slots, or copies of them, and plain numbers."""
        return {
            "slots": {name: slot.copy() if copies else slot for name, slot in self.slots.items()},
            "memory": dict(self.memory),
            "rate_scale": self.rate_scale,
        }

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Continues where `state` was taken. Raises RunError for the state of another optimizer or model."""
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


def _of_variable(
    rule: Callable[..., tuple[Array, ...]], name: str, shape: tuple[int, ...]
) -> Callable[..., tuple[Array, ...]]:
    """The rule of a variable, from its flat gradient."""
    return lambda w, g, *others: rule(w, g.reshape(shape), *others, name=name)


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


def split_among_threads(whole: list[slice], threads: int) -> list[list[slice]]:
    """The slices of each thread, of about the same total size; all for one thread where there is little to do."""
    total = sum(piece.stop - piece.start for piece in whole)
    if threads == 1 or total < WORTH_A_THREAD * threads:
        return [whole]
    each = -(-total // threads)
    split: list[list[slice]] = [[]]
    left = each
    for piece in whole:
        first = piece.start
        while first < piece.stop:
            end = min(first + left, piece.stop)
            split[-1].append(slice(first, end))
            left -= end - first
            first = end
            if not left:
                split.append([])
                left = each
    return [slices for slices in split if slices]


def shorten(arrays: list[Array], longest: float) -> None:
    """Scales the arrays, in place, so that together they are no longer than `longest` (2-norm)."""
    length = norm(*arrays)
    if length > longest:
        for array in arrays:
            array *= longest / length


def describe(slots: Mapping[str, tuple]) -> str:
    """`momentum (1024,) float32, velocity (1024,) float32`, or `no arrays`."""
    return ", ".join(f"{name} {shape} {dtype}" for name, (shape, dtype) in slots.items()) or "no arrays"
