"""The training loop: epochs of iterations, each a batch forward, backward and an update, told as events."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from nnctl.data.dataset import Dataset, Split
from nnctl.engine.batch import Batch
from nnctl.engine.cost_model import calls, multiply_adds
from nnctl.engine.optimizer_step import OptimizerStep
from nnctl.engine.profiler import FIGURES, LAYERS, SCREEN, UPDATE, Clock
from nnctl.kernels.selection import Work, choose
from nnctl.training import callbacks as cb
from nnctl.training.batch_plan import Plan, permutation
from nnctl.training.best_or_last import Kept, Weights
from nnctl.training.divergence_guard import Guard
from nnctl.training.events import EpochEnded, Event, IterationEnded, Profiled, Said
from nnctl.training.model import MetricAccumulator, Model, take
from nnctl.training.multi_step import Stretch
from nnctl.training.prefetch import feed

Array = np.ndarray

# Multiply-adds of iterations in one go, some dozens of milliseconds; what an iteration takes besides; and how many
# numbers their predictions may be.
STRETCH, OVERHEAD, MOST_PREDICTIONS = 4_000_000_000, 50_000, 4_000_000


FINISHED = ("done", "early stopping")


class Loop:
    """One run: where it stands, and how it goes on.

    save: called with the loop when a checkpoint is due; every `save_seconds` at the latest.
    """

    def __init__(self, model: Model, data: Dataset, train: Split, emit: Callable[[Event], None],
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
        self.updater = OptimizerStep(spec.optimizer, program.parameters, program.spans, shapes=program.shapes,
                               sweep=self.kernels.sweep, threads=executor.threads,
                               side_by_side=executor.side_by_side)  # fmt: skip
        self.callbacks = [(each.directed(model.bigger_is_better), each.start()) for each in spec.callbacks]
        self.epoch, self.iteration, self.step = 1, 0, 0  # the epoch under way; iterations done in it; and ever
        self.running = MetricAccumulator(model)
        self.clock: Clock | None = None  # set before `run` to have the time of each phase taken
        self.history: list[dict[str, float]] = []  # figures of each finished epoch
        self._watch = self._watched()
        self.monitor, self.bigger_is_better = self._watch.monitor, self._watch.mode == "max"
        self.best: dict[str, Any] = {"value": None, "epoch": None}
        self.best_weights: Weights | None = None
        self._best_before: Weights | None = None
        self._restored: tuple[int, Weights] | None = None  # what a callback goes back to at the end, of which epoch
        self._ending = False
        self.seen: Array | None = None  # rows of the last batch that was trained on
        self.reason: str | None = None  # why the run ends, once it does
        self.guard = Guard(self)
        self._save, self._save_seconds = save, save_seconds
        self._saved_at = time.perf_counter()
        self._save_now = False

    def _watched(self) -> cb.EarlyStopping | cb.ModelCheckpoint:
        """The callback whose metric tells which epoch is best: a ModelCheckpoint, else an EarlyStopping."""
        names = self.figure_names()
        for callback, _ in self.callbacks:
            callback.check(names)
        for kind in (cb.ModelCheckpoint, cb.EarlyStopping):
            for callback, _ in self.callbacks:
                if isinstance(callback, kind):
                    return callback
        return cb.ModelCheckpoint(monitor="val_loss" if self.data.validation else "loss", mode="min")

    def figure_names(self) -> list[str]:
        """Names of an epoch's figures, validation's included."""
        own = list(self.model.figure_names)
        return own + [f"val_{name}" for name in own] if self.data.validation else own

    # What callbacks may do

    def stop(self, reason: str) -> None:
        """Ends the run after this epoch (or, for a signal, after this iteration). A run that has come to its end is not
        interrupted any more."""
        if self.reason not in FINISHED and (self.reason is None or reason in FINISHED):
            self.reason = reason

    def say(self, text: str) -> None:
        self.emit(Said(text))

    def save_soon(self) -> None:
        """Asks for a checkpoint at the end of this epoch."""
        self._save_now = True

    def snapshot(self) -> Weights:
        program = self.model.program
        return {"parameters": program.parameters.copy(), "state": program.state.copy()}

    def restore(self, weights: Weights) -> None:
        """Goes back to these weights: at once, or at the end of the run for what is kept of it. (A checkpoint has those
        that training would go on from.)"""
        if not self._ending:
            self.put(weights)
            self.guard.forget()
            return
        epochs = [state.get("best_epoch") for _, state in self.callbacks if state.get("weights") is weights]
        self._restored = next(filter(None, epochs), self.epoch - 1), weights

    def put(self, weights: Weights) -> None:
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
        "interrupted", "terminated" or "hung up". Raises BlownUp where the loss is no longer a number, or a weight."""
        with np.errstate(all="ignore"):  # what is not finite is found and told; NumPy need not warn besides
            while self.epoch <= self.plan.epochs and self.reason is None:
                self._run_epoch()
        self.guard.check()
        if self.epoch > self.plan.epochs:
            self.stop("done")
        if self.reason in FINISHED:
            self._ending = True
            for callback, state in self.callbacks:
                callback.run_ended(state, self)
        assert self.reason is not None  # else epochs would be left
        return self.reason

    def kept(self) -> list[tuple[Kept, Weights]]:
        """The weights to keep, first those that eval and predict use."""
        inside = self.iteration or None
        program = self.model.program
        now = {"parameters": program.parameters, "state": program.state}  # no copies
        epoch, weights = self._restored or (self.epoch if inside else self.epoch - 1, now)
        last = Kept("last", epoch, None if self._restored else inside), weights
        if self.best["epoch"] is None or self.best_weights is None:
            return [last]
        best = Kept("best", self.best["epoch"], None, self.monitor, self.best["value"]), self.best_weights
        uses_best = self.data.validation is not None and self.model.spec.keep == "best"
        return [best, last] if uses_best else [last, best]

    def _run_epoch(self) -> None:
        began = time.perf_counter()
        order = permutation(self.model.spec.seed, self.epoch, self.plan.samples)
        bounds = list(self.plan.bounds())
        self.guard.epoch_begins()
        if self._takes_several:
            while self.iteration < len(bounds):
                if not self._stretch(order, began, self._stretch_length):
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
        self.guard.before_step()
        result = executor.train_step(batch, self.step)
        gradients = executor.gradients
        if clock:
            clock.lap("", LAYERS)
        # checked before the update, so that the weights stay good; a dot product is the cheapest look at all
        if not math.isfinite(result.loss) or not _finite(gradients):
            self.guard.not_a_number(batch, rows, result.loss)
        self.guard.step_is_good()
        rate = self.updater.rate(self.step)
        self.updater.step(gradients, self.step)
        if clock:
            clock.lap("", UPDATE)
        self.seen = rows
        self.running.add(batch, result)
        self.iteration, self.step = number, self.step + 1
        figures = self.running.figures()
        if clock:
            clock.lap("", FIGURES)
        self.emit(IterationEnded(self.epoch, number, self.step, result.loss, figures, rate,
                                 time.perf_counter() - began))  # fmt: skip
        if clock:
            clock.lap("", SCREEN)

    def step_again(self, order: Array) -> None:
        """The next iteration as it was made before, by itself."""
        if not (self._takes_several and self._stretch(order, 0.0, 1)):
            rows = order[slice(*list(self.plan.bounds())[self.iteration])]
            self._iterate(take(self.train_part, rows), rows, self.iteration + 1, 0.0)

    @property
    def _takes_several(self) -> bool:
        return bool(self.model.executor.takes_several(self.train_part) and self.updater.rule_alone and not self.clock)

    def _stretch(self, order: Array, began: float, length: int) -> bool:
        """At most `length` iterations in one go, where the engine can: for small models Python would take longer than
        they do. False where it cannot make even the next one, which may have something wrong with it."""
        self.guard.before_step()
        update = self.updater.rule_alone
        assert update is not None, "see _takes_several"
        start, size = self.iteration, self.plan.batch_size
        # cut where every run cuts: sums of figures are then the same bytes, wherever a run was interrupted
        count = min(length - start % length, self.plan.iterations_per_epoch - start)
        part = self.train_part
        numbers = self.updater.ahead(self.step, count)
        made = self.model.executor.train_steps(part, order, size, start, self.step, numbers, update)
        if not made.done:
            return False
        self.guard.step_is_good()
        self.updater.went(made.done)
        rows = order[start * size : (start + made.done) * size]
        self.seen = rows[(made.done - 1) * size :]
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
        phases = {phase: seconds for (_, phase), seconds in self.clock.seconds.items()} if self.clock else {}
        executor = self.model.executor
        layers = executor.profile()
        names = dict.fromkeys(name for name, _ in layers)
        rows = tuple((n, layers.get((n, "forward"), 0.0), layers.get((n, "backward"), 0.0)) for n in names)
        return Profiled(self.step, executor.threads, phases, rows)

    def _end_epoch(self, began: float) -> None:
        self.guard.epoch_ends()
        figures = self.running.figures()
        if self.data.validation:
            validation = self.model.figures(self.data.validation)
            figures |= {f"val_{name}": value for name, value in validation.items()}
        self.history.append(figures)
        best = self._is_best(figures[self.monitor])
        if best:
            self.best = {"value": figures[self.monitor], "epoch": self.epoch}
            # the one before stays, in case this one's weights turn out not to be good
            self.best_weights, self._best_before = self._best_before or self.snapshot(), self.best_weights
            for name, now in (("parameters", self.model.program.parameters), ("state", self.model.program.state)):
                self.best_weights[name][...] = now
        rate = self.updater.rate(max(0, self.step - 1))
        self.emit(EpochEnded(self.epoch, figures, rate, time.perf_counter() - began, best))
        self._say_what_is_not_finite(figures)
        for callback, state in self.callbacks:
            callback.epoch_ended(state, self, self.epoch, figures)
        self.epoch, self.iteration = self.epoch + 1, 0
        self.running = MetricAccumulator(self.model)
        if self.reason is not None or self.epoch > self.plan.epochs:
            return  # the model is written first, then a checkpoint that says that the run is finished
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
        return EpochEnded(epoch, self.history[epoch - 1], None, None, True) if epoch else None

    def _is_best(self, value: float) -> bool:
        """Whether this epoch's value is the best so far: for an EarlyStopping that goes back to the best epoch as it
        sees that."""
        watch, min_delta = self._watch, 0.0
        if isinstance(watch, cb.EarlyStopping) and watch.restore_best_weights:
            if self.epoch - 1 < watch.start_from_epoch:
                return False
            min_delta = watch.min_delta
        return watch.better(value, self.best["value"], min_delta)

    # Checkpoints

    def save(self) -> None:
        """Has a checkpoint written. Raises BlownUp rather than keep weights that are not good."""
        self.guard.check()
        self._save(self)
        self._saved_at, self._save_now = time.perf_counter(), False


def _finite(gradients: Array) -> bool:
    norm = float(np.dot(gradients, gradients))
    # a sum of squares may overflow where no gradient did
    return math.isfinite(norm) or bool(np.isfinite(gradients).all())
