"""The report's arithmetic, by values that can be worked out by hand."""

import itertools

import numpy as np
import pytest

from nnctl.nn.metrics.sequences import edit_distance
from nnctl.reports.findings import scores, thinning
from nnctl.reports.findings.config_values import config_values, values_set
from nnctl.reports.findings.history import history_of
from nnctl.reports.findings.label_sequences import edits_between
from nnctl.reports.findings.run_files import RunFiles
from nnctl.reports.number_format import fine

ACTUAL, SCORE = np.array([True, False, True, False]), np.array([0.9, 0.8, 0.7, 0.1])


def test_roc_curve():
    fpr, tpr, auc = scores.roc_curve(ACTUAL, SCORE)
    assert fpr.tolist() == [0, 0, 0.5, 0.5, 1] and tpr.tolist() == [0, 0.5, 0.5, 1, 1] and auc == 0.75
    assert scores.roc_curve(ACTUAL, np.ones(4))[2] == 0.5  # equal scores are one point


def test_precision_recall_curve():
    recall, precision, average = scores.precision_recall_curve(ACTUAL, SCORE)
    assert recall.tolist() == [0, 0.5, 0.5, 1, 1] and precision.tolist() == pytest.approx([1, 1, 0.5, 2 / 3, 0.5])
    assert average == pytest.approx((1 + 2 / 3) / 2)


def test_calibration():
    bins, error = scores.calibration(np.array([0.95, 0.91, 0.6, 0.05]), np.array([True, False, True, False]))
    assert bins == [(0.05, 0.0, 1), (0.6, 1.0, 1), (pytest.approx(0.93), 0.5, 2)]
    assert error == pytest.approx((0.05 + 0.4 + 2 * 0.43) / 4)
    assert [rows for *_, rows in scores.calibration(np.array([0.0, 1.0]), np.array([False, True]))[0]] == [1, 1]


def test_scores_of_a_class():
    assert scores.class_scores(3, 4, 6) == (0.5, 0.75, pytest.approx(0.6))
    assert scores.class_scores(0, 4, 0) == (None, 0.0, 0.0) and scores.class_scores(0, 0, 0) == (None, None, None)


@pytest.mark.parametrize("words", [("kitten", "sitting"), ("", "ab"), ("ab", ""), ("same", "same"), ("aab", "baa")])
def test_edits(words):
    expected, predicted = words
    edits = edits_between(expected, predicted)
    assert all(a != b for a, b in edits)
    codes = [np.array([[ord(letter) for letter in word] or [0]]) for word in words]
    assert len(edits) == edit_distance(*codes)[0]


def test_edits_of_all_short_words():
    every = ["".join(letters) for n in range(4) for letters in itertools.product("ab", repeat=n)]
    for expected, predicted in itertools.product(every, every):
        edits = edits_between(expected, predicted)
        missing, extra = sum(not b for _, b in edits), sum(not a for a, _ in edits)
        assert len(expected) - len(predicted) == missing - extra


def test_places_that_are_kept():
    assert thinning.kept_places(5, 10) == [0, 1, 2, 3, 4]
    kept = thinning.kept_places(10_000, 100, [777])
    assert kept[0] == 0 and kept[-1] == 9999 and 777 in kept and len(kept) <= 101


def test_a_straight_line_needs_two_points():
    x, y = thinning.thinned_curve(np.linspace(0, 1, 1000), np.linspace(0, 1, 1000) * 2)
    assert x.tolist() == [0, 1] and y.tolist() == [0, 2]
    stairs = np.repeat(np.arange(50), 2) / 49
    x, y = thinning.thinned_curve(stairs[:-1], stairs[1:])
    assert len(x) == 99


