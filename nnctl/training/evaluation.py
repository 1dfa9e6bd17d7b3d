"""What the command eval calls: a trained model's metrics on labelled rows, and which classes it confuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from nnctl.data.dataset import Target
from nnctl.errors import InputError
from nnctl.nn.losses import Loss
from nnctl.nn.losses.ctc_decoding import Reading
from nnctl.nn.metrics import Metric
from nnctl.training.batching import cast
from nnctl.training.best_or_last import Kept, Which
from nnctl.training.checks.ctc_lengths import check_alignment
from nnctl.training.checks.inputs import check_inputs, check_reading
from nnctl.training.events import Metrics
from nnctl.training.model_file import load_model
from nnctl.training.model_metrics import scale_notes, target_names
from nnctl.training.nonfinite_metrics import nonfinite_note
from nnctl.training.run_folder import model_of

Array = np.ndarray


@dataclass(frozen=True)
class Evaluation:
    """What `eval` found.

    split: a split of the run's data, or the files given. targets: by their column's name, or by their output's if there
    are several. confusion: likewise, (classes, classes), rows are the truth. left_out: numbers of the rows of the given
    files that are not used. notes: a line for everything that was done to the data. scaled: metrics in the unit of the
    scaled target, not of the data. kept: the weights that were used.
    """

    split: str
    rows: int
    metrics: Metrics
    targets: Mapping[str, Target]
    confusion: Mapping[str, Array]
    left_out: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    scaled: tuple[str, ...] = ()
    kept: Kept | None = None


def evaluate(run: Path, *, data: str | None = None, split: str = "test", reading: Reading | None = None,
             weights: Which | None = None) -> Evaluation:  # fmt: skip
    """A trained model's metrics on a split of its run's data, or on raw files.

    reading: how label sequences are decoded, instead of the metrics' own arguments. weights: "best" or "last", instead
    of the run's default.
    """
    model, preprocessing = load_model(model_of(run), weights)
    if reading:
        check_reading(model.spec, run)
        model.metrics = tuple(
            replace(each, metric=each.metric.model_copy(update=reading.arguments()))
            if isinstance(each.metric, Metric) and "sequence" in each.metric.takes
            else each
            for each in model.metrics
        )
    left_out: tuple[int, ...] = ()
    if data:
        given = preprocessing.read(data, with_targets=True)
        rows, left_out, notes = given.split, given.left_out, given.notes
    else:
        from nnctl.data.load import load_fitted  # not needed for a file given with --data

        loaded = load_fitted(preprocessing)
        rows, notes = getattr(loaded, split), loaded.notes
        if rows is None:
            raise InputError(f"the run has no {split} split", where=str(run),
                             hint=f"splits: {', '.join(loaded.rows)}; or give a file with --data")  # fmt: skip
    rows = cast(rows, model.program.dtype)
    targets = {name: coder.target for name, coder in preprocessing.targets.items()}
    with model.executor:
        check_inputs(model.graph, {data or split: rows})
        check_alignment(model, targets, {data or split: rows})
        metrics, outputs, masks = model.evaluate(rows)
        note = nonfinite_note(model, rows, metrics, data or split)
    called = target_names(targets)
    confusion = {
        called[name]: confusion_matrix(
            target, np.asarray(rows.targets[name]), outputs[name], model.spec.losses[name], masks.get(name)
        )
        for name, target in targets.items()
        if target.classes and target.labels != "sequence"
    }
    return Evaluation(
        data or split, rows.rows, metrics, {called[name]: target for name, target in targets.items()}, confusion,
        left_out, (*notes, *scale_notes(model.spec, targets), *filter(None, [note])), model.scaled_losses,
        model.kept,
    )  # fmt: skip


def confusion_matrix(target: Target, y: Array, p: Array, loss: Loss, mask: Array | None = None) -> Array:
    """(classes, classes) counts over all steps that are not padding: rows are the truth, columns the prediction."""
    if target.labels == "binary":  # one unit
        truth, guess = y.reshape(len(y)) > 0.5, p.reshape(len(p)) > boundary(loss)
    else:
        truth = y.argmax(axis=-1) if target.labels == "onehot" else y.reshape(p.shape[:-1])
        guess = p.argmax(axis=-1)
    if mask is not None and mask.shape == truth.shape:
        truth, guess = truth[mask], guess[mask]
    n = len(target.classes or ())
    return np.bincount(truth.ravel().astype(int) * n + guess.ravel(), minlength=n * n).reshape(n, n)


def boundary(loss: Loss) -> float:
    """The value of a unit above which the prediction is yes: 0 for a margin or logit, 0.5 for a probability."""
    return 0.0 if loss.margins or loss.takes_logits else 0.5
