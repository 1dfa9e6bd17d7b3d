"""Checks the weights during training, and returns to the last good ones if training diverges.

Loss and gradient are checked before each update. The weights are checked when they may be kept: at the end of an epoch,
before anything is saved, and occasionally in between; often the next loss reveals the fault first. Checking after each
update would take up to a tenth of an iteration. Instead, the position is copied occasionally. If a fault is found, the
steps since the last good copy are repeated one by one, with a check after each: the run then stands before the first
bad update, and the error names it.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from nnctl.errors import TrainingError
from nnctl.training.batch_plan import permutation
from nnctl.training.batching import make_batch
from nnctl.training.checks.weights import fault_of

if TYPE_CHECKING:
    from nnctl.engine.batch import Batch
    from nnctl.training.loop import Loop

Array = np.ndarray
EVERY, SHARE = 0.5, 1 / 200  # the least seconds between copies; the largest fraction of the run's time that they take
MOST_BYTES = 1 << 29  # of both copies; larger models can only go back to checkpoints
CHECKED = 256  # rows of the last batch whose loss is checked before weights are kept


class BlownUp(TrainingError):
    """A number is NaN, infinite or too large. weights_are_good: whether the loop has good weights again."""

    def __init__(self, message: str, where: str | None = None, hint: str | None = None, weights_are_good: bool = False):
        super().__init__(message, where, hint)
        self.weights_are_good = weights_are_good


class Guard:
    """The guard of one loop, which calls it at each step and at each end of an epoch."""

    def __init__(self, loop: Loop):
        self._loop = loop
        self._good: _Position | None = None  # after which the next loss was finite, too
        self._next: _Position | None = None  # after which there was no loss yet
        self._spare: _Position | None = None
        self._due = 0.0
        self._scales: dict[int, float] = {}  # epoch -> factor on the learning rate
        self._before_end: tuple[Any, ...] = ()  # what the end of the last epoch changed, as it was before
        self._going_back = False
        self._clips = loop.model.spec.optimizer.clipvalue is not None  # then infinity leaves no trace in the weights

    # Called by the loop

    def before_step(self) -> None:
        """Copies the position if a copy is due."""
        executor = self._loop.model.executor
        now = executor.now()
        if now < self._due or self._going_back:
            return
        began = time.perf_counter()
        if (fault := self.fault(loss=False)) is not None:
            self._blow_up(fault)
        loop = self._loop
        self._scales[loop.epoch] = loop.rate_scale
        if 2 * sum(array.nbytes for array in _arrays(loop).values()) > MOST_BYTES:
            self._due = math.inf
            return
        self._next = self._next or self._spare or _Position()
        self._next.take(loop)
        # processes that train together must make their copies at the same steps
        took = time.perf_counter() - began if executor.ranks == 1 else 0.0
        self._due = now + max(EVERY, took / SHARE)

    def check_step(self, batch: Batch, rows: Array, loss: float) -> None:
        """Before an update: raises BlownUp where the loss or the gradient is not finite, so that the weights stay good.
        rows: the numbers of the batch's rows."""
        thorough = self._going_back or (self._next or self._good) is None or self._clips
        if not math.isfinite(loss) or not self._loop.model.executor.gradients_are_finite(thorough):
            self._not_a_number(batch, rows, loss)
        self.step_is_good()

    def step_is_good(self) -> None:
        """The step's loss and gradient are finite, and so the weights it began with are good."""
        if self._next is not None and not self._going_back:
            self._good, self._next, self._spare = self._next, None, self._good

    def epoch_ends(self) -> None:
        """Raises BlownUp if the epoch's weights are not good; otherwise the epoch may be counted."""
        if (fault := self.fault(loss=False)) is not None:
            self._blow_up(fault)
        loop = self._loop
        self._before_end = loop.best.position(), loop.best.weights, [dict(state) for _, state in loop.callbacks]

    def epoch_begins(self) -> None:
        self._scales[self._loop.epoch] = self._loop.rate_scale

    def forget(self) -> None:
        """The weights were changed by something other than a step."""
        self._good = self._next = None
        self._due = 0.0

    # Checks

    def fault(self, slots: bool = True, loss: bool = True) -> str | None:
        """What is wrong with the weights, in words, or None. slots: check the optimizer's, too. loss: check the loss of
        the last batch, too."""
        loop = self._loop
        program = loop.model.program
        fault = fault_of(program, loop.optimizer.slots if slots else {})
        if fault is None and loss and loop.last_rows is not None:
            fault = self._fault_of_loss(make_batch(loop.train_split, loop.last_rows[:CHECKED]))
        return fault

    def check(self) -> None:
        """Raises BlownUp if the weights, or what is computed from them, are not finite or have overflowed."""
        if (fault := self.fault()) is not None:
            self._blow_up(fault)

    def _fault_of_loss(self, batch: Batch) -> str | None:
        """Computes the loss as in training: with moving averages it may well overflow in a run's first iterations."""
        from nnctl.engine.nan_check import first_nonfinite  # imported here to keep start-up fast

        loop, program = self._loop, self._loop.model.program
        state, step = program.state.copy(), max(0, self._loop.step - 1)
        with np.errstate(all="ignore"):
            loss = loop.model.executor.train_step(batch, step).loss
        program.state[...] = state
        loop.model.executor.weights_changed()
        if math.isfinite(loss):
            return None
        return f"the loss of the same batch is {loss}: first seen in {first_nonfinite(program, batch, step)}"

    # Divergence

    def _not_a_number(self, batch: Batch, rows: Array, loss: float) -> None:
        """Raises BlownUp: the batch's loss or gradient is not finite. The update has not been made."""
        from nnctl.engine.nan_check import first_nonfinite  # imported here to keep start-up fast

        loop = self._loop
        if self._going_back:
            raise BlownUp("not a number")
        fault, last = self._go_back()
        if fault is not None and last is not None:
            self._tell(fault, last)
        good = fault_of(loop.model.program, loop.optimizer.slots) is None
        place = first_nonfinite(loop.model.program, batch, loop.step)
        number, epoch, rate = loop.iteration + 1, loop.epoch, loop.learning_rate
        of_weights = not math.isfinite(loss) and not place.startswith(("input", "target"))
        if good and of_weights and self.fault(slots=False):
            good = last is not None
            if last is not None:
                self._put(last)
        what = f"the loss is {loss}" if not math.isfinite(loss) else "the gradient is not finite"
        raise BlownUp(f"{what} at epoch {epoch}, iteration {number}: first seen in {place}", self._where(number, rows),
                      remedies(rate), good)  # fmt: skip

    def _blow_up(self, fault: str) -> None:
        loop = self._loop
        found, last = self._go_back()
        if last is None:  # only the time of the check is known
            at = f"by epoch {loop.epoch}, iteration {loop.iteration}"
            raise BlownUp(f"training has diverged {at}: {fault}", None, remedies(loop.learning_rate))
        self._tell(found or fault, last)

    def _tell(self, fault: str, last: _Position) -> None:
        """Puts the loop before the bad update, and raises BlownUp."""
        loop = self._loop
        self._put(last)
        number = loop.iteration + 1
        order = permutation(loop.model.spec.seed, loop.epoch, loop.plan.samples)
        rows = order[slice(*loop.plan.bounds_of(loop.iteration))]
        raise BlownUp(f"training has diverged at epoch {loop.epoch}, iteration {number}: after its update, {fault}",
                      self._where(number, rows), remedies(loop.learning_rate), True)  # fmt: skip

    def _go_back(self) -> tuple[str | None, _Position | None]:
        """Repeats the last steps, up to the one after which something is wrong, or to where the loop was. Returns what
        is wrong, and the position before the last step that was repeated; None if there is none."""
        loop, end = self._loop, self._loop.step
        loop.pending.finish()
        starts = [each for each in (self._next, self._good) if each is not None and each.step <= end]
        if not starts:
            return None, None
        # a copy of this very step has the moving averages as they were before it
        start = next((each for each in starts if each.step < end), starts[0])
        self._going_back, emit, loop.emit = True, loop.emit, lambda event: None
        last: _Position | None = None
        order, epoch = np.empty(0, int), 0
        try:
            start.put(loop)
            while loop.step < end:
                if loop.iteration == loop.plan.iterations_per_epoch:
                    loop.begin_next_epoch()
                    loop.rate_scale = self._scales.get(loop.epoch, loop.rate_scale)
                if loop.epoch != epoch:
                    epoch, order = loop.epoch, permutation(loop.model.spec.seed, loop.epoch, loop.plan.samples)
                last = last or _Position()
                last.take(loop)
                try:
                    loop.step_again(order)
                except BlownUp:
                    return "the next loss or its gradient is not finite", last
                if (fault := self.fault(loss=False)) is not None:
                    return fault, last
            if loop.iteration == loop.plan.iterations_per_epoch and len(loop.history) == loop.epoch:
                loop.begin_next_epoch()
                loop.rate_scale = self._scales.get(loop.epoch, loop.rate_scale)
            return None, last
        finally:
            loop.pending.finish()  # nobody is told of them a second time
            self._going_back, loop.emit = False, emit

    def _put(self, position: _Position) -> None:
        """Goes back to a position. If its epoch was counted already, that is undone."""
        loop = self._loop
        position.put(loop)
        if len(loop.history) >= loop.epoch:
            del loop.history[loop.epoch - 1 :]
            best, weights, states = self._before_end
            loop.best.load(best, weights)
            for (_, state), before in zip(loop.callbacks, states, strict=True):
                state.clear()
                state.update(before)

    def _where(self, number: int, rows: Array) -> str:
        named = f"{', '.join(str(row + 1) for row in rows[:5])}{', ...' if len(rows) > 5 else ''}"
        return f"batch {number} of {self._loop.plan.iterations_per_epoch} (training rows {named})"


