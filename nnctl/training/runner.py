"""What the commands train and train --resume call."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np

from nnctl import data as data_package
from nnctl import spec as specs
from nnctl.data.parts import Data, Part
from nnctl.engine.profile import Clock
from nnctl.errors import RunError, TrainingError
from nnctl.quoting import shell_path
from nnctl.spec.model import Spec
from nnctl.training import checkpoint
from nnctl.training.advice import advice
from nnctl.training.alignment import check_alignment
from nnctl.training.baseline import baseline
from nnctl.training.class_weights import class_notes, with_class_weight
from nnctl.training.events import CheckpointWritten, Event, RunEnded, RunStarted, Said, Subscriber
from nnctl.training.files import Lock, write_safely
from nnctl.training.folder import (
    Log,
    changed_environment,
    environment,
    existing_folder,
    new_folder,
    save_json,
)
from nnctl.training.loop import Loop
from nnctl.training.model import Model, cast, label_kinds
from nnctl.training.model_metrics import target_names
from nnctl.training.nonfinite_metrics import nonfinite_note
from nnctl.training.refusals import check_inputs
from nnctl.training.saved import save_model
from nnctl.training.verdict import verdict_of


def train(spec: Spec, *, folder: Path | None = None, subscribers: Iterable[Subscriber] = (),
          profile: bool = False) -> RunEnded:  # fmt: skip
    """Trains into `folder` (default runs/NAME-TIMESTAMP). Raises NnctlError; events go to subscribers, and with
    profile the event Profiled as well."""
    data = load_data(spec)
    model = Model.build(spec, data.input_shapes, data.targets)
    run = _Run(spec, data, model, subscribers)  # whatever is wrong is said before there is a folder
    if profile:
        model.executor.profiled = True
        run.loop.clock = Clock()
    return run.go(new_folder(spec.name, folder))


def resume(folder: Path, *, overrides: Sequence[str] = (), subscribers: Iterable[Subscriber] = ()) -> RunEnded:
    """Goes on with a run where its newest good checkpoint left it. overrides: as `--set`, `epochs=` say."""
    spec = specs.load(existing_folder(folder) / "config.yaml", overrides)
    found, skipped = checkpoint.newest(folder / "checkpoints")
    if found is None:
        raise RunError(
            "no checkpoint to go on from" + "".join(f"; {line}" for line in skipped), where=str(folder),
            hint="start the run again with nnctl train and its config.yaml",
        )  # fmt: skip
    data = load_data(spec)
    model = Model.build(spec, data.input_shapes, data.targets, initialize=False)
    run = _Run(spec, data, model, subscribers, found, skipped)
    if overrides:
        write_safely(folder / "config.yaml", run.config.encode())
    else:  # the text the run began with says where each value came from
        run.config = (folder / "config.yaml").read_text(encoding="utf-8")
    return run.go(folder)


def load_data(spec: Spec) -> Data:
    """The spec's data, targets encoded as its losses want them."""
    return data_package.load(spec.dataset, spec.inputs, label_kinds(spec), spec.seed)


