"""Metrics of outputs that give logits or margins: the numbers that the probabilities would have."""

import json

import numpy as np
import pytest

from nnctl.errors import InputError
from nnctl.nn.losses import losses
from nnctl.nn.metrics import dump, load, metrics, resolve
from nnctl.nn.metrics.auc import MOST_VALUES

RNG = np.random.default_rng(3)
ROWS = 60


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def softmax(z):
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


# labels, targets, logits; each drawn so that the model is right more often than not
_yes, _flags, _class = RNG.integers(0, 2, (ROWS, 1)), RNG.integers(0, 2, (ROWS, 3)), RNG.integers(0, 4, ROWS)
_steps = RNG.integers(0, 4, (ROWS, 5))
OUTPUTS = {
    "binary": ("binary", _yes, 2 * _yes - 1 + RNG.normal(0, 2, (ROWS, 1))),
    "labels": ("binary", _flags, 2 * _flags - 1 + RNG.normal(0, 2, (ROWS, 3))),
    "integer": ("integer", _class, 2 * np.eye(4)[_class] + RNG.normal(0, 2, (ROWS, 4))),
    "onehot": ("onehot", np.eye(4)[_class], 2 * np.eye(4)[_class] + RNG.normal(0, 2, (ROWS, 4))),
    "steps": ("integer", _steps, 2 * np.eye(4)[_steps] + RNG.normal(0, 2, (ROWS, 5, 4))),
}


def value(config, labels, y, p, weight=None, **flags):
    metric = resolve(metrics.build(config), labels, p.shape[1:], **flags)
    state = metric.start()
    for first in range(0, len(y), 17):  # in batches, the state written down between them
        rows = slice(first, first + 17)
        metric.update(state, y[rows], p[rows], None if weight is None else weight[rows])
        state = load(json.loads(json.dumps(dump(state))))
    return metric.result(state)


SCORES = [{name: {average: value}} for name in ("precision", "recall", "f1_score") for average, value in
          [("average", "macro"), ("average", "micro"), ("average", "weighted"), ("class_id", 0)]]  # fmt: skip
CUTS = [{"precision": {"thresholds": 0.3}}, {"recall": {"thresholds": 0.8}}, {"f1_score": {"threshold": 0.4}},
        {"precision": {"thresholds": 0.0}}, {"recall": {"thresholds": 1.0}}]  # fmt: skip
NUMBERS = ["mse", "mae", "rmse", "mape", "msle", "huber", "log_cosh", "poisson", "cosine_similarity",
           "r2_score"]  # fmt: skip
BY_LABELS = {
    "binary": ["accuracy", "binary_accuracy", {"binary_accuracy": {"threshold": 0.7}}, "binary_crossentropy",
               {"binary_crossentropy": {"label_smoothing": 0.1}}, *SCORES, *CUTS, *NUMBERS],
    "onehot": ["accuracy", "categorical_accuracy", {"top_k_categorical_accuracy": {"k": 2}},
               {"binary_accuracy": {"threshold": 0.3}}, "categorical_crossentropy", "kl_divergence",
               *SCORES, *CUTS, *NUMBERS],
    "integer": ["accuracy", "sparse_categorical_accuracy", {"sparse_top_k_categorical_accuracy": {"k": 2}},
                "sparse_categorical_crossentropy", *SCORES, *CUTS],
}  # fmt: skip


@pytest.mark.parametrize(
    ("output", "config"),
    [(output, config) for output, (labels, _, _) in OUTPUTS.items() for config in BY_LABELS[labels]],
    ids=str,
)
def test_of_logits_is_that_of_their_probabilities(output, config):
    labels, y, z = OUTPUTS[output]
    p = sigmoid(z) if labels == "binary" else softmax(z)
    assert value(config, labels, y, z, logits=True) == pytest.approx(value(config, labels, y, p), rel=1e-9, abs=1e-12)


def pairs(y, p, weight=None):
    """The share of pairs of a yes and a no in which the yes is ranked higher, ties being half: scikit-learn's
    roc_auc_score."""
    y, p = np.ravel(y) > 0, np.ravel(p)
    weight = np.ones(len(p)) if weight is None else np.ravel(weight)
    ahead = (p[y][:, None] > p[~y]) + 0.5 * (p[y][:, None] == p[~y])
    return float(weight[y] @ ahead @ weight[~y] / (weight[y].sum() * weight[~y].sum()))


@pytest.mark.parametrize("output", OUTPUTS)
def test_auc_of_logits_is_the_share_of_pairs_in_order(output):
    labels, y, z = OUTPUTS[output]
    p = z if labels == "binary" else softmax(z)
    truth = y if labels != "integer" else np.eye(4)[y]
    assert value("auc", labels, y, z, logits=True) == pytest.approx(pairs(truth, p), rel=1e-12)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("shift", [0.0, -3.0, 1000.0])
@pytest.mark.parametrize("flags", [{"logits": True}, {"margins": True}], ids=["logits", "margins"])
def test_auc_does_not_depend_on_the_scale_of_what_is_ranked(scale, shift, flags):
    labels, y, z = OUTPUTS["binary"]
    z = np.round(z, 1)  # with some ties
    assert value("auc", labels, y, shift + scale * z, **flags) == pytest.approx(
        pairs(y, z), abs=1e-3 if shift else 1e-12
    )


def test_auc_of_several_classes_margins_ranks_all_of_them():
    _, y, z = OUTPUTS["onehot"]
    assert value("auc", "onehot", y, 50 * z, margins=True) == pytest.approx(pairs(y, z), rel=1e-12)


