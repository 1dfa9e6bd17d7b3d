"""Metrics: the value after each of three batches, with and without sample weights."""

import keras
import numpy as np

BATCHES = ((0, 20), (20, 40), (40, 47))
M = keras.metrics
# case: (what a config says, the data, the metric of Keras that gives the same value, its arguments)
ROWS = {
    "accuracy_binary": ("accuracy", "binary", M.BinaryAccuracy, {}),
    "accuracy_labels": ("accuracy", "labels", M.BinaryAccuracy, {}),
    "accuracy_integer": ("accuracy", "integer", M.SparseCategoricalAccuracy, {}),
    "accuracy_onehot": ("accuracy", "onehot", M.CategoricalAccuracy, {}),
    "accuracy_steps": ("accuracy", "steps", M.SparseCategoricalAccuracy, {}),
    "binary_accuracy": (
        {"binary_accuracy": {"threshold": 0.3}},
        "binary",
        M.BinaryAccuracy,
        {"threshold": 0.3},
    ),
    "categorical_accuracy": ("categorical_accuracy", "onehot", M.CategoricalAccuracy, {}),
    "sparse_accuracy": ("sparse_categorical_accuracy", "integer", M.SparseCategoricalAccuracy, {}),
    "top_2": ({"top_k_categorical_accuracy": {"k": 2}}, "onehot", M.TopKCategoricalAccuracy, {"k": 2}),
    "sparse_top_3": (
        {"sparse_top_k_categorical_accuracy": {"k": 3}},
        "integer",
        M.SparseTopKCategoricalAccuracy,
        {"k": 3},
    ),
    "sparse_top_2_steps": (
        {"sparse_top_k_categorical_accuracy": {"k": 2}},
        "steps",
        M.SparseTopKCategoricalAccuracy,
        {"k": 2},
    ),
    "precision_binary": ("precision", "binary", M.Precision, {}),
    "precision_threshold": ({"precision": {"thresholds": 0.7}}, "binary", M.Precision, {"thresholds": 0.7}),
    "precision_pooled": ({"precision": {"average": "micro"}}, "labels", M.Precision, {}),
    "precision_of_class": (
        {"precision": {"class_id": 1, "thresholds": 0.3}},
        "onehot",
        M.Precision,
        {"class_id": 1, "thresholds": 0.3},
    ),
    "recall_binary": ("recall", "binary", M.Recall, {}),
    "recall_pooled": (
        {"recall": {"average": "micro", "thresholds": 0.4}},
        "labels",
        M.Recall,
        {"thresholds": 0.4},
    ),
    "recall_of_class": (
        {"recall": {"class_id": 2, "thresholds": 0.2}},
        "onehot",
        M.Recall,
        {"class_id": 2, "thresholds": 0.2},
    ),
    "f1_binary": ("f1_score", "binary", M.F1Score, {"average": "macro", "threshold": 0.5}),
    "f1_labels": (
        {"f1_score": {"threshold": 0.4}},
        "labels",
        M.F1Score,
        {"average": "macro", "threshold": 0.4},
    ),
    "f1_macro": ("f1_score", "onehot", M.F1Score, {"average": "macro"}),
    "f1_micro": ({"f1_score": {"average": "micro"}}, "onehot", M.F1Score, {"average": "micro"}),
    "f1_by_size": ({"f1_score": {"average": "weighted"}}, "onehot", M.F1Score, {"average": "weighted"}),
    "auc": ("auc", "binary", M.AUC, {}),
    "auc_labels": ("auc", "labels", M.AUC, {}),
    "auc_onehot": ("auc", "onehot", M.AUC, {}),
    "auc_precision_recall": ({"auc": {"curve": "PR"}}, "binary", M.AUC, {"curve": "PR"}),
    "auc_coarse": (
        {"auc": {"curve": "PR", "num_thresholds": 7}},
        "labels",
        M.AUC,
        {"curve": "PR", "num_thresholds": 7},
    ),
    "auc_logits": ({"auc": {"from_logits": True}}, "logits", M.AUC, {"from_logits": True}),
    "mse": ("mse", "numbers", M.MeanSquaredError, {}),
    "rmse": ("rmse", "numbers", M.RootMeanSquaredError, {}),
    "mae": ("mae", "numbers", M.MeanAbsoluteError, {}),
    "mape": ("mape", "numbers", M.MeanAbsolutePercentageError, {}),
    "msle": ("msle", "positive", M.MeanSquaredLogarithmicError, {}),
    "cosine_similarity": ("cosine_similarity", "numbers", M.CosineSimilarity, {}),
    "r2_score": ("r2_score", "numbers", M.R2Score, {}),
    "r2_by_variance": (
        {"r2_score": {"class_aggregation": "variance_weighted_average"}},
        "numbers",
        M.R2Score,
        {"class_aggregation": "variance_weighted_average"},
    ),
}
# What a metric is told of the targets; each data set's arrays are y, p and the weights.
LABELS = {
    "binary": "binary",
    "labels": "binary",
    "integer": "integer",
    "onehot": "onehot",
    "steps": "integer",
    "logits": "binary",
    "numbers": "number",
    "positive": "number",
}
CASES = {
    case: {"metric": config, "data": data, "labels": LABELS[data], "weighted": weighted}
    for name, (config, data, *_) in ROWS.items()
    for weighted in (False, True)
    for case in [f"{name}_weighted" if weighted else name]
}


def data():
    rng = np.random.default_rng(0)
    n = BATCHES[-1][1]
    classes = rng.integers(0, 4, n)
    probabilities = rng.dirichlet(np.ones(4), n) + 0.5 * rng.random((n, 1)) * np.eye(4)[classes]
    probabilities /= probabilities.sum(-1, keepdims=True)
    answers, labels = rng.integers(0, 2, (n, 1)), rng.integers(0, 2, (n, 3))
    numbers = rng.normal([3.0, -1.0], [2.0, 0.5], (n, 2))
    return {
        "binary": (answers, np.clip(0.3 * answers + 0.7 * rng.random((n, 1)), 0.001, 0.999)),
        "labels": (labels, np.clip(0.3 * labels + 0.7 * rng.random((n, 3)), 0.001, 0.999)),
        "integer": (classes, probabilities),
        "onehot": (np.eye(4)[classes], probabilities),
        "steps": (rng.integers(0, 4, (n, 5)), rng.dirichlet(np.ones(4), (n, 5))),
        "logits": (answers, 2 * answers - 1 + rng.normal(0, 2, (n, 1))),
        "numbers": (numbers, numbers + rng.normal(0, 0.8, (n, 2))),
        "positive": (np.abs(numbers), np.abs(numbers) + rng.random((n, 2))),
    }, rng.uniform(0.1, 3, n)


def make():
    sets, weight = data()
    arrays = {"weight": weight}
    for name, (y, p) in sets.items():
        arrays |= {f"{name}/y": y, f"{name}/p": p}
    for case, row in CASES.items():
        _, _, cls, arguments = ROWS[case.removesuffix("_weighted")]
        metric = cls(**arguments)
        y, p = sets[row["data"]]
        figures = []
        for first, last in BATCHES:
            w = weight[first:last] if row["weighted"] else None
            metric.update_state(y[first:last], p[first:last], sample_weight=w)
            figures.append(float(metric.result()))
        arrays[f"{case}/figures"] = np.array(figures)
    return CASES, arrays
