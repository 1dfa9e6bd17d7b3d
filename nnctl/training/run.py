"""One call of train, new or resumed: the loop, the run's folder, and the subscribers."""

from __future__ import annotations

import contextlib
import time
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

import numpy as np

from nnctl import config as specs
from nnctl.config.types import Config
from nnctl.data.dataset import Dataset, Split
from nnctl.errors import RunError, TrainingError
from nnctl.nn.optimizers import Optimizer
from nnctl.quoting import shell_path
from nnctl.torch_engine import launch
from nnctl.training import checkpoint
from nnctl.training.advice import advice
from nnctl.training.atomic_files import Lock, write_safely
from nnctl.training.baseline import baselines
from nnctl.training.batch_plan import Plan
from nnctl.training.batching import cast
from nnctl.training.best_or_last import Kept, Weights
from nnctl.training.checkpoint import Checkpoint
from nnctl.training.checks.ctc_lengths import check_alignment
from nnctl.training.checks.inputs import check_inputs
from nnctl.training.class_weights import class_notes, with_class_weight
from nnctl.training.dispatcher import Dispatcher
from nnctl.training.divergence_guard import BlownUp
from nnctl.training.events import CheckpointWritten, Event, RunEnded, RunStarted, Said, Subscriber
from nnctl.training.initial_weights import Arrays, put, save_initial
from nnctl.training.loop import FINISHED, Loop
from nnctl.training.model import Model
from nnctl.training.model_file import save_model
from nnctl.training.model_metrics import target_names
from nnctl.training.nonfinite_metrics import nonfinite_note
from nnctl.training.run_environment import changed_environment, environment, saved_environment
from nnctl.training.run_folder import (
    CHECKPOINTS,
    CONFIG,
    ENVIRONMENT,
    MODEL,
    remove_leftovers,
    save_json,
)
from nnctl.training.run_log import Log
from nnctl.training.signals import Signals
from nnctl.training.training_state import is_finished, position_of, take_up
from nnctl.training.verdict import verdict_of

OUTPUT_LOST = "output lost"  # the reason for which a run ends if its output can no longer be written


