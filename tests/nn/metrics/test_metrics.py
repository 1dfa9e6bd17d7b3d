"""Metrics: Keras' and scikit-learn's numbers, streaming, weights, and which metric suits which targets."""

import json
import math

import numpy as np
import pytest
from contract import check_rows, golden
from golden import read
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from nnctl import config as spec
from nnctl.errors import InputError
from nnctl.nn.losses import losses
from nnctl.nn.metrics import dump, load, metrics, resolve
from nnctl.training import runner

GOLDEN = read("metrics")
BATCHES = ((0, 20), (20, 40), (40, 47))


def arrays(row, dtype="float64"):
    """Targets, predictions and weights (or None) of a golden case."""
    y, p = (GOLDEN[f"{row['data']}/{name}"] for name in "yp")
    y = y if row["labels"] == "integer" else y.astype(dtype)
    return y, p.astype(dtype), GOLDEN["weight"].astype(dtype) if row["weighted"] else None


def resolved(row):
    return resolve(metrics.build(row["metric"]), row["labels"], GOLDEN[f"{row['data']}/p"].shape[1:])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", GOLDEN.cases)
def test_agrees_with_keras(case, dtype):
    row = GOLDEN.cases[case]
    metric, (y, p, weight) = resolved(row), arrays(row, dtype)
    state, values = metric.start(), []
    for first, last in BATCHES:
        metric.update(state, y[first:last], p[first:last], None if weight is None else weight[first:last])
        values.append(metric.result(state))
    # Keras adds 1e-7 to what F1 divides by.
    np.testing.assert_allclose(values, GOLDEN[f"{case}/figures"], rtol=1e-5 if dtype == "float32" else 1e-6)
    assert all(type(value) is float for value in values)


def test_every_metric_has_a_golden_case():
    covered = {metrics.build(row["metric"]).kind for row in GOLDEN.cases.values()}
    sequences = {name for name, metric in metrics.items() if "sequence" in metric.takes}  # test_sequence_metrics.py
    of_losses = (set(metrics) & set(losses)) - covered  # whose numbers the losses' own tests compare
    check_rows(metrics, covered, golden("metrics", "ROWS"), without=sequences | of_losses)


# One of each kind, of every metric: what a config says, and the data it is for.
EVERY = {json.dumps(row["metric"]) + row["data"]: row for row in GOLDEN.cases.values() if row["weighted"]}
LOSSES = {"integer": "integer", "onehot": "onehot", "binary": "labels", "number": "positive"}
EVERY |= {
    kind: {"metric": kind, "data": LOSSES[loss.labels], "labels": loss.labels, "weighted": True}
    for kind, loss in losses.items()
    if kind in metrics
}


def test_every_loss_is_a_metric():
    assert {kind for kind, loss in losses.items() if loss.labels != "sequence"} <= set(metrics)
    assert metrics.lookup("mean_squared_error") is metrics.lookup("mse")


@pytest.mark.parametrize("case", EVERY)
@given(data=st.data())
@settings(max_examples=12, deadline=None)
def test_batches_give_the_value_of_one_pass(case, data):
    """For any batches, and with the state saved and loaded between them."""
    metric, (y, p, weight) = resolved(EVERY[case]), arrays(EVERY[case])
    cuts = sorted(data.draw(st.sets(st.integers(1, len(y) - 1), max_size=6)))
    whole, parts = metric.start(), metric.start()
    metric.update(whole, y, p, weight)
    for first, last in zip([0, *cuts], [*cuts, len(y)], strict=True):
        metric.update(parts, y[first:last], p[first:last], weight[first:last])
        parts = load(json.loads(json.dumps(dump(parts))))
    assert metric.result(parts) == pytest.approx(metric.result(whole), rel=1e-9)


