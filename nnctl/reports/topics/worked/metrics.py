"""Metrics: a few targets and predictions, and the value that the metric has of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnctl.nn.metrics import Metric, resolve
from nnctl.reports.topics.document import Example, Plot
from nnctl.reports.topics.worked.numbers import array, number
from nnctl.translation import _

_PROBABILITIES = [[0.7, 0.2, 0.1], [0.3, 0.4, 0.3], [0.5, 0.3, 0.2], [0.1, 0.2, 0.7]]
# What a metric takes -> targets and predictions.
_ROWS: dict[str, tuple[Any, Any]] = {
    "binary": ([1.0, 0.0, 1.0, 1.0, 0.0, 0.0], [0.9, 0.4, 0.7, 0.3, 0.6, 0.1]),
    "integer": ([0, 1, 2, 2], _PROBABILITIES),
    "onehot": (np.eye(3)[[0, 1, 2, 2]].tolist(), _PROBABILITIES),
    "number": ([3.0, 5.0, 2.0, 7.0], [2.5, 5.0, 4.0, 8.0]),
}
_OWN_ROWS: dict[str, tuple[Any, Any]] = {
    "cosine_similarity": ([[1.0, 0.0], [1.0, 0.0], [1.0, 0.0]], [[2.0, 0.0], [1.0, 1.0], [0.0, 3.0]]),
    "hinge": ([1.0, 1.0, 0.0, 0.0], [2.0, 0.5, -2.0, 1.0]),
    "squared_hinge": ([1.0, 1.0, 0.0, 0.0], [2.0, 0.5, -2.0, 1.0]),
    "kl_divergence": ([[0.7, 0.2, 0.1]] * 3, [[0.7, 0.2, 0.1], [0.4, 0.3, 0.3], [0.1, 0.2, 0.7]]),
}
# Metrics that take several kinds of targets -> the kind of the example.
_KIND = {"accuracy": "integer", "precision": "binary", "recall": "binary", "f1_score": "binary", "auc": "binary"}
_LETTERS = "-abc"
_TEXTS = ["abc", "ab", "ca"]
_READ = ["a-b-c-", "a-c---", "c-a-b-"]  # the most probable label of each step


def value(metric: Metric, labels: str, y: Any, p: Any) -> float:
    """The metric of these rows, as training and eval compute it."""
    p = np.array(p, np.float64)
    p = p[:, None] if p.ndim == 1 else p
    targets = np.array(y) if labels in ("integer", "sequence") else np.array(y, np.float64)
    found: Any = resolve(metric, labels, p.shape[1:])
    state = found.start()
    found.update(state, targets if labels in ("integer", "sequence") else targets.reshape(p.shape), p)
    return float(found.result(state))


def example(metric: Metric) -> Example:
    if "sequence" in metric.takes:
        return _of_texts(metric)
    small = type(metric)(**({"k": 2} if "k" in metric.model_fields else {}))
    labels = _KIND.get(metric.kind) or metric.takes[0]
    y, p = _OWN_ROWS.get(metric.kind) or _ROWS[labels]
    result = value(small, labels, y, p)
    rows = [[array(target), array(prediction)] for target, prediction in zip(y, p, strict=True)]
    name = f"{metric.kind} (k: 2)" if "k" in metric.model_fields else metric.kind
    return {
        "intro": "", "lines": [f"{name} = {number(result)}"], "outcome": "",
        "table": {"titles": [_("target y"), _("prediction p")], "rows": rows, "left": 0},
    }  # fmt: skip


def _of_texts(metric: Metric) -> Example:
    codes = np.array([[_LETTERS.index(letter) for letter in text] for text in _READ])
    p = np.full((*codes.shape, len(_LETTERS)), 0.02)
    np.put_along_axis(p, codes[..., None], 0.94, axis=-1)
    longest = max(map(len, _TEXTS))
    y = [[_LETTERS.index(letter) for letter in text] + [0] * (longest - len(text)) for text in _TEXTS]
    result = value(type(metric)(), "sequence", y, p)
    rows = [[text, read, read.replace("-", "")] for text, read in zip(_TEXTS, _READ, strict=True)]
    return {
        "intro": _("Texts, the most probable label of each step (- is the blank), and what is read of them:"),
        "table": {"titles": [_("text"), _("steps"), _("read")], "rows": rows, "left": 3},
        "lines": [f"{metric.kind} = {number(result)}"], "outcome": "",
    }  # fmt: skip


def plots(metric: Metric) -> list[Plot]:
    return []