class Run:
    """One call of `train` or `resume`: the loop, its folder and its subscribers.

    found: the checkpoint to resume from. notes: more lines for the user. initial: weights from elsewhere that the
    model begins with, by "layer/weight".
    """

    lock: Lock
    log: Log

    def __init__(self, spec: Config, data: Dataset, model: Model, subscribers: Iterable[Subscriber], *,
                 found: Checkpoint | None = None, notes: Sequence[str] = (),
                 initial: Arrays = MappingProxyType({})):  # fmt: skip
        self.spec, self.model, self.found, self.initial = spec, model, found, initial
        dtype = model.program.dtype
        self.data = replace(
            data,
            train=cast(data.train, dtype),
            validation=data.validation and cast(data.validation, dtype),
            test=data.test and cast(data.test, dtype),
        )
        check_inputs(model.graph, self.data.splits)
        check_alignment(model, data.targets, self.data.splits)
        self.config = specs.dump(spec.resolved, spec.origins)
        self.config_is_written = False
        self.settings = {
            "seed": spec.seed, "threads": model.executor.threads, "dtype": spec.engine.dtype,
            "shard_rows": spec.engine.shard_rows, "data": fingerprint(self.data.train),
        }  # fmt: skip
        self.notes = [*data.notes, *class_notes(self.data.train, spec, data.targets), *model.warnings, *notes]
        self.dispatcher = Dispatcher(subscribers, self.output_lost)
        self.lost: OSError | None = None  # a subscriber's error: the terminal or a pipe was closed
        weighted = with_class_weight(self.data.train, spec, self.data.targets)
        self.loop = Loop(model, self.data, weighted, self.dispatcher.emit, self.save,
                         wants_iterations=self.dispatcher.wants_iterations)  # fmt: skip
        self.notes += advice(model, self.data, self.loop.plan)
        self.settings["engine"] = model.executor.label
        if model.executor.ranks > 1:
            self.settings |= {"processes": model.executor.ranks, "launcher": launch.launcher()}
            self.notes.append(processes_note(self.loop.plan, model.executor.ranks))
        if model.executor.uses_kernels:
            self.settings["kernels"] = self.loop.kernels.name
        self.notes += filter(None, [self.loop.kernels.note, self.loop.kernels.cache_note])

    @property
    def folder(self) -> Path:
        return self.lock.folder

    def go(self, lock: Lock) -> RunEnded:
        """Trains, in the folder that is locked. Whatever can be refused is checked before anything is written."""
        began = time.perf_counter()
        self.lock, loop = lock, self.loop
        with self.model.executor, Signals(loop.stop):
            self.take_up()
            self.write_beginning()
            self.log = self.open_log()
            self.dispatcher.add(self.log, required=True)
            try:
                self.emit(self.started(loop))
                ended = self.finish(loop, self.train(loop), began)
            except BaseException:
                with contextlib.suppress(OSError):  # the first error is the one to report
                    self.dispatcher.deliver()
                with contextlib.suppress(OSError):
                    self.log.close()
                raise
            self.log.close()
        if self.lost is not None and ended.reason in (*FINISHED, OUTPUT_LOST):
            raise self.lost
        return ended

    def take_up(self) -> None:
        """Continues from the checkpoint, if there is one, and notes what has changed since."""
        then = saved_environment(self.folder)
        data = self.found.position["data"] if self.found else then.get("data", self.settings["data"])
        if data != self.settings["data"]:
            raise RunError("the training data are not the same as when the run started", where=str(self.folder),
                           hint="restore the files, or start a new run")  # fmt: skip
        if self.found is None:
            return
        loop, finished = self.loop, is_finished(self.found.position, self.spec)
        self.notes += take_up(loop, self.found, str(self.folder))
        self.notes += changed_environment(then, environment(self.settings))
        if not finished:
            self.notes.append(f"resuming {_after(loop.epoch - 1, loop.iteration)}")

    def write_beginning(self) -> None:
        """Writes the first files of a run's folder if they are missing, and removes what does not belong there."""
        remove_leftovers(self.folder)
        step = self.found.position["step"] if self.found else -1
        checkpoint.remove_after(self.folder / CHECKPOINTS, step)
        if not self.config_is_written:  # a folder with a config has the initial weights, too
            save_initial(self.folder, self.initial)
            write_safely(self.folder / CONFIG, self.config.encode())
        if not saved_environment(self.folder):
            save_json(self.folder / ENVIRONMENT, environment(self.settings))

    def open_log(self) -> Log:
        return Log(self.folder, self.loop.metric_names(), self.loop.history)

    def started(self, loop: Loop) -> RunStarted:
        data, plan = self.data, loop.plan
        return RunStarted(
            name=self.spec.name, folder=self.folder, epochs=plan.epochs, batch_size=plan.batch_size,
            iterations_per_epoch=plan.iterations_per_epoch, rows=data.rows,
            parameters=self.model.parameters, trainable=self.model.trainable,
            metrics=self.model.metric_names, baselines=self.baselines, notes=tuple(self.notes),
            first_epoch=loop.epoch, threads=self.model.executor.threads, best_so_far=loop.best_so_far(),
            monitor=loop.best.monitor, bigger_is_better=loop.best.bigger_is_better, scaled=self.model.scaled_losses,
            targets={name: data.targets[output] for output, name in target_names(data.targets).items()},
        )  # fmt: skip

    @cached_property
    def baselines(self) -> dict[str, dict[str, float]]:
        return baselines(self.model, self.data)

    def train(self, loop: Loop) -> str:
        """Trains. If the weights or the loss are no longer finite, saves the last good weights and raises."""
        try:
            return loop.run()
        except BlownUp as error:
            kept, goes_on = self.save_last_good(loop, error)
            [problem] = error.problems
            again = f"nnctl train --resume {shell_path(self.folder)} --set {lower_rate(self.spec.optimizer)}"
            saved = f"the {kept}{',' if ',' in str(kept) else ''} were saved"  # the weights of epoch 3, the last, were
            hint = f"{saved}, and --resume continues {goes_on}; {problem.hint}, for example: {again}"
            self.emit(RunEnded("nan", self.folder, loop.epoch - 1, 0.0, hint=hint, kept=kept))
            raise TrainingError(problem.message, problem.where, hint) from None

    def save_last_good(self, loop: Loop, error: BlownUp) -> tuple[Kept, str]:
        """Saves the last good weights: those before the batch, else those of the last checkpoint, else those of the
        best epoch, else the initial ones. Returns which they are, and where --resume continues."""
        if error.weights_are_good:
            try:
                loop.save()
                goes_on = _after(loop.epoch - 1, loop.iteration)
                return self.save_model(loop.kept()), goes_on
            except BlownUp:
                pass
        found, _ = checkpoint.newest(self.folder / CHECKPOINTS)
        goes_on = "from the beginning"
        kept = [(best, weights) for best, weights in loop.kept() if best.weights == "best" and self.is_good(weights)]
        if found is not None:
            epoch, inside = found.position["epoch"], found.position["iteration"] or None
            goes_on = _after(epoch - 1, inside or 0)
            last = Kept("last", epoch if inside else epoch - 1, inside), found.arrays
            if self.is_good(found.arrays):
                kept.append(last)
        if not any(which.weights == "last" for which, _ in kept):
            if kept:  # the best are the last that are known to be good
                [(best, weights)] = kept
                kept.append((Kept("last", best.epoch), weights))
            else:
                self.model.program.initialize()
                put(self.model.program, self.initial)
                kept.append((Kept("last", 0), loop.snapshot()))
        if self.spec.keep == "last" or self.data.validation is None:
            kept.reverse()
        return self.save_model(kept), goes_on

    def is_good(self, weights: Weights) -> bool:
        self.loop.put(weights)
        return self.loop.guard.fault(slots=False) is None

    def finish(self, loop: Loop, reason: str, began: float) -> RunEnded:
        """Saves and reports the result. The model is saved first: with the checkpoint, the run counts as finished."""
        kept = self.save_model(loop.kept())
        loop.save()
        test, said = {}, None
        finished = reason in FINISHED
        if finished:  # test with the weights that eval uses
            loop.put(loop.kept()[0][1])
        if self.data.test and finished:
            test = self.model.compute_metrics(self.data.test)
            if note := nonfinite_note(self.model, self.data.test, test, "test"):
                self.emit(Said(f"test: {note}"))
        if finished:
            said = verdict_of(self.model, self.data, loop.history, loop.best.epoch, kept, self.baselines, test)
        if loop.clock:
            self.emit(loop.profiled())
        ended = RunEnded(reason, self.folder, len(loop.history), time.perf_counter() - began, test,
                         loop.best.epoch, kept=kept, verdict=said)  # fmt: skip
        self.emit(ended)
        return ended

    def save_model(self, kept: Sequence[tuple[Kept, Weights]]) -> Kept:
        self.lock.check()
        save_model(self.folder / MODEL, self.model, self.data, self.config, kept)
        return kept[0][0]

    def save(self, loop: Loop) -> None:
        """Writes the checkpoints `best`, if there is a best epoch, and `last`, from which a run is resumed. The log's
        files are written before."""
        self.lock.check()
        self.dispatcher.deliver()
        self.log.flush()
        folder = self.folder / CHECKPOINTS
        best = loop.best
        if best.epoch is not None and best.weights is not None:
            at_best = Checkpoint(best.weights, {**best.position(), "monitor": best.monitor})
            checkpoint.save(folder, "best", best.epoch * loop.plan.iterations_per_epoch, at_best)
        now = position_of(loop)
        position = {**now.position, "data": self.settings["data"]}
        path = checkpoint.save(folder, "last", loop.step, Checkpoint(now.arrays, position))
        self.emit(CheckpointWritten(path, "last", loop.epoch))

    def emit(self, event: Event) -> None:
        self.dispatcher.emit(event)

    def output_lost(self, error: OSError) -> None:
        """Ends the run, and raises the error once it is saved."""
        self.lost = self.lost or error
        self.loop.stop(OUTPUT_LOST)