@pytest.mark.parametrize("case", EVERY)
def test_a_weight_of_two_is_the_row_twice(case):
    metric, (y, p, _) = resolved(EVERY[case]), arrays(EVERY[case])
    times = np.arange(len(y)) % 3
    weighted, repeated = metric.start(), metric.start()
    metric.update(weighted, y, p, times.astype("float64"))
    metric.update(repeated, np.repeat(y, times, axis=0), np.repeat(p, times, axis=0))
    assert metric.result(weighted) == pytest.approx(metric.result(repeated), rel=1e-9)


@pytest.mark.parametrize("case", EVERY)
def test_without_rows_the_value_is_finite(case):
    metric, (y, p, weight) = resolved(EVERY[case]), arrays(EVERY[case])
    assert metric.result(metric.start()) == 0
    state = metric.start()
    metric.update(state, y, p, np.zeros_like(weight))
    assert math.isfinite(metric.result(state))


@pytest.mark.parametrize("average", ["macro", "micro", "weighted"])
@pytest.mark.parametrize("name", ["precision", "recall", "f1_score"])
@pytest.mark.parametrize("seen", [(0, 1, 2, 3), (0, 2)])
def test_classes_average_as_in_scikit_learn(name, average, seen):
    """Also where some of the classes occur in neither targets nor predictions: they count as 0, as in Keras' F1Score
    and with scikit-learn's labels=range(4), zero_division=0."""
    row = next(r for r in GOLDEN.cases.values() if r["data"] == "integer")
    y, p, _ = arrays(row)
    kept = np.isin(y, seen) & np.isin(p.argmax(-1), seen)
    y, p = y[kept], p[kept]
    guess = p.argmax(-1)
    scores, sizes = [], []
    for k in range(4):
        hits, predicted, actual = np.sum((guess == k) & (y == k)), np.sum(guess == k), np.sum(y == k)
        by_name = {
            "precision": hits / max(predicted, 1),
            "recall": hits / max(actual, 1),
            "f1_score": 2 * hits / max(predicted + actual, 1),
        }
        scores.append(by_name[name])
        sizes.append(actual)
    wanted = {
        "macro": np.mean(scores),
        "micro": np.mean(guess == y),  # where every row has one class, all three are the accuracy
        "weighted": np.average(scores, weights=sizes),
    }
    for labels, targets in (("integer", y), ("onehot", np.eye(4)[y])):
        metric = resolve(metrics.build({name: {"average": average}}), labels, (4,))
        state = metric.start()
        metric.update(state, targets, p)
        assert metric.result(state) == pytest.approx(wanted[average], rel=1e-12)


@pytest.mark.parametrize(
    ("config", "wanted"),  # Keras F1Score(average=...) over 3 classes: f1 of 0 is 1/2, of 1 is 2/3, of 2 is 0
    [
        ("f1_score", (1 / 2 + 2 / 3 + 0) / 3),
        ({"f1_score": {"average": "micro"}}, 3 / 5),
        ({"f1_score": {"average": "weighted"}}, (2 * 1 / 2 + 3 * 2 / 3) / 5),
        ({"f1_score": {"class_id": 2}}, 0),
        ("precision", (1 / 2 + 2 / 3 + 0) / 3),
        ("recall", (1 / 2 + 2 / 3 + 0) / 3),
    ],
    ids=str,
)
@pytest.mark.parametrize("labels", ["integer", "onehot"])
def test_a_class_that_is_neither_true_nor_predicted_counts_as_0(config, wanted, labels):
    y, guess = np.array([0, 0, 1, 1, 1]), np.array([0, 1, 1, 1, 0])
    metric = resolve(metrics.build(config), labels, (3,))
    state = metric.start()
    metric.update(state, y if labels == "integer" else np.eye(3)[y], np.eye(3)[guess])
    assert metric.result(state) == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize(
    ("average", "wanted"), [("macro", (1 + 2 / 3 + 0) / 3), ("micro", 4 / 5), ("weighted", 1 / 3 + 2 / 3 * 2 / 3)]
)
def test_a_label_that_no_row_has_counts_as_0(average, wanted):
    """Of several labels a row: f1 of the first is 1, of the second 2/3, of the third, which never occurs, 0."""
    y, p = np.array([[1, 1, 0], [0, 1, 0], [0, 0, 0]]), np.array([[0.9, 0.8, 0.1], [0.2, 0.3, 0.4], [0.1, 0.1, 0.2]])
    metric = resolve(metrics.build({"f1_score": {"average": average}}), "binary", (3,))
    state = metric.start()
    metric.update(state, y, p)
    assert metric.result(state) == pytest.approx(wanted, rel=1e-12)


