"""Outputs with very many classes: what is shown of them, by counting; a matrix of all classes would not fit."""

import numpy as np
import pytest

from nnctl.data.dataset import Target
from nnctl.nn.losses import losses
from nnctl.reports.evaluation import confusion, mistakes
from nnctl.reports.findings import classification
from nnctl.reports.findings.answers import Answers
from nnctl.training.verdict import _counts

LOSS = losses.build("sparse_categorical_crossentropy")


def answers(classes, rows, seed=0):
    """Answers of which about two thirds are right; the first classes have most of the rows."""
    rng = np.random.default_rng(seed)
    y = (classes * rng.random(rows) ** 2).astype(np.int32)
    p = rng.random((rows, classes), dtype=np.float32)
    p[np.arange(rows), np.where(rng.random(rows) < 0.66, y, (y + 1 + y % 3) % classes)] += 1
    target = Target("integer", ("y",), (), tuple(f"c{at}" for at in range(classes)))
    return Answers("y", "y", "classification", target, None, LOSS, y, p, None, np.zeros(rows), False)


def test_the_classes_that_are_confused_most():
    found = answers(80, 3000)
    shown = classification.confusion_of(found)
    actual, predicted = found.y, found.p.argmax(axis=1)
    whole = np.zeros((80, 80), int)
    np.add.at(whole, (actual, predicted), 1)
    wrong = whole - np.diag(np.diag(whole))
    most = np.sort(np.argsort(-(wrong.sum(axis=0) + wrong.sum(axis=1)), kind="stable")[:50])
    assert shown["classes"] == [f"c{at}" for at in most] and (shown["shown_classes"], shown["all_classes"]) == (50, 80)
    assert shown["matrix"] == whole[np.ix_(most, most)].tolist()
    first = shown["mistakes"][0]
    true, said = int(first["actual"][1:]), int(first["predicted"][1:])
    assert first["rows"] == wrong.max() == wrong[true, said]
    assert first["share"] == pytest.approx(wrong[true, said] / whole[true].sum(), rel=1e-6)
    assert [each["rows"] for each in shown["mistakes"]] == sorted(wrong.ravel())[:-21:-1]


def test_the_curves_are_those_of_the_most_frequent_classes():
    found = answers(80, 3000)
    roc, precision_recall = classification.curves(found)
    rows = np.bincount(found.y, minlength=80)
    often = np.sort(np.argsort(-rows, kind="stable")[:20])
    assert [each["name"] for each in roc] == [each["name"] for each in precision_recall] == [f"c{at}" for at in often]


def test_a_hundred_thousand_classes():
    found = answers(100_000, 20)
    shown = classification.confusion_of(found)
    assert shown["all_classes"] == 100_000 and len(shown["matrix"]) == 50
    assert sum(each["rows"] for each in shown["mistakes"]) == np.count_nonzero(found.p.argmax(axis=1) != found.y)
    counts = dict(_counts(found.target, LOSS, found.y, found.p, None))
    assert sum(rows for rows, _ in counts.values()) == sum(said for _, said in counts.values()) == 20


def test_the_most_frequent_errors_of_a_large_matrix():
    matrix = np.eye(500, dtype=int) * 9
    matrix[3, 400], matrix[77, 5], matrix[2, 1] = 4, 7, 4
    names = [f"c{at}" for at in range(500)]
    assert confusion(names, matrix, 200) is None
    table = mistakes(names, matrix)
    assert [row[:3] for row in table.rows] == [("c77", "c5", "7"), ("c2", "c1", "4"), ("c3", "c400", "4")]