def processes_note(plan: Plan, processes: int) -> str:
    """How several processes share a batch."""
    rows = " or ".join(str(count) for count in dict.fromkeys(plan.share(processes)))
    return f"{processes} processes train together: each computes {rows} of the {plan.largest_batch} rows of a batch"


def lower_rate(optimizer: Optimizer) -> str:
    """A learning rate to try, as --set takes it: a tenth, or the default if that is less."""
    usual = type(optimizer).model_fields["learning_rate"].default
    rate = optimizer.learning_rate if isinstance(optimizer.learning_rate, float) else usual
    return f"optimizer.{optimizer.kind}.learning_rate={min(rate / 10, usual):g}"


def fingerprint(split: Split, rows: int = 1000) -> str:
    """A checksum that distinguishes training sets: of their numbers of rows, and of rows spread over them."""
    arrays = {**split.inputs, **split.targets}
    step = max(1, split.rows // rows)
    sums = [zlib.crc32(np.ascontiguousarray(a[::step]).tobytes()) for a in arrays.values()]
    return "-".join([str(split.rows), *(f"{s:08x}" for s in sums)])


def _after(epochs: int, iterations: int) -> str:
    """Where training goes on. epochs: those that are finished. iterations: those of the next one."""
    whole = f"after epoch {epochs}" if epochs else "from the beginning"
    return f"after iteration {iterations} of epoch {epochs + 1}" if iterations else whole
