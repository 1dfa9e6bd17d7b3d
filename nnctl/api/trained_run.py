"""A trained run in a program: its model, which predicts and is evaluated."""

from __future__ import annotations

import copy
import os
import threading
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nnctl import config as configs
from nnctl.data import Preprocessing
from nnctl.data.prediction_rows import Given
from nnctl.errors import InputError
from nnctl.nn.losses.ctc_decoding import Reading
from nnctl.training.best_or_last import Kept, Which
from nnctl.training.checks.inputs import check_reading
from nnctl.training.evaluation import Evaluation, evaluate_on, labelled_rows
from nnctl.training.events import RunEnded
from nnctl.training.model import Model
from nnctl.training.model_file import load_model, model_content, read_model
from nnctl.training.prediction import PROBABILITY, OutputColumns, Predictions, predict_rows, side_by_side
from nnctl.training.run_folder import NOWHERE, model_of, newest_run

Array = np.ndarray
ANSWER = "answer"


def load(run: str | Path | bytes | None = None, *, weights: Which | None = None) -> TrainedRun:
    """A trained run.

    run: the run's folder, or its model.safetensors, or the content of that file as bytes; default: the newest run under
    runs/. weights: "best" or "last"; by default those that the config's `keep` says.
    Raises RunError if there is no such run, or its model is missing or damaged; InputError if it has no such weights.
    """
    if isinstance(run, bytes):
        return TrainedRun(NOWHERE, *read_model(NOWHERE, run, weights))
    folder = newest_run() if run is None else Path(run)
    return TrainedRun(folder, *load_model(model_of(folder), weights))


