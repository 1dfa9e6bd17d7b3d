"""What all metrics are made of: means with weights, rows of steps, the boundary of yes and no, defaults."""

import json
import math

import numpy as np
import pytest

from nnctl.errors import InputError
from nnctl.nn.metrics import dump, load, metrics, resolve
from nnctl.nn.metrics.base import Metric, add_mean, as_rows, boundary, trailing


@pytest.mark.parametrize(
    ("threshold", "logits", "margins", "expected"),
    [
        (None, False, False, 0.5),
        (None, True, False, 0.0),
        (None, True, True, 0.0),
        (0.3, False, False, 0.3),
        (0.3, True, True, 0.3),  # of margins, the margin itself
        (0.5, True, False, 0.0),
        (0.8, True, False, math.log(4)),
        (0.2, True, False, -math.log(4)),
        (0.0, True, False, -math.inf),
        (1.0, True, False, math.inf),
        (0.0, False, False, 0.0),
    ],
)
def test_the_boundary_of_yes(threshold, logits, margins, expected):
    assert boundary(threshold, logits, margins) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("values", "weight", "total", "count"),
    [
        ([1.0, 2.0, 4.0], None, 7.0, 3.0),
        ([True, False, True], None, 2.0, 3.0),
        ([[1.0, 2.0], [3.0, 4.0]], None, 10.0, 4.0),
        ([1.0, 2.0, 4.0], [1.0, 0.0, 0.5], 3.0, 1.5),
        ([[1.0, 2.0], [3.0, 4.0]], [2.0, 1.0], 13.0, 6.0),  # a weight a row, for all its steps
        ([[1.0, 2.0], [3.0, 4.0]], [[1.0, 0.0], [0.0, 2.0]], 9.0, 3.0),
        ([True, False], [3.0, 1.0], 3.0, 4.0),
    ],
)
def test_means(values, weight, total, count):
    state = {"total": 1.0, "count": 2.0}
    add_mean(state, np.array(values), None if weight is None else np.array(weight))
    assert state == {"total": 1.0 + total, "count": 2.0 + count}
    assert type(state["total"]) is float and float(state["count"]) == state["count"]


@pytest.mark.parametrize("weighted", [False, True])
def test_many_small_values_are_added_with_enough_digits(weighted):
    """In float32, 2^24 + 1 is 2^24: a sum in float32 would not grow any more."""
    values = np.ones((128, 8192), np.float32)
    values[0, 0] = 2.0**30
    state = {"total": 0.0, "count": 0.0}
    weight = np.ones(len(values), np.float32) if weighted else None
    add_mean(state, values, weight)
    assert state == {"total": 2.0**30 + values.size - 1, "count": float(values.size)}


def test_axes_behind_a_weight():
    assert trailing(np.ones(3), 3).shape == (3, 1, 1)
    assert trailing(np.ones((3, 2)), 2).shape == (3, 2)


@pytest.mark.parametrize(
    ("y", "p", "weight", "rows", "weights"),
    [
        ((4,), (4, 1), None, (4, 1), [1, 1, 1, 1]),
        ((4,), (4,), None, (4, 1), [1, 1, 1, 1]),
        ((2, 3), (2, 3), [2.0, 5.0], (2, 3), [2, 5]),
        ((2, 2, 3), (2, 2, 3), [2.0, 5.0], (4, 3), [2, 2, 5, 5]),
        ((2, 2, 1), (2, 2, 1), [[1.0, 0.0], [3.0, 4.0]], (4, 1), [1, 0, 3, 4]),
        ((2, 2), (2, 2, 1), None, (4, 1), [1, 1, 1, 1]),
    ],
)
def test_steps_become_rows(y, p, weight, rows, weights):
    values = np.arange(np.prod(p), dtype=np.float32)
    weight = None if weight is None else np.array(weight, np.float32)
    one, other, found = as_rows(values.reshape(y), values.reshape(p), weight)
    assert one.shape == other.shape == rows
    np.testing.assert_array_equal(one, other)
    assert found.dtype == np.float64 and found.tolist() == weights


@pytest.mark.parametrize(("count", "expected"), [(4.0, 0.75), (0.0, 0.0)])
def test_the_result_is_the_mean_and_0_of_nothing(count, expected):
    assert Metric().result({"total": 3.0, "count": count}) == expected
    assert Metric().start() == {"total": 0.0, "count": 0.0}


def test_a_state_comes_back_from_json():
    state = {"total": 0.1, "hits": np.array([1.0, 2.5])}
    found = load(json.loads(json.dumps(dump(state))))
    assert found["total"] == 0.1 and found["hits"].tolist() == [1.0, 2.5] and isinstance(found["hits"], np.ndarray)