class _Position:
    """A copy of everything that a step changes."""

    def __init__(self) -> None:
        self._copies: dict[str, Array] = {}
        self.step = -1

    def take(self, loop: Loop) -> None:
        for name, array in _arrays(loop).items():
            if name in self._copies:
                np.copyto(self._copies[name], array)
            else:
                self._copies[name] = array.copy()
        self.epoch, self.iteration, self.step = loop.epoch, loop.iteration, loop.step
        self._metrics, self._last_rows = loop.metrics.copy(), loop.last_rows
        self._memory, self._rate_scale = dict(loop.optimizer.memory), loop.rate_scale

    def put(self, loop: Loop) -> None:
        for name, array in _arrays(loop).items():
            np.copyto(array, self._copies[name])
        loop.weights_changed()
        loop.epoch, loop.iteration, loop.step = self.epoch, self.iteration, self.step
        loop.metrics, loop.last_rows = self._metrics.copy(), self._last_rows
        loop.optimizer.memory, loop.rate_scale = dict(self._memory), self._rate_scale


def _arrays(loop: Loop) -> dict[str, Array]:
    program = loop.model.program
    return {"parameters": program.parameters, "state": program.state, **loop.optimizer.slots}


def remedies(rate: float) -> str:
    first = f"a learning_rate below {rate:g}" if math.isfinite(rate) else "a learning_rate that stays finite"
    return f"try {first}, clipnorm: 1.0 in the optimizer, or normalize: standard in the dataset"