def test_numbers():
    assert thinning.number(float("nan")) is None and thinning.number(np.inf) is None and thinning.number(None) is None
    assert thinning.number(np.float32(0.1)) == 0.1 and thinning.numbers([1 / 3, 12345678]) == [0.33333, 12346000.0]
    far = [1.7e9 + 1 / 3, 1.7e9 + 1234.5678, 1.7e9 + 98765.4321]  # which 5 digits do not tell apart
    assert thinning.numbers(far) == [1700000000.0, 1700001230.0, 1700098770.0]
    assert thinning.numbers(far[:1], far) == [1700000000.0] and thinning.numbers([1234567.8] * 2) == [1234600.0] * 2


@pytest.mark.parametrize("value, step, text", [
    (0.0312, 0.01, "0.0312"), (25312345.6, 1e5, "25312346"), (1001775693824.0, 1e10, "1001775700000"),
    (1e300, 1e-300, "1.000000000000000e+300"), (0.0, 1e-300, "0.0000"), (1700000123.46, 0.5, "1700000123.5"),
    (-1.2345e-12, 1e-14, "-1.23e-12"), (1.7e9, 50.0, "1700000000"),
    (1.7e9, 0.0, "1.7e+09"), (-1e-12, 1e-14, "-1.00e-12"), (None, 1.0, ""), (float("nan"), 1.0, "nan"),
])  # fmt: skip
def test_numbers_show_a_difference(value, step, text):
    assert fine(value, step) == text


def epoch(number, **metrics):
    return {"epoch": number, "metrics": metrics, "learning_rate": 0.1, "seconds": 2.0, "is_best": number == 1234}


def test_a_long_history_is_thinned(tmp_path):
    epochs = tuple(epoch(n, loss=1 / n, val_loss=float("nan") if n == 1 else 2 / n) for n in range(1, 6001))
    started = {"monitor": "val_loss", "baselines": {"validation": {"loss": 3.0}}, "epochs": 6000}
    found = history_of(RunFiles(tmp_path, "", {}, started, epochs, (), {"reason": "done"}, "finished"), frozenset())
    assert len(found["epochs"]) <= 1002 and found["thinned"] and found["best_epoch"] == 1234
    assert len(history_of(RunFiles(tmp_path, "", {}, started, epochs), frozenset(), most=6000)["epochs"]) == 6000
    assert {1, 1234, 6000} <= set(found["epochs"]) and found["series"]["val_loss"][0] is None
    assert found["charts"] == [{"name": "loss", "series": ["loss", "val_loss"], "baseline": 3.0, "better": "min"}]


def test_values_of_a_config_and_their_origins():
    text = (
        'dataset:\n  path: ["a  # b.csv"]  # line 2\n  target: null  # default\n'
        "layers:\n  - Dense:  # line 4\n      units: 3  # --set\n      activation:\n        relu:  # line 4\n"
        "          threshold: 0.0  # default\n"
        "  - BatchNormalization:  # line 5\n      axis: -1  # default\n"
        "loss:\n  dense:\n    mse:\n      x: 1  # default\n"
        "optimizer:\n  adam:\n    epsilon: 0.5  # default\n"
    )
    found = config_values(text)
    assert [tuple(each.values()) for each in found] == [
        ("dataset.path", '["a  # b.csv"]', "line 2", True),
        ("dataset.target", "null", "default", False),
        ("layers[0]", "Dense", "line 4", True),
        ("layers[0].Dense.units", "3", "--set", True),
        ("layers[0].Dense.activation", "relu", "line 4", True),
        ("layers[0].Dense.activation.relu.threshold", "0.0", "default", False),
        ("layers[1]", "BatchNormalization", "line 5", True),
        ("layers[1].BatchNormalization.axis", "-1", "default", False),
        ("loss.dense", "mse", "default", False),
        ("loss.dense.mse.x", "1", "default", False),
        ("optimizer", "adam", "default", False),
        ("optimizer.adam.epsilon", "0.5", "default", False),
    ]
    assert [(each["key"], each["value"]) for each in values_set(found)] == [
        ("dataset.path", '["a  # b.csv"]'), ("layers[0].Dense.units", "3"), ("layers[0].Dense.activation", "relu"),
        ("layers[1]", "BatchNormalization"),
    ]  # fmt: skip
    assert config_values("a: [1") == []