def test_defaults_of_the_facts():
    with pytest.raises(NotImplementedError):
        Metric().update({}, np.ones(1), np.ones(1))
    assert Metric.shares is False


@pytest.mark.parametrize(
    ("name", "labels", "said"),
    [
        ("accuracy", "number", "r2_score"),
        ("accuracy", "sequence", "label_error_rate"),
        ("categorical_accuracy", "integer", "use sparse_categorical_accuracy,"),
        ("sparse_categorical_accuracy", "onehot", "use categorical_accuracy,"),
        ("rmse", "integer", "for classes"),
        ("exact_match", "binary", "for classes"),
    ],
)
def test_a_metric_for_other_targets(name, labels, said):
    with pytest.raises(InputError) as caught:
        resolve(metrics.build(name), labels, (3,))
    assert said in caught.value.problems[0].hint


# Without a word on the loss, predictions are probabilities -----------------------------------------------------------

YES, P = np.array([[0], [1], [1], [0]], np.float32), np.array([[0.2], [0.4], [0.6], [0.8]], np.float32)


def value(metric, y=YES, p=P):
    state = metric.start()
    metric.update(state, y, p)
    return metric.result(state)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("accuracy", 0.5), ("binary_accuracy", 0.5), ("precision", 0.5), ("recall", 0.5), ("f1_score", 0.5), ("auc", 0.5)],
)
def test_predictions_are_probabilities_unless_they_are_said_to_be_logits(name, expected):
    for metric in (resolve(metrics.build(name), "binary", (1,)), metrics.build(name).for_output("binary", (1,))):
        assert value(metric) == pytest.approx(expected)
    as_logits = resolve(metrics.build(name), "binary", (1,), logits=True)
    assert value(as_logits) == pytest.approx({"recall": 1.0, "f1_score": 2 / 3}.get(name, 0.5))


@pytest.mark.parametrize("name", ["categorical_accuracy", "sparse_categorical_accuracy"])
@pytest.mark.parametrize("flags", [{}, {"logits": True}, {"margins": True}])
def test_the_most_probable_class_is_the_same_of_logits(name, flags):
    labels = "integer" if name.startswith("sparse") else "onehot"
    y = np.array([0, 2]) if labels == "integer" else np.eye(3)[[0, 2]]
    metric = metrics.build(name).for_output(labels, (3,), **flags)
    assert value(metric, y, np.array([[0.5, 0.2, 0.3], [0.1, 0.7, 0.2]])) == 0.5


def test_the_default_of_k():
    metric = metrics.build("sparse_top_k_categorical_accuracy").for_output("integer", (7,))
    p = np.array([[7.0, 6, 5, 4, 3, 2, 1]])
    assert metrics.build({"sparse_top_k_categorical_accuracy": 3}).k == 3
    assert metric.k == 5 and [value(metric, np.array([k]), p) for k in range(7)] == [1, 1, 1, 1, 1, 0, 0]
    for classes, k in ((5, 5), (3, 5), (3, 3)):
        with pytest.raises(InputError, match=f"k {k} is always 1 for {classes}"):
            metrics.build({"sparse_top_k_categorical_accuracy": {"k": k}}).for_output("integer", (classes,))


@pytest.mark.parametrize("p", [[0, 0, 1, 1], [0, 0.6, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1]])
def test_predictions_of_just_0_and_1_lie_on_the_curve(p):
    """y: no, yes, no, yes; half a pair counts where both are predicted alike."""
    y = np.array([[0], [1], [0], [1]])
    pairs = [(p[yes] > p[no]) + 0.5 * (p[yes] == p[no]) for yes in (1, 3) for no in (0, 2)]
    roc = np.mean(pairs)
    assert value(metrics.build({"auc": {"num_thresholds": 11}}), y, np.array(p, float)[:, None]) == pytest.approx(roc)


@pytest.mark.parametrize("name", ["precision", "recall", "f1_score", "binary_accuracy"])
def test_a_prediction_just_on_the_threshold_is_no(name):
    metric = metrics.build(name).for_output("binary", (1,))
    found = value(metric, np.array([[1], [1]]), np.array([[0.5], [0.6]]))
    assert found == {"precision": 1, "f1_score": 2 / 3}.get(name, 0.5)


@pytest.mark.parametrize(("labels", "units", "cut"), [("binary", 1, 0.5), ("binary", 2, 0.5), ("onehot", 2, None),
                                                      ("integer", 2, None), ("integer", 3, None)])  # fmt: skip
def test_one_of_several_classes_is_the_most_probable(labels, units, cut):
    for name in ("precision", "recall", "f1_score"):
        assert metrics.build(name).for_output(labels, (units,)).cut() == cut
