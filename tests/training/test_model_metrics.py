"""The rows and steps that a model's metrics include, and the metrics' names and units."""

import numpy as np
import pytest

from nnctl import config as spec
from nnctl.api import load
from nnctl.errors import ConfigError, InputError
from nnctl.training import runner
from nnctl.training.events import EpochEnded
from nnctl.training.model import Model

CONSTANT = "{Dense: {units: 1, activation: sigmoid, kernel_initializer: zeros, bias_initializer: ones}}"  # always yes
STILL = "optimizer: {sgd: {learning_rate: 0}}\n"


def trained(tmp_path, text, name="run", **arrays):
    """The metrics of the last epoch of a run on these arrays (files of which `d.npz` is made)."""
    if arrays:
        np.savez(tmp_path / "d.npz", **arrays)
    ended = []
    runner.train(spec.loads(text.replace("DATA", f"{tmp_path}/d.npz")), folder=tmp_path / name,
                 subscribers=[lambda e: ended.append(e) if isinstance(e, EpochEnded) else None])  # fmt: skip
    return ended[-1].metrics


def evaluated(tmp_path, split, name="run"):
    return load(tmp_path / name).evaluation(split=split).metrics


ROWS = 40
X = np.linspace(-1, 1, ROWS)[:, None]
Y = (np.arange(ROWS) % 4 == 0).astype(float)  # a quarter is yes
WEIGHT = np.where(np.arange(ROWS) % 8 == 0, 5.0, 1.0)


