"""The arithmetic of classifiers: ROC and precision-recall curves, calibration, and the scores of a class.

The definitions are those of scikit-learn's metrics; tests/scikit_learn compares them.
"""

from __future__ import annotations

import numpy as np

Array = np.ndarray
BINS = 10


def counts_above(actual: Array, score: Array) -> tuple[Array, Array]:
    """(positives, negatives) with a score of at least each threshold, for every distinct score from the largest down.

    actual: (rows,) bool. score: (rows,) the larger, the surer that the row is positive.
    """
    order = np.argsort(-score, kind="stable")
    actual, score = actual[order], score[order]
    last = np.append(np.flatnonzero(np.diff(score)), len(score) - 1)  # of each group of equal scores
    positives = np.cumsum(actual)[last]
    return positives, last + 1 - positives


def roc_curve(actual: Array, score: Array) -> tuple[Array, Array, float]:
    """(false positive rates, true positive rates, area under the curve): the rates from 0 to 1 at each threshold.
    There must be positive and negative rows."""
    positives, negatives = counts_above(actual, score)
    tpr = np.concatenate([[0.0], positives / positives[-1]])
    fpr = np.concatenate([[0.0], negatives / negatives[-1]])
    return fpr, tpr, area(fpr, tpr)


def precision_recall_curve(actual: Array, score: Array) -> tuple[Array, Array, float]:
    """(recalls, precisions, average precision): recall grows from 0, where precision is that of the surest rows.

    average precision = sum of (recall gained at a threshold) x (precision there). There must be positive rows.
    """
    positives, negatives = counts_above(actual, score)
    precision = positives / (positives + negatives)
    recall = positives / positives[-1]
    average = float(np.sum(np.diff(recall, prepend=0.0) * precision))
    return np.concatenate([[0.0], recall]), np.concatenate([[1.0], precision]), average


def area(x: Array, y: Array) -> float:
    """Under the line through the points (x, y), by trapezoids."""
    return float(np.sum(np.diff(x) * (y[1:] + y[:-1]) / 2))


def calibration(confidence: Array, right: Array) -> tuple[list[tuple[float, float, int]], float]:
    """The bins as (mean confidence, share that is right, rows), and the expected calibration error: the mean distance
    of the two, weighted by rows. confidence: (rows,) from 0 to 1. right: (rows,) bool."""
    places = np.clip(np.ceil(confidence * BINS).astype(int) - 1, 0, BINS - 1)
    rows = np.bincount(places, minlength=BINS)
    sure = np.bincount(places, weights=confidence, minlength=BINS)
    hits = np.bincount(places, weights=right, minlength=BINS)
    bins = [(float(sure[at] / rows[at]), float(hits[at] / rows[at]), int(rows[at])) for at in np.flatnonzero(rows)]
    error = float(np.abs(sure - hits).sum() / max(1, rows.sum()))
    return bins, error


def class_scores(both: int, support: int, predicted: int) -> tuple[float | None, float | None, float | None]:
    """(precision, recall, F1) of a class. both: rows that have it and are predicted to; support: rows that have it;
    predicted: rows that are predicted to. None where a score divides by 0."""
    precision = both / predicted if predicted else None
    recall = both / support if support else None
    f1 = 2 * both / (support + predicted) if support + predicted else None
    return precision, recall, f1
