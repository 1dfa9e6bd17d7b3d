"""What the command eval calls: a trained model's metrics on labelled rows, and which classes it confuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nnctl.data import Preprocessing
from nnctl.data.dataset import Split, Target
from nnctl.data.splits import SPLITS
from nnctl.errors import InputError
from nnctl.nn.losses import Loss
from nnctl.nn.losses.ctc_decoding import Reading
from nnctl.training.batching import cast
from nnctl.training.best_or_last import Kept
from nnctl.training.checks.ctc_lengths import check_alignment
from nnctl.training.checks.inputs import check_inputs
from nnctl.training.events import Metrics
from nnctl.training.model import Model
from nnctl.training.model_metrics import scale_notes, target_names
from nnctl.training.nonfinite_metrics import nonfinite_note

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


@dataclass(frozen=True)
class LabelledRows:
    """Rows to evaluate on. left_out, notes: as in Evaluation."""

    split: Split
    left_out: tuple[int, ...]
    notes: tuple[str, ...]


def labelled_rows(preprocessing: Preprocessing, data: Any, split: str, run: Path) -> LabelledRows:
    """The rows of `data` (files, or rows in memory), or of a split of the run's data if that is None."""
    if data is not None:
        given = preprocessing.read(data, with_targets=True)
        return LabelledRows(given.split, given.left_out, given.notes)
    if split not in SPLITS:
        raise InputError(f"there is no split {split!r}", where=str(run), hint=f"splits: {', '.join(SPLITS)}")
    from nnctl.data.load import load_fitted  # not needed for a file given with --data

    loaded = load_fitted(preprocessing)
    rows = getattr(loaded, split)
    if rows is None:
        raise InputError(f"the run has no {split} split", where=str(run),
                         hint=f"splits: {', '.join(loaded.rows)}; or give a file with --data")  # fmt: skip
    return LabelledRows(rows, (), loaded.notes)


def evaluate_on(model: Model, preprocessing: Preprocessing, labelled: LabelledRows, name: str,
                reading: Reading | None = None) -> Evaluation:  # fmt: skip
    """The model's metrics on labelled rows.

    name: of the rows, in the result and in messages. reading: how label sequences are decoded, instead of the metrics'
    own arguments.
    """
    rows = cast(labelled.split, model.program.dtype)
    targets = {name: coder.target for name, coder in preprocessing.targets.items()}
    check_inputs(model.graph, {name: rows})
    check_alignment(model, targets, {name: rows})
    metrics, outputs, masks = model.with_reading(reading).evaluate(rows)
    note = nonfinite_note(model, rows, metrics, name)
    called = target_names(targets)
    confusion = {
        called[output]: confusion_matrix(
            target, np.asarray(rows.targets[output]), outputs[output], model.spec.losses[output], masks.get(output)
        )
        for output, target in targets.items()
        if target.classes and target.labels != "sequence"
    }
    return Evaluation(
        name, rows.rows, metrics, {called[output]: target for output, target in targets.items()}, confusion,
        labelled.left_out, (*labelled.notes, *scale_notes(model.spec, targets), *filter(None, [note])),
        model.scaled_losses, model.kept,
    )  # fmt: skip


def confusion_matrix(target: Target, y: Array, p: Array, loss: Loss, mask: Array | None = None) -> Array:
    """(classes, classes) counts over all steps that are not padding: rows are the truth, columns the prediction."""
    truth, guess = true_and_predicted(target, y, p, loss, mask)
    n = len(target.classes or ())
    return np.bincount(truth * n + guess, minlength=n * n).reshape(n, n)


def true_and_predicted(target: Target, y: Array, p: Array, loss: Loss,
                       mask: Array | None = None) -> tuple[Array, Array]:  # fmt: skip
    """The numbers of the true and of the predicted classes, flat, of all steps that are not padding."""
    if target.labels == "binary":  # one unit, of each row or of each time step
        truth, guess = y.reshape(p.shape)[..., 0] > 0.5, p[..., 0] > boundary(loss)
    else:
        truth = y.argmax(axis=-1) if target.labels == "onehot" else y.reshape(p.shape[:-1])
        guess = p.argmax(axis=-1)
    if mask is not None and mask.shape == truth.shape:
        truth, guess = truth[mask], guess[mask]
    return truth.ravel().astype(np.int64), guess.ravel().astype(np.int64)


def boundary(loss: Loss) -> float:
    """The value of a unit above which the prediction is yes: 0 for a margin or logit, 0.5 for a probability."""
    return 0.0 if loss.margins or loss.takes_logits else 0.5