@pytest.mark.parametrize("chain", ["all", "convolution"], ids=["many steps at once", "step by step"])
@pytest.mark.parametrize("batch", ["all", 7])
@pytest.mark.parametrize(
    ("more", "weights"),
    [
        ("class_weight: {0: 1, 1: 9}", np.where(Y == 1, 9, 1)),
        ("class_weight: balanced", np.where(Y == 1, 2, 2 / 3)),
        ("dataset_weight", WEIGHT),
    ],
    ids=["class_weight", "balanced", "dataset.weight"],
)
def test_rows_weigh_in_weighted_metrics_alone(tmp_path, more, weights, batch, chain):
    own = "weight: weight, " if more == "dataset_weight" else ""
    text = f"""
    dataset: {{path: DATA, {own}split: {{validation: 0.5, test: 0, order: keep}}}}
    layers: [{CONSTANT}]
    loss: binary_crossentropy
    metrics: [accuracy]
    weighted_metrics: [accuracy, recall, precision]
    batch_size: {batch}
    {"" if own else more}
    {"" if chain == "all" else "engine: {fuse: [convolution]}"}
    """
    arrays = {"x": X, "y": Y} | ({"weight": WEIGHT} if own else {})
    found = trained(tmp_path, text + STILL, **arrays)
    half = slice(0, ROWS // 2)  # the validation rows are the last
    assert found["accuracy"] == pytest.approx(Y[half].mean())
    assert found["weighted_accuracy"] == pytest.approx(np.average(Y[half], weights=weights[half]))
    assert found["precision"] == pytest.approx(np.average(Y[half], weights=weights[half]))
    assert found["recall"] == 1
    rest = slice(ROWS // 2, ROWS)
    unseen = np.average(Y[rest], weights=weights[rest] if own else None)  # class weights are training's
    assert found["val_accuracy"] == pytest.approx(Y[rest].mean())
    assert found["val_weighted_accuracy"] == found["val_precision"] == pytest.approx(unseen)
    # the learning rate is 0, so eval looks at the same model
    assert evaluated(tmp_path, "train")["accuracy"] == pytest.approx(found["accuracy"])
    assert evaluated(tmp_path, "validation")["weighted_accuracy"] == pytest.approx(found["val_weighted_accuracy"])


@pytest.mark.parametrize("own", [False, True], ids=["class weights do not", "sample weights do not"])
def test_padded_steps_never_count(tmp_path, own):
    """Three rows of 2, 4 and 3 real steps, of which 5 are yes; the model always says yes."""
    y = np.array([[1, 0, 1, 1], [1, 1, 0, 1], [0, 1, 0, 1]])
    lengths = np.array([2, 4, 3])
    real = np.arange(4) < lengths[:, None]
    weight = np.array([1.0, 2.0, 7.0])
    text = f"""
    dataset: {{path: DATA, lengths: lengths, {"weight: weight, " if own else ""}split: {{validation: 0, test: 0}}}}
    layers:
      - LSTM: {{units: 2, return_sequences: true}}
      - Dense: {{units: 2, activation: softmax, kernel_initializer: zeros}}
    loss: sparse_categorical_crossentropy
    metrics: [accuracy]
    weighted_metrics: [accuracy]
    """
    found = trained(tmp_path, text + STILL, x=np.ones((3, 4, 1)), y=y, lengths=lengths, weight=weight)
    right = y == 0  # both classes are as probable: the first is chosen
    counts = real * (weight[:, None] if own else 1)
    assert found["accuracy"] == pytest.approx(right[real].mean())
    assert found["weighted_accuracy"] == pytest.approx((right * counts).sum() / counts.sum())


TWO = """
dataset: {path: DATA, target: {kind: y, again: z}, split: {validation: 0, test: 0}}
inputs: {x: {}}
layers:
  - Dense: {units: 1, activation: sigmoid, name: kind, from: x}
  - Dense: {units: 1, activation: sigmoid, name: again, from: x}
outputs: [kind, again]
loss: binary_crossentropy
"""
ONE = f"dataset: {{path: DATA, split: {{validation: 0, test: 0}}}}\nlayers: [{CONSTANT}]\nloss: binary_crossentropy\n"


# as Keras 3.12 names them in compile(metrics=..., weighted_metrics=...): see CompileMetrics.result
@pytest.mark.parametrize(
    ("config", "metrics", "weighted", "names"),
    [
        (ONE, None, None, ["accuracy"]),
        (ONE, "[accuracy, accuracy]", None, ["accuracy", "accuracy_1"]),
        (ONE, "[accuracy]", "[accuracy]", ["accuracy", "weighted_accuracy"]),
        (ONE, None, "[accuracy]", ["accuracy"]),
        (ONE, None, "[auc, auc, auc]", ["auc", "weighted_auc", "weighted_auc_1"]),
        (ONE, "[auc]", "[auc, precision, auc]", ["auc", "weighted_auc", "precision", "weighted_auc_1"]),
        (ONE, "accuracy", "{precision: {thresholds: 0.2}}", ["accuracy", "precision"]),
        (TWO, "[accuracy]", "[accuracy]",
         ["kind_accuracy", "again_accuracy", "kind_weighted_accuracy", "again_weighted_accuracy"]),
        (TWO, "{again: [auc]}", "{kind: [auc], again: [auc]}", ["again_auc", "kind_auc", "again_weighted_auc"]),
        (TWO, None, "{kind: precision}", ["kind_precision"]),
    ],
    ids=str,
)  # fmt: skip
def test_names(tmp_path, config, metrics, weighted, names):
    text = (
        config + (f"metrics: {metrics}\n" if metrics else "") + (f"weighted_metrics: {weighted}\n" if weighted else "")
    )
    found = trained(tmp_path, text, x=X, y=Y, z=1 - Y)
    assert [name for name in found if not name.endswith("loss")] == names
    # the run's own config says the same again
    again = spec.load(tmp_path / "run" / "config.yaml")
    assert again.metrics == spec.loads(text).metrics
    assert again.weighted_metrics == spec.loads(text).weighted_metrics


def test_weighted_metrics_are_set_from_the_command_line_and_told_with_their_line():
    text = "dataset: iris\nlayers: [{Dense: {units: 3, activation: softmax}}]\nloss: sparse_categorical_crossentropy\n"
    text += "weighted_metrics: [{f1_score: {average: micro}}]\n"
    [[metric]] = spec.loads(text, overrides=["weighted_metrics.0.average=macro"]).weighted_metrics.values()
    assert (metric.kind, metric.average) == ("f1_score", "macro")
    built = spec.loads(text)
    arguments = {"average": "micro", "class_id": None, "threshold": None}
    assert built.resolved["weighted_metrics"] == {"dense": [{"f1_score": arguments}]}
    assert built.origins["weighted_metrics.dense[0].f1_score.average"] == "line 4"
    with pytest.raises(ConfigError, match="acuracy") as error:
        spec.loads(text.replace("f1_score", "acuracy").replace("average: micro", ""))
    assert "weighted_metrics" in error.value.problems[0].where


def test_a_weighted_metric_without_a_meaning_is_refused_where_it_stands(tmp_path):
    built = spec.loads("dataset: iris\nlayers: [{Dense: {units: 3, activation: softmax}}]\n"
                       "loss: sparse_categorical_crossentropy\nweighted_metrics: [mse]\n")  # fmt: skip
    data = runner.load_data(built)
    with pytest.raises(InputError, match="mse works on") as error:
        Model.build(built, data.input_shapes, data.targets)
    assert "weighted_metrics" in error.value.problems[0].where


def pairs(truth, scores):
    """scikit-learn's roc_auc_score: the share of pairs of a yes and a no in which the yes is ranked higher."""
    yes, no = scores[truth == 1], scores[truth == 0]
    return ((yes[:, None] > no) + 0.5 * (yes[:, None] == no)).mean()


@pytest.mark.parametrize(
    "loss",
    ["{binary_crossentropy: {from_logits: true}}", "hinge", "squared_hinge"],
)
def test_auc_of_a_rising_function_does_not_depend_on_its_weights(tmp_path, loss):
    """The model is an increasing function of x, so the predictions are ranked as x is."""
    rng = np.random.default_rng(5)
    x = rng.normal(0, 30, ROWS)
    y = (x + rng.normal(0, 30, ROWS) > 0).astype(float)
    text = f"""
    dataset: {{path: DATA, split: {{validation: 0.5, test: 0, order: keep}}}}
    layers: [{{Dense: {{units: 1, kernel_initializer: ones}}}}]
    loss: {loss}
    metrics: [auc, accuracy]
    epochs: 3
    batch_size: all
    optimizer: {{sgd: {{learning_rate: 0.001}}}}
    """
    found = trained(tmp_path, text, x=x[:, None], y=y)
    half = ROWS // 2
    assert found["auc"] == pytest.approx(pairs(y[:half], x[:half]), rel=1e-12)
    assert found["val_auc"] == pytest.approx(pairs(y[half:], x[half:]), rel=1e-12)
    assert evaluated(tmp_path, "validation")["auc"] == found["val_auc"]


@pytest.mark.parametrize("loss", ["sparse_categorical_crossentropy", "categorical_crossentropy", "categorical_hinge"])
def test_auc_of_several_classes_is_pooled(tmp_path, loss):
    """Three classes, predicted by three features unchanged: every class of every row is one prediction."""
    rng = np.random.default_rng(6)
    y = np.arange(ROWS) % 3
    x = (2 * np.eye(3)[y] + rng.normal(size=(ROWS, 3))).astype(np.float32)
    told = loss if loss == "categorical_hinge" else f"{{{loss}: {{from_logits: true}}}}"
    text = f"""
    dataset: {{path: DATA, split: {{validation: 0, test: 0}}}}
    layers: [{{Dense: {{units: 3, kernel_initializer: identity}}}}]
    loss: {told}
    metrics: [auc]
    """
    found = trained(tmp_path, text + STILL, x=x, y=y if loss.startswith("sparse") else np.eye(3)[y])
    e = np.exp(x.astype(float))
    ranked = x if loss == "categorical_hinge" else e / e.sum(-1, keepdims=True)
    assert found["auc"] == pytest.approx(pairs(np.eye(3)[y].ravel(), ranked.ravel()), rel=1e-6)
