"""Losses: the loss and its gradient for a few predictions, and its curve over the prediction."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from nnctl.nn.losses import Loss
from nnctl.reports.topics.document import Example, Plot, Rows
from nnctl.reports.topics.worked.numbers import array, number
from nnctl.translation import _

Pairs = list[tuple[Any, Any]]  # (target, prediction) of one row each
_SURE, _UNSURE, _WRONG = [0.8, 0.1, 0.1], [0.4, 0.3, 0.3], [0.1, 0.2, 0.7]
_FIRST = [1.0, 0.0, 0.0]
# What a loss compares -> targets and predictions of an example.
_PAIRS: dict[str, Pairs] = {
    "binary": [([1.0], [0.9]), ([1.0], [0.5]), ([1.0], [0.1]), ([0.0], [0.1]), ([0.0], [0.9])],
    "onehot": [(_FIRST, _SURE), (_FIRST, _UNSURE), (_FIRST, _WRONG)],
    "integer": [(0, _SURE), (0, _UNSURE), (0, _WRONG)],
    "number": [([3.0], [3.0]), ([3.0], [3.5]), ([3.0], [5.0]), ([3.0], [1.0])],
}
# Losses for which other numbers say more.
_OWN_PAIRS: dict[str, Pairs] = {
    "hinge": [([1.0], [2.0]), ([1.0], [0.5]), ([1.0], [-1.0]), ([0.0], [-2.0]), ([0.0], [1.0])],
    "categorical_hinge": [(_FIRST, [2.0, 0.0, -1.0]), (_FIRST, [0.5, 0.0, 0.0]), (_FIRST, [-1.0, 1.0, 0.0])],
    "cosine_similarity": [([1.0, 0.0], [2.0, 0.0]), ([1.0, 0.0], [1.0, 1.0]), ([1.0, 0.0], [-1.0, 0.0])],
    "kl_divergence": [([0.7, 0.2, 0.1], p) for p in ([0.7, 0.2, 0.1], _UNSURE, _WRONG)],
}
_OWN_PAIRS["squared_hinge"] = _OWN_PAIRS["hinge"]
_POSITIVE = ("mape", "msle", "poisson")


def value_and_gradient(loss: Loss, y: Any, p: Any) -> tuple[np.ndarray, np.ndarray]:
    """The loss of each row, and the gradient of each row's loss by its prediction, in float64."""
    p = np.array(p, np.float64)
    y = np.array(y) if loss.labels in ("integer", "sequence") else np.array(y, np.float64)
    losses, saved = loss.forward(y, p.copy())
    return np.array(losses), loss.backward(saved, np.ones(len(p)))


def example(loss: Loss) -> Example:
    if loss.labels == "sequence":
        return _of_sequences(loss)
    pairs = _OWN_PAIRS.get(loss.kind) or _PAIRS[loss.labels]
    losses, gradients = value_and_gradient(loss, *map(list, zip(*pairs, strict=True)))
    table: Rows = {"titles": [_("target y"), _("prediction p"), _("loss"), "dloss/dp"], "rows": [], "left": 0}
    for (y, p), one, gradient in zip(pairs, losses, gradients, strict=True):
        table["rows"].append([_short(y), _short(p), number(one), _short(gradient)])
    outcome = _("The loss of the batch is their mean, {mean}.").format(mean=number(losses.mean()))
    return {"intro": "", "table": table, "lines": [], "outcome": outcome}


def _short(values: Any) -> str:
    """A row with a single number as that number."""
    return array(values[0]) if np.ndim(values) == 1 and len(values) == 1 else array(values)