@pytest.mark.parametrize("curve", ["ROC", "PR"])
def test_auc_of_logits_counts_a_row_as_often_as_its_weight(curve):
    labels, y, z = OUTPUTS["binary"]
    times = np.arange(ROWS) % 3
    config = {"auc": {"curve": curve}}
    weighted = value(config, labels, y, z, times.astype(float), logits=True)
    assert weighted == pytest.approx(value(config, labels, np.repeat(y, times, 0), np.repeat(z, times, 0), logits=True))


@pytest.mark.parametrize("flags", [{"logits": True}, {"margins": True}], ids=["logits", "margins"])
def test_area_under_precision_and_recall_by_hand(flags):
    """Two yes (4.0, -1.0) and two no (2.0, -3.0): between the points Davis and Goadrich's interpolation."""
    y, z = np.array([[1], [0], [1], [0]]), np.array([[4.0], [2.0], [-1.0], [-3.0]])
    # (true, false) positives by falling threshold: (0,0) (1,0) (1,1) (2,1) (2,2). First half of recall at precision 1;
    # then precision t / (t + 1) for t from 1 to 2: its mean is 1 - ln(3/2)
    wanted = 0.5 * 1 + 0.5 * (1 - np.log(3 / 2))
    assert value({"auc": {"curve": "PR"}}, "binary", y, z, **flags) == pytest.approx(wanted, rel=1e-12)
    fine = {"auc": {"curve": "PR", "num_thresholds": 20_000}}  # Keras comes to the same where thresholds are many
    assert value(fine, "binary", y, sigmoid(z)) == pytest.approx(wanted, rel=1e-6)


def test_auc_from_logits_is_that_of_keras():
    """from_logits: true means a sigmoid and 200 thresholds, whatever the loss."""
    labels, y, z = OUTPUTS["binary"]
    keras = value("auc", labels, y, sigmoid(z))
    told = {"auc": {"from_logits": True}}
    assert value(told, labels, y, z) == value(told, labels, y, z, logits=True) == pytest.approx(keras, rel=1e-12)


def test_merging_values_hardly_changes_the_area():
    y = RNG.integers(0, 2, (3 * MOST_VALUES, 1))
    z = y + RNG.normal(0, 2, y.shape)
    metric = resolve(metrics.build("auc"), "binary", (1,), margins=True)
    state = metric.start()
    for first in range(0, len(y), 1000):
        metric.update(state, y[first : first + 1000], z[first : first + 1000])
        assert len(state["values"]) <= MOST_VALUES
    order = z.ravel().argsort()
    ranks = np.empty(len(z))
    ranks[order] = np.arange(1, len(z) + 1)
    yes = y.ravel() == 1
    exact = (ranks[yes].sum() - yes.sum() * (yes.sum() + 1) / 2) / (yes.sum() * (~yes).sum())
    assert metric.result(state) == pytest.approx(exact, abs=2e-4)
    assert state["positives"].sum() == yes.sum()


def test_crossentropy_of_logits_is_exact_however_large_they_are():
    y, z = np.array([[1.0], [0.0], [1.0]]), np.array([[-200.0], [300.0], [5.0]])
    wanted = (200 + 300 + np.log1p(np.exp(-5))) / 3
    assert value("binary_crossentropy", "binary", y, z, logits=True) == pytest.approx(wanted, rel=1e-12)
    z = np.array([[500.0, 0, 0]])
    for labels, y, name in (("integer", np.array([1]), "sparse_categorical_crossentropy"),
                            ("onehot", np.eye(3)[[1]], "categorical_crossentropy")):  # fmt: skip
        assert value(name, labels, y, z, logits=True) == pytest.approx(500)


@pytest.mark.parametrize(
    ("labels", "name"), [("binary", "hinge"), ("binary", "squared_hinge"), ("onehot", "categorical_hinge")]
)
def test_hinge_losses_take_logits_as_margins(labels, name):
    _, y, z = OUTPUTS[labels]
    raw = losses.build(name).forward(y, z)[0].mean()
    assert value(name, labels, y, z, logits=True) == pytest.approx(raw, rel=1e-12)
    assert value(name, labels, y, z, margins=True) == pytest.approx(raw, rel=1e-12)


@pytest.mark.parametrize(
    ("labels", "name"),
    [("binary", "binary_crossentropy"), ("onehot", "categorical_crossentropy"), ("onehot", "kl_divergence")],
)
def test_refuses_crossentropies_of_margins(labels, name):
    with pytest.raises(InputError, match="works on probabilities") as error:
        resolve(metrics.build(name), labels, (3,), margins=True)
    assert "auc" in error.value.problems[0].hint


# (metric, what its own threshold means, on margins 0.2, -0.2, 0.6, -0.6 of which the first two are true)
@pytest.mark.parametrize(
    ("config", "wanted"),
    [
        ("accuracy", 2 / 4),
        ("binary_accuracy", 2 / 4),
        ({"binary_accuracy": {"threshold": 0.5}}, 1 / 4),  # a margin of more than 0.5, as Keras has it
        ("precision", 1 / 2),
        ("recall", 1 / 2),
        ({"recall": {"thresholds": 0.1}}, 1 / 2),
        ({"precision": {"thresholds": 0.5}}, 0 / 1),
    ],
    ids=str,
)
def test_margins_say_yes_above_0(config, wanted):
    y, p = np.array([[1], [1], [0], [0]]), np.array([[0.2], [-0.2], [0.6], [-0.6]])
    assert value(config, "binary", y, p, margins=True) == pytest.approx(wanted)