def test_auc_of_a_known_ranking():
    y, p = np.array([[0.0], [0.0], [1.0], [1.0]]), np.array([[0.1], [0.4], [0.35], [0.8]])
    areas = {}
    for curve in ("ROC", "PR"):
        metric = metrics.build({"auc": {"curve": curve}})
        state = metric.start()
        metric.update(state, y, p)
        areas[curve] = metric.result(state)
    assert areas["ROC"] == pytest.approx(0.75)  # one of four pairs is the wrong way round
    assert 0.75 < areas["PR"] < 0.85


def test_r2_of_targets_far_from_zero():
    """The variance must not be lost beside the square of the mean."""
    y = 1e8 + np.array([[1.0], [2.0], [3.0], [4.0]])
    metric = metrics.build("r2")
    state = metric.start()
    for row in range(4):
        metric.update(state, y[row : row + 1], y[row : row + 1] + 0.5)
    assert metric.result(state) == pytest.approx(1 - 4 * 0.25 / 5)


def test_r2_of_the_mean_is_0_without_rounding_errors():
    y = np.random.default_rng(3).normal(50, 9, (318, 1))
    for mean in (y.mean(), np.nextafter(y.mean(), 99), np.float32(y.mean())):
        metric, state = metrics.build("r2"), metrics.build("r2").start()
        metric.update(state, y, np.full_like(y, mean))
        assert str(metric.result(state)) == "0.0"


def test_r2_of_a_constant_target_is_0():
    metric, state = metrics.build("r2"), metrics.build("r2").start()
    metric.update(state, np.ones((3, 1)), np.zeros((3, 1)))
    assert metric.result(state) == 0