class _Run:
    """One call of `train` or `resume`: the loop, its folder and its listeners."""

    folder: Path
    log: Log

    def __init__(
        self,
        spec: Spec,
        data: Data,
        model: Model,
        subscribers: Iterable[Subscriber],
        found: checkpoint.Checkpoint | None = None,
        skipped: Sequence[str] = (),
    ):
        self.spec, self.model, self.found = spec, model, found
        dtype = model.program.dtype
        self.data = replace(
            data,
            train=cast(data.train, dtype),
            validation=data.validation and cast(data.validation, dtype),
            test=data.test and cast(data.test, dtype),
        )
        check_inputs(model.graph, self.data.parts)
        check_alignment(model, data.targets, self.data.parts)
        self.config = specs.dump(spec.resolved, spec.origins)
        self.settings = {
            "seed": spec.seed, "threads": model.executor.threads, "dtype": spec.engine.dtype,
            "shard_rows": spec.engine.shard_rows, "data": fingerprint(self.data.train),
        }  # fmt: skip
        self.notes = [*data.notes, *class_notes(self.data.train, spec, data.targets), *model.warnings, *skipped]
        self.subscribers = list(subscribers)
        weighted = with_class_weight(self.data.train, spec, self.data.targets)
        self.loop = Loop(model, self.data, weighted, self.emit, self.save)
        self.notes += advice(model, self.data, self.loop.plan)
        self.settings["kernels"] = self.loop.kernels.name
        self.notes += filter(None, [self.loop.kernels.note, self.loop.kernels.cache_note])

    def go(self, folder: Path) -> RunEnded:
        began = time.perf_counter()
        self.folder, loop = folder, self.loop
        with Lock(folder), self.model.executor:
            if self.found is not None:
                self.take_up(loop)
            else:
                write_safely(folder / "config.yaml", self.config.encode())
                save_json(folder / "environment.json", environment(self.settings))
            self.log = Log(folder, loop.figure_names(), loop.history)
            self.subscribers.append(self.log)
            try:
                self.emit(self.started(loop))
                return self.finish(loop, self.train(loop), began)
            finally:
                self.log.close()

    def take_up(self, loop: Loop) -> None:
        """Puts the loop where the checkpoint was, and says what is not as it was."""
        position = self.found.position
        if position["epoch"] > self.spec.epochs:
            raise RunError(
                f"the run is finished: it has trained its {self.spec.epochs} epochs", where=str(self.folder),
                hint=f"to train on: nnctl train --resume {shell_path(self.folder)} --epochs {self.spec.epochs * 2}",
            )  # fmt: skip
        if position["data"] != self.settings["data"]:
            raise RunError("the training data are not those the run began with", where=str(self.folder),
                           hint="put the files back as they were, or start a new run")  # fmt: skip
        checkpoint.remove_after(self.folder / "checkpoints", position["step"])
        loop.go_on_from(self.found)
        self.notes += changed_environment(self.folder, environment(self.settings))
        self.notes.append(f"going on after epoch {loop.epoch - 1}, iteration {loop.iteration} of the next")

    def started(self, loop: Loop) -> RunStarted:
        data, plan = self.data, loop.plan
        return RunStarted(
            name=self.spec.name, folder=self.folder, epochs=plan.epochs, batch_size=plan.batch_size,
            iterations_per_epoch=plan.iterations_per_epoch, rows=data.rows,
            parameters=self.model.parameters, trainable=self.model.trainable,
            figures=self.model.figure_names, baseline=self.baseline, notes=tuple(self.notes),
            first_epoch=loop.epoch, threads=self.model.executor.threads, monitor=loop.monitor,
            bigger_is_better=loop.bigger_is_better, best_so_far=loop.best_so_far(), scaled=self.model.scaled_losses,
            targets={name: data.targets[output] for output, name in target_names(data.targets).items()},
        )  # fmt: skip

    @cached_property
    def baseline(self) -> dict[str, float]:
        return baseline(self.model, self.data)

    def train(self, loop: Loop) -> str:
        """Trains; where the loss is no longer a number, keeps the weights before that and raises."""
        try:
            return loop.run()
        except TrainingError as error:
            loop.save()
            save_model(self.folder / "model.safetensors", self.model, self.data, self.config)
            self.emit(RunEnded("nan", self.folder, loop.epoch - 1, 0.0, hint=error.problems[0].hint))
            raise

    def finish(self, loop: Loop, reason: str, began: float) -> RunEnded:
        # the checkpoint first: it is what --resume goes on from
        loop.save()
        save_model(self.folder / "model.safetensors", self.model, self.data, self.config)
        test, said = {}, None
        finished = reason in ("done", "early stopping")
        if self.data.test and finished:
            test = self.model.figures(self.data.test)
            if note := nonfinite_note(self.model, self.data.test, test, "test"):
                self.emit(Said(f"test: {note}"))
        if finished:
            said = verdict_of(self.model, self.data, loop.history, loop.best["epoch"], self.baseline, test)
        if loop.clock:
            self.emit(loop.profiled())
        ended = RunEnded(reason, self.folder, len(loop.history), time.perf_counter() - began, test,
                         loop.best["epoch"], verdict=said)  # fmt: skip
        self.emit(ended)
        return ended

    def save(self, loop: Loop) -> None:
        """Writes the checkpoints `last` and, where there is one, `best`."""
        now = loop.checkpoint()
        position = {**now.position, "data": self.settings["data"]}
        folder = self.folder / "checkpoints"
        path = checkpoint.save(folder, "last", loop.step, checkpoint.Checkpoint(now.arrays, position))
        self.emit(CheckpointWritten(path, "last", loop.epoch))
        if loop.best_weights is not None:
            step = loop.best["epoch"] * loop.plan.iterations_per_epoch
            best = checkpoint.Checkpoint(loop.best_weights, {**loop.best, "monitor": loop.monitor})
            checkpoint.save(folder, "best", step, best)
        self.log.flush()

    def emit(self, event: Event) -> None:
        for subscriber in self.subscribers:
            subscriber(event)


def fingerprint(part: Part, rows: int = 1000) -> str:
    """Tells one training set from another: its shapes, and the bytes of rows spread over it."""
    arrays = {**part.inputs, **part.targets}
    step = max(1, part.rows // rows)
    sums = [zlib.crc32(np.ascontiguousarray(a[::step]).tobytes()) for a in arrays.values()]
    return "-".join([str(part.rows), *(f"{s:08x}" for s in sums)])
