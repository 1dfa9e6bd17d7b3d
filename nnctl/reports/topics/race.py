"""A race: optimizers go downhill on a surface of two weights, each by its own rule in nnctl's own code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from nnctl.engine.optimizer_step import OptimizerStep
from nnctl.nn.optimizers import optimizers
from nnctl.reports.topics.document import Racer, RaceSurface
from nnctl.reports.topics.race_map import STEPS, TRIED

GRID = (72, 48)  # points of a surface that are drawn, across and down


@dataclass(frozen=True)
class Surface:
    """f(w) over two weights. x, y: the ranges that are drawn."""

    name: str
    formula: str
    height: Callable[[np.ndarray, np.ndarray], np.ndarray]
    gradient: Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
    start: tuple[float, float]
    minimum: tuple[float, float]
    x: tuple[float, float]
    y: tuple[float, float]


SURFACES = {
    "valley": Surface(
        "valley", "f = a^2 / 20 + b^2",
        lambda a, b: a * a / 20 + b * b,
        lambda a, b: (a / 10, 2 * b),
        (-9.0, 1.8), (0.0, 0.0), (-10.0, 4.0), (-2.2, 2.2),
    ),
    "Rosenbrock": Surface(
        "Rosenbrock", "f = (1 - a)^2 + 10 (b - a^2)^2",
        lambda a, b: (1 - a) ** 2 + 10 * (b - a * a) ** 2,
        lambda a, b: (-2 * (1 - a) - 40 * a * (b - a * a), 20 * (b - a * a)),
        (-1.4, 0.6), (1.0, 1.0), (-1.9, 1.9), (-0.7, 2.7),
    ),
    "saddle": Surface(
        "saddle", "f = a^2 + (b^2 - 2)^2 / 4",
        lambda a, b: a * a + (b * b - 2) ** 2 / 4,
        lambda a, b: (2 * a, b * (b * b - 2)),
        (-1.8, 0.01), (0.0, 2**0.5), (-2.2, 2.2), (-1.0, 2.2),
    ),
}  # fmt: skip

# Surface -> optimizer -> its learning rate, as `best_rate` finds it.
RATES: dict[str, dict[str, float]] = {
    "valley": {
        "sgd": 0.3,
        "momentum": 0.3,
        "nesterov": 0.3,
        "lion": 1.0,
        "adam": 1.0,
        "adamw": 1.0,
        "adamax": 1.0,
        "nadam": 1.0,
        "radam": 1.0,
        "adagrad": 1.0,
        "ftrl": 1.0,
        "adadelta": 1.0,
        "rmsprop": 0.3,
        "lars": 0.3,
        "lamb": 0.3,
    },
    "Rosenbrock": {
        "sgd": 0.03,
        "momentum": 0.003,
        "nesterov": 0.003,
        "lion": 0.1,
        "adam": 0.3,
        "adamw": 0.3,
        "adamax": 1.0,
        "nadam": 1.0,
        "radam": 0.003,
        "adagrad": 1.0,
        "ftrl": 1.0,
        "adadelta": 1.0,
        "rmsprop": 0.1,
        "lars": 0.003,
        "lamb": 0.1,
    },
    "saddle": {
        "sgd": 0.3,
        "momentum": 0.3,
        "nesterov": 0.3,
        "lion": 0.3,
        "adam": 1.0,
        "adamw": 1.0,
        "adamax": 1.0,
        "nadam": 1.0,
        "radam": 1.0,
        "adagrad": 1.0,
        "ftrl": 1.0,
        "adadelta": 1.0,
        "rmsprop": 0.3,
        "lars": 0.3,
        "lamb": 0.1,
    },
}


def path(name: str, surface: Surface, rate: float | None = None, steps: int = STEPS) -> np.ndarray:
    """The weights before each step and after the last: (steps + 1, 2). rate: default: that of RATES."""
    rate = RATES[surface.name][name] if rate is None else rate
    weights = np.array(surface.start)
    optimizer: Any = optimizers[name](learning_rate=rate)
    step = OptimizerStep(optimizer, weights, {"w": slice(0, 2)}, shapes={"w": (2,)})
    found = [weights.copy()]
    with np.errstate(all="ignore"):
        for number in range(steps):
            step.step(np.array(surface.gradient(weights[0], weights[1])), number)
            found.append(weights.copy())
    return np.array(found)


def heights(surface: Surface, points: np.ndarray) -> np.ndarray:
    """f at each point of a path; what has left all bounds is infinite."""
    with np.errstate(all="ignore"):
        f = surface.height(points[:, 0], points[:, 1])
    return np.where(np.isfinite(f), f, np.inf)


@cache
def _race_of(name: str, surface: str) -> Racer:
    points = path(name, SURFACES[surface])
    return {
        "name": name, "rate": RATES[surface][name],
        "path": [[_finite(v, 4) for v in point] for point in points.tolist()],
        "heights": [_finite(f, 9) for f in heights(SURFACES[surface], points).tolist()],
    }  # fmt: skip


def race(names: Sequence[str], surfaces: Sequence[str] = tuple(SURFACES)) -> list[RaceSurface]:
    """The race of these optimizers on these surfaces, as data."""
    return [_on(SURFACES[name], names) for name in surfaces]


def _on(surface: Surface, names: Sequence[str]) -> RaceSurface:
    a, b = np.linspace(*surface.x, GRID[0]), np.linspace(*surface.y, GRID[1])[::-1]
    racers = [_race_of(name, surface.name) for name in names]
    return {
        "name": surface.name, "formula": surface.formula, "x": surface.x, "y": surface.y,
        "start": surface.start, "minimum": surface.minimum,
        "heights": np.round(surface.height(a[None, :], b[:, None]), 4).tolist(), "racers": racers,
    }  # fmt: skip


def _finite(value: float, digits: int) -> float | None:
    return round(value, digits) if abs(value) < 1e9 else None


def best_rate(name: str, surface: Surface, tried: Sequence[float] = TRIED) -> float:
    """The learning rate with the lowest mean height of the path."""
    return min(tried, key=lambda rate: float(heights(surface, path(name, surface, rate)).mean()))