class TrainedRun:
    """A trained model together with the preprocessing of its data.

    Its methods may be called from several threads at once; one computes at a time.

    Rows are given as a file's path (or a glob, or a list of these), a dict of columns, a list of dicts, a pandas or
    Polars data frame, an Arrow table, or a NumPy array: of the features in the order of `features`, or, for a model of
    arrays such as images, of its input. They are raw, as in the files that the model was trained on: texts, categories
    and unscaled numbers.

    Attributes:
        folder: of the run, or its model.safetensors; `(not saved)` if it has none.
        ended: how training ended, if this program has trained it.
    """

    def __init__(self, folder: Path, model: Model, preprocessing: Preprocessing, ended: RunEnded | None = None):
        self.folder, self.ended = folder, ended
        self._model, self._preprocessing = model, preprocessing
        self._lock = threading.Lock()
        _runs.add(self)

    # What it is

    @property
    def config(self) -> dict[str, Any]:
        """The run's config with all defaults, as plain data. A copy."""
        return copy.deepcopy(dict(self._model.spec.resolved))

    @property
    def features(self) -> tuple[str, ...]:
        """The columns that the model reads, in order; for a model of arrays, the names of the arrays."""
        return self._preprocessing.features or tuple(entry.array for entry in self._preprocessing.array_inputs.values())

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of the model's outputs."""
        return tuple(self._preprocessing.targets)

    @property
    def classes(self) -> Any:
        """The classes, in the order of predict_proba's columns; None for numbers. With several outputs, a dict by
        output."""
        found = {name: coder.classes for name, coder in self._preprocessing.targets.items()}
        return self._one_or_all(found)

    @property
    def weights(self) -> Kept | None:
        """Which weights the model has: of the best or the last epoch, and which epoch that is."""
        return self._model.kept

    @property
    def model(self) -> Model:
        """The model itself: its graph, its weights, its losses. Not to be changed."""
        return self._model

    @property
    def preprocessing(self) -> Preprocessing:
        """What turns raw rows into tensors, and predictions into words."""
        return self._preprocessing

    # What it computes

    def predict(self, rows: Any, *, decode: str = "greedy", beam_width: int | None = None) -> Any:
        """The prediction for each row: a class, a number, or the text of a sequence.

        Returns: (rows,), or (rows, units) for an output of several numbers; with several outputs, a dict by output.
        Rows that the config's rule for missing values drops are left out.
        decode, beam_width: how models trained with ctc read their output, "greedy" or "beam".
        Raises DataError for rows that do not fit the model.
        """
        reading = None if decode == "greedy" and beam_width is None else Reading(decode, beam_width)
        _, outputs = self._predicted(rows, reading)
        return self._one_or_all({name: _array(each.of_role(ANSWER)) for name, each in outputs.items()})

    def predict_proba(self, rows: Any) -> Any:
        """The probability of each class: (rows, classes), in the order of `classes`; with several outputs, a dict of
        those that have classes. Raises InputError if no output has probabilities."""
        _, outputs = self._predicted(rows)
        found = {
            name: probabilities
            for name, each in outputs.items()
            if (probabilities := _array(each.of_role(PROBABILITY), wide=True)) is not None
        }
        if not found:
            raise InputError("the model predicts no probabilities of classes", where=str(self.folder),
                             hint="predict gives its numbers")  # fmt: skip
        return self._one_or_all(found)

    def evaluate(self, rows: Any = None, *, split: str = "test") -> dict[str, float]:
        """The loss and the metrics by name, on labelled rows, or on a split of the run's own data: "train",
        "validation" or "test"."""
        return dict(self.evaluation(rows, split=split).metrics)

    def predictions(self, rows: Any, *, keep: Sequence[str] = (), reading: Reading | None = None) -> Predictions:
        """Predictions as named columns, with probabilities and notes, as the command predict writes them. keep: columns
        of a file to include, or ("all",)."""
        given, outputs = self._predicted(rows, reading)
        return side_by_side(self._model, self._preprocessing, given, outputs, rows, keep)

    def evaluation(self, rows: Any = None, *, split: str = "test", reading: Reading | None = None) -> Evaluation:
        """Metrics, confusion matrices and notes, as the command eval shows them."""
        if reading:
            check_reading(self._model.spec, self.folder)
        labelled = labelled_rows(self._preprocessing, rows, split, self.folder)
        name = split if rows is None else str(rows) if isinstance(rows, str | Path) else "rows"
        with self._lock:
            return evaluate_on(self._model, self._preprocessing, labelled, name, reading)

    # Kept elsewhere

    def to_bytes(self) -> bytes:
        """The content of its model.safetensors, with these weights alone; nnctl.load takes it. A TrainedRun that is
        pickled or copied holds this."""
        model, program = self._model, self._model.program
        kept = model.kept or Kept("last", 0)
        weights = {"parameters": program.parameters, "state": program.state}
        config = configs.dump(model.spec.resolved, model.spec.origins)
        return b"".join(model_content(model, self._preprocessing, config, [(kept, weights)]))

    def __getstate__(self) -> dict[str, Any]:
        return {"folder": self.folder, "ended": self.ended, "content": self.to_bytes()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["folder"], *read_model(NOWHERE, state["content"]), state["ended"])  # type: ignore[misc]

    # Its threads

    def close(self) -> None:
        """Ends the threads that large batches have used; later calls start them again. Threads of a run that is no
        longer referenced end by themselves."""
        with self._lock:
            self._model.executor.close()

    def __enter__(self) -> TrainedRun:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"TrainedRun({str(self.folder)!r})"

    def _predicted(self, rows: Any, reading: Reading | None = None) -> tuple[Given, Mapping[str, OutputColumns]]:
        """The rows as read, and their predictions by output."""
        if reading:
            check_reading(self._model.spec, self.folder)
        given = self._preprocessing.read(rows, with_targets=False)
        with self._lock:
            return given, predict_rows(self._model, self._preprocessing, given, reading)

    def _one_or_all(self, found: Mapping[str, Any]) -> Any:
        return next(iter(found.values())) if len(self.outputs) == 1 else dict(found)


_runs: weakref.WeakSet[TrainedRun] = weakref.WeakSet()


def _renew_locks() -> None:
    """In a process that was forked: the thread that held a lock is not there to release it."""
    for run in _runs:
        run._lock = threading.Lock()


if hasattr(os, "register_at_fork"):  # Windows has no fork
    os.register_at_fork(after_in_child=_renew_locks)


def _array(columns: Sequence[Array], wide: bool = False) -> Any:
    """One column as (rows,), several as (rows, columns); None where there is none. wide: (rows, 1) for one."""
    if not columns:
        return None
    return columns[0] if len(columns) == 1 and not wide else np.stack(columns, axis=1)
