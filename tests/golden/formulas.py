"""Numbers of what Keras does not have, from formulas that are written independently of nnctl's code.

`golden.read` adds them to a part's fixture, under the names that Keras' numbers have there, so that the tests of a part
need not know where a number comes from. The rows are in not_in_keras.py. Gradients are central differences of the
formulas.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray
Arrays = dict[str, Array]


class Layer(NamedTuple):
    """shapes: of the inputs, without the batch axis. weights: the shape of each. output: (weights, *inputs) -> y."""

    reason: str
    config: Any
    shapes: Sequence[tuple[int, ...]]
    weights: Mapping[str, tuple[int, ...]]
    output: Callable[..., Array]


class Loss(NamedTuple):
    """targets: "binary", "onehot", "integer" or "number". predictions: "probabilities" (of binary targets one by one,
    otherwise of the classes), "positive" or "number". each: (y, p) -> the loss of each row or time step."""

    reason: str
    config: Any
    targets: str
    predictions: str
    each: Callable[[Array, Array], Array]


class Metric(NamedTuple):
    """data: the name of a data set in metrics.py. result: (y, p, weight of each row) -> number."""

    reason: str
    config: Any
    data: str
    result: Callable[[Array, Array, Array], float]


class Optimizer(NamedTuple):
    """path: (a variable's start, its gradient at each step) -> the variable after each step."""

    reason: str
    config: Any
    path: Callable[[Array, Array], Sequence[Array]]


class Activation(NamedTuple):
    reason: str
    config: Any
    value: Callable[[Array], Array]


class Schedule(NamedTuple):
    """rate: 0-based step -> learning rate."""

    reason: str
    config: Any
    rate: Callable[[int], float]


def numbers(rows: Mapping[str, Any], fixture: Mapping[str, Array], cases: Mapping[str, Any]) -> tuple[dict, Arrays]:
    """The cases and arrays of a part's rows. fixture, cases: what the part has from Keras."""
    made: dict[str, Any] = {}
    arrays: Arrays = {}
    for name, row in rows.items():
        assert row.reason, f"{name} in tests/golden/not_in_keras.py: say why Keras has no numbers for it"
        found = _MAKERS[type(row)](name, row, fixture, cases)
        made |= found[0]
        arrays |= found[1]
    return made, arrays


def _layer(name: str, row: Layer, fixture: Any, cases: Any) -> tuple[dict, Arrays]:
    rng = np.random.default_rng(0)
    xs = [rng.normal(0.3, 1.5, (6, *shape)) for shape in row.shapes]
    w = {key: rng.uniform(-1, 1, shape) for key, shape in row.weights.items()}
    y = row.output(w, *xs)
    r = rng.normal(size=y.shape)
    arrays = {f"{name}/y": y, f"{name}/r": r, f"{name}/inference": y}

    def total() -> Array:
        return row.output(w, *xs) * r

    for i, x in enumerate(xs):
        arrays |= {f"{name}/x/{i}": x, f"{name}/dx/{i}": differences(total, x)}
    for key, weight in w.items():
        arrays |= {f"{name}/w/{key}": weight, f"{name}/dw/{key}": differences(total, weight)}
    return {name: row.config}, arrays


def _loss(name: str, row: Loss, fixture: Any, cases: Any) -> tuple[dict, Arrays]:
    rng = np.random.default_rng(0)
    made, arrays = {}, {}
    for suffix, shape in {"": (6, 5), "_steps": (3, 4, 5)}.items():
        raw = rng.normal(0, 2, shape)
        if row.predictions == "probabilities":
            p = 1 / (1 + np.exp(-raw)) if row.targets == "binary" else np.exp(raw) / np.exp(raw).sum(-1, keepdims=True)
        else:
            p = np.abs(raw) + 0.1 if row.predictions == "positive" else raw
        classes = rng.integers(0, 5, shape[:-1])
        y = {
            "binary": rng.integers(0, 2, shape).astype(float),
            "onehot": np.eye(5)[classes],
            "integer": classes,
            "number": np.abs(raw) if row.predictions == "positive" else rng.normal(0, 2, shape),
        }[row.targets]
        key, each = name + suffix, row.each(y, p)
        made[key] = row.config
        arrays |= {f"{key}/y": y, f"{key}/p": p.copy(), f"{key}/each": each, f"{key}/mean": each.mean()}
        arrays[f"{key}/dp"] = differences(lambda y=y, p=p: row.each(y, p), p) / each.size
    return made, arrays


def _metric(name: str, row: Metric, fixture: Any, cases: Any) -> tuple[dict, Arrays]:
    labels = next(case["labels"] for case in cases.values() if case["data"] == row.data)
    y, p, weight = fixture[f"{row.data}/y"], fixture[f"{row.data}/p"], fixture["weight"]
    made, arrays = {}, {}
    for key, w in ((name, np.ones(len(y))), (f"{name}_weighted", weight)):
        made[key] = {"metric": row.config, "data": row.data, "labels": labels, "weighted": key != name}
        arrays[f"{key}/figures"] = np.array([row.result(y[:n], p[:n], w[:n]) for n in (20, 40, 47)])
    return made, arrays


def _optimizer(name: str, row: Optimizer, fixture: Any, cases: Any) -> tuple[dict, Arrays]:
    paths = {
        f"{name}/{variable}": np.stack(row.path(fixture[f"start/{variable}"], fixture[f"gradients/{variable}"]))
        for variable in ("kernel", "bias")
    }
    return {name: row.config}, paths


def _activation(name: str, row: Activation, fixture: Any, cases: Any) -> tuple[dict, Arrays]:
    x, r = fixture["x"].copy(), fixture["r"]
    y = row.value(x)
    dx = differences(lambda: row.value(x) * r, x)
    return {name: row.config}, {f"{name}/y": y, f"{name}/dx": dx.astype(np.float32)}  # float32: as exact as they are


def _schedule(name: str, row: Schedule, fixture: Any, cases: Any) -> tuple[dict, Arrays]:
    return {name: row.config}, {f"{name}/rates": np.array([row.rate(int(step)) for step in fixture["steps"]])}


_MAKERS: dict[type, Callable[[str, Any, Any, Any], tuple[dict, Arrays]]] = {
    Layer: _layer, Loss: _loss, Metric: _metric, Optimizer: _optimizer, Activation: _activation, Schedule: _schedule,
}  # fmt: skip


def differences(values: Callable[[], Array], x: Array, eps: float = 1e-6) -> Array:
    """The gradient of the sum of the values, by central differences; x is moved in place, and back."""
    gradient = np.empty_like(x)
    for index in np.ndindex(x.shape):
        here, sides = x[index], []
        for moved in (here + eps, here - eps):
            x[index] = moved
            sides.append(values())
        x[index] = here
        gradient[index] = (sides[0] - sides[1]).sum() / (2 * eps)
    return gradient