def test_steps_have_weights_of_their_own():
    """A weight of 0 takes a step out, as a mask does."""
    y, p = np.array([[0, 1, 1], [1, 0, 0]]), np.zeros((2, 3, 2))
    p[..., 1] = 1  # the answer is always class 1
    weight = np.array([[1.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    for name, wanted in (("accuracy", 2 / 3), ("recall", 1 / 2)):
        metric = resolve(metrics.build(name), "integer", (3, 2))
        state = metric.start()
        metric.update(state, y, p, weight)
        assert metric.result(state) == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("labels", "shape", "kind"),
    [
        ("binary", (1,), "binary_accuracy"),
        ("binary", (5,), "binary_accuracy"),
        ("integer", (3,), "sparse_categorical_accuracy"),
        ("integer", (None, 3), "sparse_categorical_accuracy"),
        ("integer", (1,), "binary_accuracy"),
        ("onehot", (3,), "categorical_accuracy"),
    ],
)
def test_accuracy_finds_its_kind(labels, shape, kind):
    assert resolve(metrics.build("accuracy"), labels, shape).kind == kind


def test_targets_and_predictions_may_differ_by_an_axis_of_one():
    y, p = np.array([1.0, 0.0, 1.0]), np.array([[0.9], [0.8], [0.7]])
    for name in ("binary_accuracy", "precision", "auc", "rmse", "r2", "cosine_similarity"):
        metric = resolve(metrics.build(name), "binary", (1,))
        flat, column = metric.start(), metric.start()
        metric.update(flat, y, p)
        metric.update(column, y[:, None], p)
        assert dump(flat) == dump(column)


@pytest.mark.parametrize("name", ["binary_accuracy", "rmse", "r2", "cosine_similarity", "auc"])
def test_shapes_that_do_not_fit_are_never_broadcast(name):
    metric = metrics.build(name)
    with pytest.raises(ValueError):
        metric.update(metric.start(), np.ones((6, 2)), np.ones((6, 3)))


# (metric, targets, units, what the message says, what the hint says)
MISFITS = [
    ("accuracy", "number", 1, "accuracy works on class numbers", "use mse, rmse, mae or r2_score"),
    ("precision", "number", 1, "targets of this output are numbers", "mae"),
    ("categorical_accuracy", "integer", 3, "works on one-hot classes", "use sparse_categorical_accuracy"),
    ("sparse_categorical_accuracy", "onehot", 3, "works on class numbers", "use categorical_accuracy"),
    ("binary_accuracy", "integer", 3, "class numbers", "for classes use accuracy"),
    ("mse", "integer", 3, "class numbers", "for classes use accuracy"),
    ("r2_score", "integer", 3, "class numbers", "for classes use accuracy"),
    ("binary_crossentropy", "onehot", 3, "one-hot classes", "for classes use accuracy"),
    ("categorical_crossentropy", "integer", 3, "class numbers", "use sparse_categorical_crossentropy"),
    ("top_k_categorical_accuracy", "onehot", 5, "is always 1 for 5 classes", "choose k below 5"),
    ("accuracy", "sequence", 11, "targets of this output are label sequences", "use label_error_rate or exact_match"),
    ("label_error_rate", "integer", 3, "works on label sequences", "for classes use accuracy"),
    ({"recall": {"class_id": 3}}, "integer", 3, "class 3, but the output has 3", "from 0 to 2"),
]


@pytest.mark.parametrize(("config", "labels", "units", "message", "hint"), MISFITS)
def test_refuses_targets_that_it_is_not_defined_for(config, labels, units, message, hint):
    with pytest.raises(InputError) as error:
        resolve(metrics.build(config), labels, (units,))
    [problem] = error.value.problems
    assert message in problem.message
    assert hint in problem.hint


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"precision": {"thresholds": 1.5}}, "less than or equal to 1"),
        ({"binary_accuracy": {"threshold": 0}}, "greater than 0"),
        ({"top_k_categorical_accuracy": {"k": 0}}, "greater than or equal to 1"),
        ({"auc": {"curve": "roc curve"}}, "'ROC' or 'PR'"),
        ({"auc": {"num_thresholds": 1}}, "greater than or equal to 2"),
        ({"f1_score": {"average": "none"}}, "'macro', 'micro' or 'weighted'"),
    ],
)
def test_refuses_arguments_out_of_range(config, message):
    with pytest.raises(ValidationError, match=message):
        metrics.build(config)


@pytest.mark.parametrize("case", EVERY)
def test_right_answers_are_better_than_others(case):
    """`better` says which direction that is."""
    metric, (y, p, _) = resolved(EVERY[case]), arrays(EVERY[case])
    classes = y[..., None] == np.arange(p.shape[-1]) if y.ndim < p.ndim else y
    right = 20.0 * classes - 10 if EVERY[case]["data"] == "logits" else classes.astype(p.dtype)
    found = []
    for predictions in (p[::-1], right):  # those of other rows, and the right ones
        state = metric.start()
        metric.update(state, y, predictions.copy())
        found.append(metric.result(state))
    assert found[1] < found[0] if metric.better == "min" else found[1] > found[0]


def test_two_metrics_of_one_kind_have_names_of_their_own(tmp_path):
    text = """
    dataset: breast_cancer
    layers: [{Dense: {units: 1, activation: sigmoid}}]
    loss: binary_crossentropy
    metrics: [{precision: {thresholds: 0.2}}, {precision: {thresholds: 0.9}}, recall]
    epochs: 3
    """
    ended = runner.train(spec.loads(text), folder=tmp_path / "run")
    assert list(ended.test) == ["loss", "precision", "precision_1", "recall"]
    assert ended.test["precision"] < ended.test["precision_1"]