def _of_sequences(loss: Loss) -> Example:
    """CTC: the probability of every path that reads the labels, which add up to exp(-loss)."""
    p = np.array([[0.2, 0.7, 0.1], [0.5, 0.4, 0.1], [0.3, 0.1, 0.6]])
    letters, labels = "-ab", [1, 2]
    # forward takes logits, of which log p is one choice
    [value], _gradient = value_and_gradient(loss, [labels], [np.log(p)])
    lines, total = [], 0.0
    for path in product(range(3), repeat=len(p)):
        if _read(path) == labels:
            probability = float(np.prod(p[range(len(p)), path]))
            total += probability
            factors = " * ".join(number(p[t, k]) for t, k in enumerate(path))
            lines.append(f"{' '.join(letters[k] for k in path)}    {factors} = {number(probability)}")
    return {
        "intro": _("The probabilities of the blank (-), of a and of b at three time steps, and the text `ab`. These "
                   "paths read it: repeats are dropped first, then blanks."),
        "table": {"titles": [_("step"), "-", "a", "b"], "left": 0,
                  "rows": [[str(t), *map(number, row)] for t, row in enumerate(p)]},
        "lines": [*lines, f"p(ab) = {number(total)}", f"loss = -ln {number(total)} = {number(value)}"],
        "outcome": "",
    }  # fmt: skip


def _read(path: tuple[int, ...]) -> list[int]:
    kept = [k for t, k in enumerate(path) if t == 0 or k != path[t - 1]]
    return [k for k in kept if k]


def plots(loss: Loss) -> list[Plot]:
    x, y, p, axis, title = _curve(loss)
    values, gradients = value_and_gradient(loss, y, p)
    found = [_plot(title, x, values)]
    if loss.labels in ("binary", "number") and np.shape(p)[-1] == 1:
        found.append(_plot(f"dloss/d{axis}", x, gradients[:, 0]))
    return found


def _plot(title: str, x: np.ndarray, y: np.ndarray) -> Plot:
    return {"kind": "curve", "title": title, "curves": [{"name": title, "x": x.tolist(), "y": y.tolist()}]}


def _curve(loss: Loss) -> tuple[np.ndarray, Any, Any, str, str]:
    """(numbers on the axis, targets, predictions, the axis' name, the title) of the curve."""
    t = np.linspace(0.02, 0.98, 97)
    rest = 1 - t
    if loss.kind == "cosine_similarity":
        angle = np.linspace(0, 180, 91)
        p = np.stack([np.cos(np.radians(angle)), np.sin(np.radians(angle))], axis=-1)
        return angle, np.tile([1.0, 0.0], (len(p), 1)), p, "p", _("loss over the angle between y and p")
    if loss.kind == "kl_divergence":
        return (
            t,
            np.tile([0.7, 0.3], (len(t), 1)),
            np.stack([t, rest], axis=-1),
            "p",
            _("loss over p[0] for y = [0.7, 0.3]"),
        )
    if loss.kind == "categorical_hinge":
        x = np.linspace(-2, 3, 101)
        p = np.stack([x, np.zeros_like(x), np.zeros_like(x)], axis=-1)
        return x, np.tile(_FIRST, (len(x), 1)), p, "p", _("loss over p[0] for the class 0 and p = [p[0], 0, 0]")
    if loss.labels == "sequence":
        steps = np.log(np.stack([rest, t], axis=-1))[:, None].repeat(3, axis=1)
        return t, np.ones((len(t), 1), int), steps, "p", _("loss of `a` over p(a) at each of three steps")
    if loss.labels in ("integer", "onehot"):
        p = np.stack([t, rest / 2, rest / 2], axis=-1)
        y = np.zeros(len(t), int) if loss.labels == "integer" else np.tile(_FIRST, (len(t), 1))
        return t, y, p, "p", _("loss over the probability of the true class")
    if loss.expects() == "margins":
        x = np.linspace(-2, 2, 101)
        return x, np.ones((len(x), 1)), x[:, None], "p", _("loss over p for y = 1")
    if loss.labels == "binary":
        return t, np.ones((len(t), 1)), t[:, None], "p", _("loss over p for y = 1")
    x = np.linspace(0.25, 6, 116) if loss.kind in _POSITIVE else np.linspace(0, 6, 121)
    return x, np.full((len(x), 1), 3.0), x[:, None], "p", _("loss over p for y = 3")
