"""What a report says of an output that predicts numbers: residuals; and of an autoencoder: reconstructions."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nnctl.data import Preprocessing
from nnctl.reports.findings.answers import Answers
from nnctl.reports.findings.classification import column_names, wrong_row
from nnctl.reports.findings.document import Histogram, Reconstruction, Residuals, WrongRow
from nnctl.reports.findings.pictures import data_uri, gray
from nnctl.reports.findings.rows import ShownRows, extent, picture_shape
from nnctl.reports.findings.thinning import number, numbers
from nnctl.reports.number_format import fine
from nnctl.training.prediction import probabilities

Array = np.ndarray
MOST_POINTS, MOST_COLUMNS, MOST_ROWS, BINS = 1000, 12, 12, 30


def residuals_of(answers: Answers, shown: ShownRows) -> list[Residuals]:
    """Of each column of numbers, in the unit of the data; of very many numbers, of all of them together."""
    return [
        _residuals(name, actual, predicted, place, shown, answers.losses)
        for name, actual, predicted, place in _columns(answers)
    ]


def _columns(answers: Answers) -> Iterator[tuple[str, Array, Array, Array]]:
    """(name, actual, predicted, row): (n,) numbers in the unit of the data."""
    y, p, place = answers.flat()
    p = probabilities(p, answers.loss)  # of logits
    y, p = (answers.coder.decode(each.reshape(len(p), -1)) for each in (y, p))
    y, p = y.reshape(len(place), -1), p.reshape(len(place), -1)
    if y.shape[1] <= MOST_COLUMNS and not answers.rebuilds:
        for at, name in enumerate(column_names(answers, y.shape[1])):
            yield (answers.name if y.shape[1] == 1 else name), y[:, at], p[:, at], place
        return
    yield answers.name, y.ravel(), p.ravel(), np.repeat(place, y.shape[1])


def _residuals(name: str, actual: Array, predicted: Array, place: Array, shown: ShownRows, losses: Array) -> Residuals:
    there = np.isfinite(actual) & np.isfinite(predicted)
    actual, predicted, place = (each[there] for each in (actual.astype(np.float64), predicted, place))
    error = predicted - actual
    varies = (
        len(actual) > 0 and np.ptp(actual) > 0
    )  # the mean of equal numbers may differ from them by a rounding error
    spread = float(np.square(actual - actual.mean()).sum()) if varies else 0.0
    some = np.arange(len(actual))
    if len(actual) > MOST_POINTS:
        some = np.sort(np.random.default_rng(0).choice(len(actual), MOST_POINTS, replace=False))
    drawn = np.concatenate([actual[some], predicted[some]])
    return {
        "name": name,
        "actual": numbers(actual[some], drawn),
        "predicted": numbers(predicted[some], drawn),
        "histogram": histogram(error),
        "mean_absolute_error": float(number(np.abs(error).mean()) or 0) if len(error) else 0.0,
        "root_mean_squared_error": float(number(np.sqrt(np.square(error).mean())) or 0) if len(error) else 0.0,
        "mean_error": float(number(error.mean()) or 0) if len(error) else 0.0,
        "r2": number(1 - np.square(error).sum() / spread) if spread else None,
        "largest": _largest(actual, predicted, place, shown, losses),
    }


def _largest(actual: Array, predicted: Array, place: Array, shown: ShownRows, losses: Array) -> list[WrongRow]:
    order = np.argsort(-np.abs(predicted - actual), kind="stable")
    first: dict[int, int] = {}  # of each row its largest error
    for at in order[: 50 * MOST_ROWS].tolist():
        first.setdefault(int(place[at]), at)
    found = []
    for row, at in list(first.items())[:MOST_ROWS]:
        step = abs(float(predicted[at] - actual[at])) / 20  # so that the two differ by about as much as they should
        values = fine(float(actual[at]), step), fine(float(predicted[at]), step)
        found.append(wrong_row(shown, row, *values, float(losses[row])))
    return found


def histogram(values: Array, bins: int = BINS) -> Histogram:
    """Of the finite values."""
    finite = values[np.isfinite(values)]
    counts, edges = np.histogram(finite if len(finite) else np.zeros(0), bins)
    return {"edges": numbers(edges), "counts": counts.tolist()}


def reconstructions_of(answers: Answers, preprocessing: Preprocessing, shown: ShownRows) -> list[Reconstruction]:
    """Inputs and outputs of an autoencoder of pictures: the worst rows, then typical ones."""
    entries = [entry for entry in preprocessing.array_inputs.values() if entry.array == answers.coder.columns[0]]
    shape = picture_shape(entries[0], False) if entries and answers.rebuilds else None
    if shape is None:
        return []
    order = np.argsort(-np.nan_to_num(answers.losses, nan=np.inf), kind="stable")
    middle = len(order) // 2
    chosen = [*order[:6].tolist(), *order[max(6, middle - 3) : middle + 3].tolist()]
    low, high = extent(answers.y)
    return [
        {"row": shown.name(at), "input": data_uri(gray(answers.y[at].reshape(shape), low, high)),
         "output": data_uri(gray(answers.p[at].reshape(shape), low, high)), "loss": number(answers.losses[at])}
        for at in chosen
    ]  # fmt: skip
