"""Watches over the weights while they are trained, and goes back to the last good ones where training blows up.

Loss and gradient are looked at before each update. What an update makes of the weights is looked at where it may be
kept: at an epoch's end, before anything is saved, and now and then between; the next loss often tells before. A look
after each update would take up to a tenth of an iteration. Instead the position is copied now and then, and from a good
copy the same steps are made again, each with a look: the run then stands before the first update that was wrong, and
its error names that one.
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
EVERY, SHARE = 0.5, 1 / 200  # seconds between copies at least; what of a run's time they may take at most
MOST_BYTES = 1 << 29  # of both copies; for larger models there are only the checkpoints to go back to
CHECKED = 256  # rows of the last batch whose loss is looked at before weights are kept


class BlownUp(TrainingError):
    """Numbers have become too large, or are none. weights_are_good: whether the loop has good ones again."""

    def __init__(self, message: str, where: str | None = None, hint: str | None = None, weights_are_good: bool = False):
        super().__init__(message, where, hint)
        self.weights_are_good = weights_are_good


class Guard:
    """Of one loop, which tells it of each step and of each epoch's end."""

    def __init__(self, loop: Loop):
        self._loop = loop
        self._good: _Position | None = None  # one whose next loss was finite, too
        self._next: _Position | None = None  # one of which that is not known yet
        self._spare: _Position | None = None
        self._due = 0.0
        self._scales: dict[int, float] = {}  # by epoch, of the learning rate
        self._before_end: tuple[Any, ...] = ()  # what the end of the last epoch has changed
        self._going_back = False

    # What the loop tells

    def before_step(self) -> None:
        """Copies the position where a copy is due."""
        now = time.perf_counter()
        if now < self._due or self._going_back:
            return
        if (fault := self.fault(loss=False)) is not None:
            self._blow_up(fault)
        loop = self._loop
        self._scales[loop.epoch] = loop.rate_scale
        if 2 * sum(array.nbytes for array in _arrays(loop).values()) > MOST_BYTES:
            self._due = math.inf
            return
        self._next = self._next or self._spare or _Position()
        self._next.take(loop)
        took = time.perf_counter() - now
        self._due = now + max(EVERY, took / SHARE)

    def check_step(self, batch: Batch, rows: Array, loss: float, gradients: Array) -> None:
        """Before an update: raises BlownUp where the loss or the gradient is not finite, so that the weights stay good.
        rows: the numbers of the batch's rows."""
        if not math.isfinite(loss) or not _is_finite(gradients):
            self._not_a_number(batch, rows, loss)
        self.step_is_good()

    def step_is_good(self) -> None:
        """The step's loss and gradient are finite, and so the weights it began with are good."""
        if self._next is not None and not self._going_back:
            self._good, self._next, self._spare = self._next, None, self._good

    def epoch_ends(self) -> None:
        """Raises BlownUp where the epoch's weights are not good; else the epoch may be counted."""
        if (fault := self.fault(loss=False)) is not None:
            self._blow_up(fault)
        loop = self._loop
        self._before_end = loop.best.position(), loop.best.weights, [dict(state) for _, state in loop.callbacks]

    def epoch_begins(self) -> None:
        self._scales[self._loop.epoch] = self._loop.rate_scale

    def forget(self) -> None:
        """The weights were changed otherwise than by a step."""
        self._good = self._next = None
        self._due = 0.0

    # Looks

    def fault(self, slots: bool = True, loss: bool = True) -> str | None:
        """What is wrong with the weights, in words; None where nothing is. slots: look at the optimizer's, too. loss:
        look at the loss of the last batch as well."""
        loop = self._loop
        program = loop.model.program
        fault = fault_of(program, loop.optimizer.slots if slots else {})
        if fault is None and loss and loop.last_rows is not None:
            fault = self._fault_of_loss(make_batch(loop.train_split, loop.last_rows[:CHECKED]))
        return fault

    def check(self) -> None:
        """Raises BlownUp where the weights, or what comes of them, are not finite or have overflowed."""
        if (fault := self.fault()) is not None:
            self._blow_up(fault)

    def _fault_of_loss(self, batch: Batch) -> str | None:
        """As in training: with moving averages, a loss may well overflow in a run's first iterations."""
        from nnctl.engine.nan_check import first_nonfinite

        loop, program = self._loop, self._loop.model.program
        state, step = program.state.copy(), max(0, self._loop.step - 1)
        with np.errstate(all="ignore"):
            loss = loop.model.executor.train_step(batch, step).loss
        program.state[...] = state
        if math.isfinite(loss):
            return None
        return f"the loss of the same batch is {loss}: first seen in {first_nonfinite(program, batch, step)}"

    # Blown up

    def _not_a_number(self, batch: Batch, rows: Array, loss: float) -> None:
        """Raises BlownUp: the batch's loss or gradient is not finite. The update has not been made."""
        from nnctl.engine.nan_check import first_nonfinite

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
        if last is None:  # only the time of the look is known
            at = f"by epoch {loop.epoch}, iteration {loop.iteration}"
            raise BlownUp(f"training has diverged {at}: {fault}", None, remedies(loop.learning_rate))
        self._tell(found or fault, last)

    def _tell(self, fault: str, last: _Position) -> None:
        """Puts the loop before the update that was wrong, and raises BlownUp."""
        loop = self._loop
        self._put(last)
        number = loop.iteration + 1
        order = permutation(loop.model.spec.seed, loop.epoch, loop.plan.samples)
        rows = order[slice(*loop.plan.bounds_of(loop.iteration))]
        raise BlownUp(f"training has diverged at epoch {loop.epoch}, iteration {number}: after its update, {fault}",
                      self._where(number, rows), remedies(loop.learning_rate), True)  # fmt: skip

    def _go_back(self) -> tuple[str | None, _Position | None]:
        """Makes the last steps again, up to the one after which something is wrong, or to where the loop was. Returns
        what is wrong, and the position before the last step that was made again; None where there is none."""
        loop, end = self._loop, self._loop.step
        starts = [each for each in (self._next, self._good) if each is not None and each.step <= end]
        if not starts:
            return None, None
        # a copy made just now has the moving averages as they were before the step
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
            self._going_back, loop.emit = False, emit

    def _put(self, position: _Position) -> None:
        """Goes back to a position; where the epoch it lies in was counted already, that is taken back."""
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
    """A copy of all that a step changes."""

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
        loop.epoch, loop.iteration, loop.step = self.epoch, self.iteration, self.step
        loop.metrics, loop.last_rows = self._metrics.copy(), self._last_rows
        loop.optimizer.memory, loop.rate_scale = dict(self._memory), self._rate_scale


def _arrays(loop: Loop) -> dict[str, Array]:
    program = loop.model.program
    return {"parameters": program.parameters, "state": program.state, **loop.optimizer.slots}


def _is_finite(gradients: Array) -> bool:
    """A dot product is the cheapest look at all entries; it may overflow where no entry does."""
    return math.isfinite(float(np.dot(gradients, gradients))) or bool(np.isfinite(gradients).all())


def remedies(rate: float) -> str:
    first = f"a learning_rate below {rate:g}" if math.isfinite(rate) else "a learning_rate that stays finite"
    return f"try {first}, clipnorm: 1.0 in the optimizer, or normalize: standard in the dataset"
