"""The training loop: epochs of iterations, each a batch forward, backward and an update, told as events."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from nnctl.data.batches import Plan, permutation
from nnctl.data.parts import Data, Part
from nnctl.engine.profile import FIGURES, LAYERS, SCREEN, UPDATE, Clock
from nnctl.engine.shard import Batch
from nnctl.engine.updater import Updater
from nnctl.engine.work import calls, multiply_adds
from nnctl.errors import TrainingError
from nnctl.kernels.choice import Work, choose
from nnctl.metrics import dump, load
from nnctl.training import callbacks as cb
from nnctl.training.checkpoint import Checkpoint
from nnctl.training.events import EpochEnded, Event, IterationEnded, Profiled, Said
from nnctl.training.feeding import feed
from nnctl.training.model import Model, Running, take
from nnctl.training.signals import Signals
from nnctl.training.stretch import Stretch

Array = np.ndarray
Snapshot = dict[str, Array]  # "parameters" and "state", copies of the program's buffers


# Multiply-adds of iterations in one go, some dozens of milliseconds; what an iteration takes besides; and how many numbers
# their predictions may be.
STRETCH, OVERHEAD, MOST_PREDICTIONS = 4_000_000_000, 50_000, 4_000_000


class Loop:
    """One run: where it stands, and how it goes on.

    save: called with the loop when a checkpoint is due; every `save_seconds` at the latest.
    """

    def __init__(self, model: Model, data: Data, train: Part, emit: Callable[[Event], None],
                 save: Callable[[Loop], None], *, save_seconds: float = 10.0):  # fmt: skip
        spec = model.spec
        self.model, self.data, self.train_part, self.emit = model, data, train, emit
        self.plan = Plan(train.rows, min(spec.batch_size or train.rows, train.rows), spec.epochs)
        program = model.program
        executor = model.executor
        work = Work(
            self.plan.epochs * self.plan.iterations_per_epoch, sum(s.stop - s.start for s in program.spans.values()),
            3 * self.plan.batch_size * multiply_adds(program), calls(program),
        )  # fmt: skip
        self.kernels = choose(spec.optimizer, work, program.dtype, program.fuse)
        executor.kernels = self.kernels.layers
        self.updater = Updater(spec.optimizer, program.parameters, program.spans, sweep=self.kernels.sweep,
                               threads=executor.threads, side_by_side=executor.side_by_side)  # fmt: skip
        self.callbacks = [(each.directed(model.bigger_is_better), each.start()) for each in spec.callbacks]
        self.epoch, self.iteration, self.step = 1, 0, 0  # the epoch under way; iterations done in it; and ever
        self.running = Running(model)
        self.clock: Clock | None = None  # set before `run` to have the time of each phase taken
        self.history: list[dict[str, float]] = []  # figures of each finished epoch
        self.monitor, self.bigger_is_better = self._monitor()
        self.best: dict[str, Any] = {"value": None, "epoch": None}
        self.best_weights: Snapshot | None = None
        self.reason: str | None = None  # why the run ends, once it does
        self._save, self._save_seconds = save, save_seconds
        self._saved_at = time.perf_counter()
        self._save_now = False

    def _monitor(self) -> tuple[str, bool]:
        """The metric that tells which epoch is best, and whether that is the one with the largest value."""
        names = self.figure_names()
        for callback, _ in self.callbacks:
            callback.check(names)
            if isinstance(callback, cb.ModelCheckpoint):
                return callback.monitor, callback.mode == "max"
        return ("val_loss" if self.data.validation else "loss"), False

    def figure_names(self) -> list[str]:
        """Names of an epoch's figures, validation's included."""
        own = list(self.model.figure_names)
        return own + [f"val_{name}" for name in own] if self.data.validation else own

    # What callbacks may do

    def stop(self, reason: str) -> None:
        """Ends the run after this epoch (or, for a signal, after this iteration)."""
        self.reason = self.reason or reason

    def say(self, text: str) -> None:
        self.emit(Said(text))

    def save_soon(self) -> None:
        """Asks for a checkpoint at the end of this epoch."""
        self._save_now = True

    def snapshot(self) -> Snapshot:
        program = self.model.program
        return {"parameters": program.parameters.copy(), "state": program.state.copy()}

    def restore(self, weights: Snapshot) -> None:
        self.model.program.parameters[...] = weights["parameters"]
        self.model.program.state[...] = weights["state"]

    @property
    def rate_scale(self) -> float:
        return self.updater.rate_scale

    @rate_scale.setter
    def rate_scale(self, value: float) -> None:
        self.updater.rate_scale = value

    @property
    def learning_rate(self) -> float:
        """Of the next step."""
        return self.updater.rate(self.step)

    # Going on

    def run(self) -> str:
        """Trains to the last epoch, or until something stops it. Returns the reason: "done", "early stopping",
        "interrupted" or "terminated". Raises TrainingError where the loss is no longer a number."""
        with Signals(self.stop):
            while self.epoch <= self.plan.epochs and self.reason is None:
                self._run_epoch()
        self.reason = self.reason or "done"
        if self.reason in ("done", "early stopping"):
            for callback, state in self.callbacks:
                callback.run_ended(state, self)
        return self.reason

    def _run_epoch(self) -> None:
        began = time.perf_counter()
        order = permutation(self.model.spec.seed, self.epoch, self.plan.samples)
        bounds = list(self.plan.bounds())
        if self.model.executor.takes_several(self.train_part) and self.updater.rule_alone and not self.clock:
            while self.iteration < len(bounds):
                if not self._stretch(order, began):
                    rows = order[slice(*bounds[self.iteration])]
                    self._iterate(take(self.train_part, rows), rows, self.iteration + 1, began)
                if self._is_over():
                    return
        else:
            left = bounds[self.iteration :]  # without those done before the run was interrupted
            with feed(self.train_part, order, left, self.clock) as batches:
                for number, (rows, batch) in enumerate(batches, start=self.iteration + 1):
                    self._iterate(batch, rows, number, began)
                    if self._is_over():
                        return
        self._end_epoch(began)

    def _is_over(self) -> bool:
        """Whether the run ends after this iteration; if not, a checkpoint is written where one is due."""
        if self.reason is None and time.perf_counter() - self._saved_at > self._save_seconds:
            self.save()
        return self.reason is not None

    def _iterate(self, batch: Batch, rows: Array, number: int, began: float) -> None:
        """One batch, of these rows: forward, backward, update."""
        clock = self.clock
        executor = self.model.executor
        result = executor.train_step(batch, self.step)
        gradients = executor.gradients
        if clock:
            clock.lap("", LAYERS)
        # checked before the update, so that the weights stay good; a dot product is the cheapest look at all
        if not math.isfinite(result.loss) or not _finite(gradients):
            self._not_a_number(batch, rows, result.loss)
        rate = self.updater.rate(self.step)
        self.updater.step(gradients, self.step)
        if clock:
            clock.lap("", UPDATE)
        self.running.add(batch, result)
        self.iteration, self.step = number, self.step + 1
        figures = self.running.figures()
        if clock:
            clock.lap("", FIGURES)
        self.emit(IterationEnded(self.epoch, number, self.step, result.loss, figures, rate,
                                 time.perf_counter() - began))  # fmt: skip
        if clock:
            clock.lap("", SCREEN)

    def _stretch(self, order: Array, began: float) -> bool:
        """Several iterations in one go, where the engine can: for small models Python would take longer than they do.
        False where it cannot make even the next one, which may have something wrong with it."""
        update, length = self.updater.rule_alone, self._stretch_length
        start, size = self.iteration, self.plan.batch_size
        # cut where every run cuts: sums of figures are then the same bytes, wherever a run was interrupted
        count = min(length - start % length, self.plan.iterations_per_epoch - start)
        part = self.train_part
        numbers = self.updater.ahead(self.step, count)
        made = self.model.executor.train_steps(part, order, size, start, self.step, numbers, update)
        if not made.done:
            return False
        self.updater.went(made.done)
        rows = order[start * size : (start + made.done) * size]
        counts = np.minimum(size, order.size - size * np.arange(start, start + made.done))
        [y] = (targets[rows] for targets in part.targets.values())
        told = Stretch(self.epoch, start, self.step, made.losses, counts, y, made.predictions,
                       None if part.weights is None else part.weights[rows], self.updater.rate,
                       self.running.copy(), began)  # fmt: skip
        self.running.add_steps(made.losses, counts, y, made.predictions, told.weights)
        self.iteration, self.step = start + made.done, self.step + made.done
        self.emit(told.event(self.running))
        return True

    @cached_property
    def _stretch_length(self) -> int:
        """Iterations in one go: some milliseconds' worth, a function of the config, so that a run's bytes are too."""
        program, rows = self.model.program, self.plan.batch_size
        work = 3 * rows * multiply_adds(program) + 10 * len(program.parameters) + OVERHEAD
        outputs = rows * sum(math.prod(n or 1 for n in program.graph.shapes[o]) for o in program.graph.outputs)
        return max(1, min(STRETCH // work, MOST_PREDICTIONS // outputs))

    def profiled(self) -> Profiled:
        """Where the time of the iterations went."""
        phases = {phase: seconds for (_, phase), seconds in self.clock.seconds.items()}
        executor = self.model.executor
        layers = executor.profile()
        names = dict.fromkeys(name for name, _ in layers)
        rows = tuple((n, layers.get((n, "forward"), 0.0), layers.get((n, "backward"), 0.0)) for n in names)
        return Profiled(self.step, executor.threads, phases, rows)

    def _end_epoch(self, began: float) -> None:
        figures = self.running.figures()
        if self.data.validation:
            validation = self.model.figures(self.data.validation)
            figures |= {f"val_{name}": value for name, value in validation.items()}
        self.history.append(figures)
        if self._is_best(figures[self.monitor]):
            self.best = {"value": figures[self.monitor], "epoch": self.epoch}
            if self.best_weights is None:
                self.best_weights = self.snapshot()
            else:  # into the old one's place
                for name, now in (("parameters", self.model.program.parameters), ("state", self.model.program.state)):
                    self.best_weights[name][...] = now
        self.emit(
            EpochEnded(self.epoch, figures, self.updater.rate(max(0, self.step - 1)), time.perf_counter() - began)
        )
        self._say_what_is_not_finite(figures)
        for callback, state in self.callbacks:
            callback.epoch_ended(state, self, self.epoch, figures)
        self.epoch, self.iteration = self.epoch + 1, 0
        self.running = Running(self.model)
        if self._save_now or time.perf_counter() - self._saved_at > self._save_seconds:
            self.save()

    def _say_what_is_not_finite(self, figures: dict[str, float]) -> None:
        """Once a run, at the first epoch with a metric that is NaN or infinite."""
        if all(map(math.isfinite, figures.values())) or not all(
            math.isfinite(value) for earlier in self.history[:-1] for value in earlier.values()
        ):
            return
        from nnctl.training.nonfinite_metrics import nonfinite_note

        part, what = (self.data.validation, "validation") if self.data.validation else (self.train_part, "training")
        note = nonfinite_note(self.model, part, figures, what)
        self.say(f"epoch {self.epoch}: {note}. An epoch in which {self.monitor} is not finite is never the best")

    def best_so_far(self) -> EpochEnded | None:
        """The best epoch of those that are done."""
        epoch = self.best["epoch"]
        return EpochEnded(epoch, self.history[epoch - 1], None, None) if epoch else None

    def _is_best(self, value: float) -> bool:
        return cb.improves(value, self.best["value"], bigger=self.bigger_is_better)

    def _not_a_number(self, batch, rows: Array, loss: float) -> None:
        from nnctl.engine.nonfinite import first_nonfinite

        place = first_nonfinite(self.model.program, batch, self.step)
        batch_number = self.iteration + 1
        raise TrainingError(
            f"the {'loss is ' + str(loss) if not math.isfinite(loss) else 'gradient is not finite'} "
            f"at epoch {self.epoch}, iteration {batch_number}: first seen in {place}",
            where=f"batch {batch_number} of {self.plan.iterations_per_epoch} "
            f"(training rows {', '.join(str(row + 1) for row in rows[:5])}{', ...' if len(rows) > 5 else ''})",
            hint=f"the weights before this batch are saved; try a learning_rate below {self.learning_rate:g}, "
            "clipnorm: 1.0 in the optimizer, or normalize: standard in the dataset",
        )

    # Checkpoints

    def save(self) -> None:
        self._save(self)
        self._saved_at, self._save_now = time.perf_counter(), False

    def checkpoint(self) -> Checkpoint:
        """Everything needed to go on to the same bits: no copies, so to be written before the next step."""
        optimizer = self.updater.state(copies=False)
        program = self.model.program
        arrays = {"parameters": program.parameters, "state": program.state}
        arrays |= {f"slot/{name}": slot for name, slot in optimizer["slots"].items()}
        if self.best_weights is not None:
            arrays |= {f"best/{name}": a for name, a in self.best_weights.items()}
        states = []
        for i, (_, state) in enumerate(self.callbacks):
            weights = state.get("weights")
            if weights is not None:
                arrays |= {f"callback/{i}/{name}": a for name, a in weights.items()}
            states.append({key: value for key, value in state.items() if key != "weights"})
        running = {"rows": self.running.rows, "loss": self.running.loss, "losses": self.running.losses,
                   "states": [dump(state) for state in self.running.states]}  # fmt: skip
        position = {
            "epoch": self.epoch, "iteration": self.iteration, "step": self.step, "running": running,
            "history": self.history, "best": self.best, "callbacks": states, "seed": self.model.spec.seed,
            "optimizer": {key: value for key, value in optimizer.items() if key != "slots"},
        }  # fmt: skip
        return Checkpoint(arrays, position)

    def go_on_from(self, checkpoint: Checkpoint) -> None:
        """Takes up a checkpoint's position."""
        arrays, position = checkpoint.arrays, checkpoint.position
        self.restore({name: arrays[name] for name in ("parameters", "state")})
        slots = {name.removeprefix("slot/"): a for name, a in arrays.items() if name.startswith("slot/")}
        self.updater.load_state({"slots": slots, **position["optimizer"]})
        self.epoch, self.iteration, self.step = position["epoch"], position["iteration"], position["step"]
        self.history, self.best = position["history"], position["best"]
        if "best/parameters" in arrays:
            self.best_weights = {name: arrays[f"best/{name}"] for name in ("parameters", "state")}
        for i, ((_, state), saved) in enumerate(zip(self.callbacks, position["callbacks"], strict=True)):
            state.update(saved)
            if f"callback/{i}/parameters" in arrays:
                state["weights"] = {name: arrays[f"callback/{i}/{name}"] for name in ("parameters", "state")}
        running = position["running"]
        self.running.rows, self.running.loss = running["rows"], running["loss"]
        self.running.losses = running["losses"]
        for state, saved in zip(self.running.states, running["states"], strict=True):
            state.update(load(saved))


def _finite(gradients: Array) -> bool:
    norm = float(np.dot(gradients, gradients))
    # a sum of squares may overflow where no gradient did
    return math.isfinite(norm) or bool(np.isfinite(gradients).all())
