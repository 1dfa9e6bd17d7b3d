"""The training loop: epochs of iterations, each a batch forward and backward and an update of the weights."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from nnctl.data.dataset import Dataset, Split
from nnctl.engine.batch import Batch
from nnctl.engine.profiler import LAYERS, UPDATE, Clock
from nnctl.kernels.selection import Choice
from nnctl.training.batch_plan import Plan, permutation
from nnctl.training.batching import make_batch
from nnctl.training.best_epoch import BestEpoch, snapshot
from nnctl.training.best_or_last import Kept, Weights
from nnctl.training.divergence_guard import Guard
from nnctl.training.engines import kernels_for
from nnctl.training.events import EpochEnded, Event, Profiled, Said
from nnctl.training.metric_accumulator import MetricAccumulator
from nnctl.training.model import Model
from nnctl.training.multi_step import MultiStep
from nnctl.training.nonfinite_metrics import say_which_are_not_finite
from nnctl.training.pending_iterations import PendingIterations
from nnctl.training.prefetch import epoch_batches

Array = np.ndarray

FINISHED = ("done", "early stopping")  # reasons for which a run ends that has come to its end


class Loop:
    """Trains a model on a split of the data, and tells of it by events.

    epoch, iteration, step: the epoch under way, from 1; iterations of it that are done; iterations of the run.
    reason: why the run ends, once it does.

    save: called with the loop when a checkpoint is due, which is every `save_seconds` at the latest.
    wants_iterations: asked before the event of several iterations is made. kernels: by default, those that the run's
    work is worth.
    """

    def __init__(self, model: Model, data: Dataset, train: Split, emit: Callable[[Event], None],
                 save: Callable[[Loop], None], *, wants_iterations: Callable[[], bool] = lambda: True,
                 save_seconds: float = 10.0, kernels: Choice | None = None):  # fmt: skip
        spec, executor = model.spec, model.executor
        self.model, self.data, self.train_split, self.emit = model, data, train, emit
        self.wants_iterations = wants_iterations
        self.plan = Plan(train.rows, min(spec.batch_size or train.rows, train.rows), spec.epochs)
        self.kernels = kernels or kernels_for(model, self.plan)
        executor.kernels = self.kernels.layers
        self.optimizer = executor.optimizer_step(spec.optimizer, self.kernels.compiled_rule)
        self.metrics_so_far = MetricAccumulator(model)  # without the iterations that are pending; see `metrics`
        self.history: list[dict[str, float]] = []  # metrics of each epoch that has ended
        self.callbacks = [(each.directed(model.bigger_is_better), each.start()) for each in spec.callbacks]
        for callback, _ in self.callbacks:
            callback.check(self.metric_names())
        self.best = BestEpoch([callback for callback, _ in self.callbacks], data.validation is not None)
        self.guard = Guard(self)
        self.multi_step = MultiStep(self)
        self.pending = PendingIterations(self)
        self.clock: Clock | None = None  # set before `run` to measure how long each phase takes

        self.epoch, self.iteration, self.step = 1, 0, 0
        self.epoch_began = 0.0
        self.last_rows: Array | None = None  # of the last batch
        self.reason: str | None = None
        self._asked: str | None = None  # a reason that not all processes know yet
        self._ending = False
        self._restored: tuple[int, Weights] | None = None  # the epoch and the weights that a callback ends the run with
        self._save, self._save_seconds = save, save_seconds
        self._saved_at, self._save_now = executor.now(), False

    # Training

    def run(self) -> str:
        """Trains to the last epoch, or until something stops it. Returns the reason: "done", "early stopping",
        "interrupted", "terminated" or "hung up". Raises BlownUp where the loss or a weight is no longer a number."""
        with np.errstate(all="ignore"):  # the guard finds what is not finite
            while self.epoch <= self.plan.epochs and self.reason is None:
                self._train_epoch()
        self.guard.check()
        if self.epoch > self.plan.epochs:
            self.stop("done")
        if self.reason in FINISHED:
            self._ending = True
            for callback, state in self.callbacks:
                callback.run_ended(state, self)
        assert self.reason is not None  # else there would be epochs left
        return self.reason

    def _train_epoch(self) -> None:
        """Trains on the batches of the epoch, or on those that are left of it where the run was interrupted."""
        self.epoch_began = time.perf_counter()
        self.guard.epoch_begins()
        order = permutation(self.model.spec.seed, self.epoch, self.plan.samples)
        if self.multi_step.possible:
            self._train_on_several_at_once(order)
        else:
            self._train_one_by_one(order)
        if self.reason is None:
            self._end_epoch()

    def _train_one_by_one(self, order: Array) -> None:
        bounds = list(self.plan.bounds())[self.iteration :]
        gather = not self.model.executor.gathers_rows
        with epoch_batches(self.train_split, order, bounds, self.clock, gather=gather) as batches:
            try:
                for rows, batch in batches:
                    self._train_step(batch, rows)
                    if self._is_over():
                        return
            finally:
                self.pending.finish()

    def _train_on_several_at_once(self, order: Array) -> None:
        while self.iteration < self.plan.iterations_per_epoch:
            if not self.multi_step.run(order, self.multi_step.length):
                self._train_on_next_batch(order)
            if self._is_over():
                return

    def _train_on_next_batch(self, order: Array) -> None:
        rows = order[slice(*self.plan.bounds_of(self.iteration))]
        self._train_step(make_batch(self.train_split, rows), rows)

    def _train_step(self, batch: Batch, rows: Array) -> None:
        """One iteration: forward, backward, update. rows: the numbers of the batch's rows."""
        executor, optimizer = self.model.executor, self.optimizer
        self.guard.before_step()

        result = executor.train_step(batch, self.step)  # forward and backward
        self.lap(LAYERS)

        self.guard.check_step(batch, rows, result.loss)
        learning_rate = optimizer.rate(self.step)
        optimizer.step(executor.gradients, self.step)
        self.lap(UPDATE)

        self.last_rows = rows
        self.iteration, self.step = self.iteration + 1, self.step + 1
        self.pending.add(batch, result, learning_rate)

    def _is_over(self) -> bool:
        """Whether the run ends after this iteration; if not, a checkpoint is written where one is due."""
        self.reason = self.model.executor.agreed(self.reason or self._asked)
        if self.reason is None and self._save_is_due():
            self.save()
        return self.reason is not None

    def _end_epoch(self) -> None:
        """Validation, then whatever follows from the epoch's metrics."""
        self.guard.epoch_ends()
        metrics = self.metrics.result()
        if self.data.validation:
            validation = self.model.compute_metrics(self.data.validation)
            metrics |= {f"val_{name}": value for name, value in validation.items()}
        self.history.append(metrics)
        is_best = self.best.offer(self.epoch, metrics, self.model.program)
        rate = self.optimizer.rate(max(0, self.step - 1))
        self.emit(EpochEnded(self.epoch, metrics, rate, time.perf_counter() - self.epoch_began, is_best))
        say_which_are_not_finite(self, metrics)
        for callback, state in self.callbacks:
            callback.epoch_ended(state, self, self.epoch, metrics)
        self.begin_next_epoch()
        if self.reason is not None or self.epoch > self.plan.epochs:
            return  # the model is written first, then a checkpoint that says that the run is finished
        if self._save_now or self._save_is_due():
            self.save()

    def _save_is_due(self) -> bool:
        return self.model.executor.now() - self._saved_at > self._save_seconds

    @property
    def metrics(self) -> MetricAccumulator:
        """Of the epoch under way."""
        self.pending.finish()
        return self.metrics_so_far

    @metrics.setter
    def metrics(self, metrics: MetricAccumulator) -> None:
        self.pending.clear()
        self.metrics_so_far = metrics

    def begin_next_epoch(self) -> None:
        self.epoch, self.iteration = self.epoch + 1, 0
        self.metrics = MetricAccumulator(self.model)

    def step_again(self, order: Array) -> None:
        """The next iteration by itself, computed as it was the first time."""
        if not (self.multi_step.possible and self.multi_step.run(order, 1)):
            self._train_on_next_batch(order)

    # What callbacks may do (see callbacks.TrainingLoop)

    def stop(self, reason: str) -> None:
        """Ends the run after this epoch (or, for a signal, after this iteration). A run that has come to its end cannot
        be interrupted any more."""
        if self.model.executor.ranks > 1 and reason not in FINISHED:
            self._asked = reason  # until all processes have agreed on it
        elif self.reason not in FINISHED and (self.reason is None or reason in FINISHED):
            self.reason = reason

    def say(self, text: str) -> None:
        self.emit(Said(text))

    def save_soon(self) -> None:
        """Asks for a checkpoint at the end of this epoch."""
        self._save_now = True

    @property
    def learning_rate(self) -> float:
        """Of the next step."""
        return self.optimizer.rate(self.step)

    @property
    def rate_scale(self) -> float:
        return self.optimizer.rate_scale

    @rate_scale.setter
    def rate_scale(self, value: float) -> None:
        self.optimizer.rate_scale = value

    def snapshot(self) -> Weights:
        return snapshot(self.model.program)

    def restore(self, weights: Weights) -> None:
        """Goes back to these weights: at once, or, at the end of the run, for the model that is kept. (A checkpoint has
        the weights that training would go on from.)"""
        if not self._ending:
            self.put(weights)
            self.guard.forget()
            return
        epochs = [state.get("best_epoch") for _, state in self.callbacks if state.get("weights") is weights]
        self._restored = next(filter(None, epochs), self.epoch - 1), weights

    # Weights and checkpoints

    def put(self, weights: Weights) -> None:
        """Copies these weights into the model."""
        self.model.program.parameters[...] = weights["parameters"]
        self.model.program.state[...] = weights["state"]
        self.weights_changed()

    def weights_changed(self) -> None:
        """Weights or slots were written to by something other than a step."""
        self.model.executor.weights_changed()
        self.optimizer.slots_changed()

    def kept(self) -> list[tuple[Kept, Weights]]:
        """The weights to keep, first those that eval and predict use."""
        iteration, program = self.iteration or None, self.model.program
        now = {"parameters": program.parameters, "state": program.state}  # not copies
        epoch, weights = self._restored or (self.epoch if iteration else self.epoch - 1, now)
        last = Kept("last", epoch, None if self._restored else iteration), weights
        best = self.best.kept()
        if best is None:
            return [last]
        uses_best = self.data.validation is not None and self.model.spec.keep == "best"
        return [best, last] if uses_best else [last, best]

    def save(self) -> None:
        """Has a checkpoint written. Raises BlownUp rather than keep weights that are not good."""
        self.guard.check()
        self._save(self)
        self._saved_at, self._save_now = self.model.executor.now(), False

    # What is told

    def metric_names(self) -> list[str]:
        """Names of an epoch's metrics, those of the validation split included."""
        own = list(self.model.metric_names)
        return own + [f"val_{name}" for name in own] if self.data.validation else own

    def best_so_far(self) -> EpochEnded | None:
        """The best of the epochs that have ended, as an event."""
        epoch = self.best.epoch
        return EpochEnded(epoch, self.history[epoch - 1], None, None, True) if epoch else None

    def profiled(self) -> Profiled:
        """Where the time of the iterations went."""
        phases = {phase: seconds for (_, phase), seconds in self.clock.seconds.items()} if self.clock else {}
        executor = self.model.executor
        layers = executor.profile()
        names = dict.fromkeys(name for name, _ in layers)
        rows = tuple((n, layers.get((n, "forward"), 0.0), layers.get((n, "backward"), 0.0)) for n in names)
        return Profiled(self.step, executor.threads, phases, rows)

    def lap(self, phase: str) -> None:
        """Ends a phase, if they are being measured."""
        if self.clock:
            self.clock.lap("", phase)
