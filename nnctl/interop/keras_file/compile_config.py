"""The part of config.json that says how the model is compiled, and the optimizer's state before training."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnctl.interop.keras.compiling import Compiling
from nnctl.interop.keras.graph import Array
from nnctl.interop.keras.objects import KerasObject, json_value

# The arrays that an optimizer of Keras keeps for each variable, with their first values: those that it makes variable
# by variable, then those that it makes for all variables one after another.
SLOTS: dict[str, tuple[tuple[float, ...], tuple[str, ...]]] = {
    "SGD": ((), ("momentum",)), "Lion": ((0.0,), ()), "Adagrad": ((0.1,), ()), "Ftrl": ((0.1, 0.0), ()),
    "Adadelta": ((0.0, 0.0), ()), "RMSprop": ((0.0,), ("momentum", "centered")), "Adam": ((0.0, 0.0), ("amsgrad",)),
    "AdamW": ((0.0, 0.0), ("amsgrad",)), "Adamax": ((0.0, 0.0), ()), "Nadam": ((0.0, 0.0), ()),
    "Lamb": ((0.0, 0.0), ()),
}  # fmt: skip


def compile_config(given: Compiling) -> dict[str, Any]:
    """As Keras saves it."""
    several = len(given.losses) > 1
    weighted = any(weight != 1 for weight in given.loss_weights)
    return {
        "optimizer": given.optimizer.to_json(),
        "loss": json_value(given.losses if several else given.losses[0]),
        "loss_weights": list(given.loss_weights) if weighted else None,
        "metrics": _by_output(given.metrics),
        "weighted_metrics": _by_output(given.weighted_metrics),
        "run_eagerly": False,
        "steps_per_execution": 1,
        "jit_compile": "auto",
    }


def _by_output(metrics: tuple[tuple[KerasObject, ...], ...]) -> Any:
    if not any(metrics):
        return None
    return json_value(metrics if len(metrics) > 1 else metrics[0])


def first_state(optimizer: KerasObject, variables: list[Array]) -> list[Array]:
    """The optimizer's variables before training. Without them, Keras warns that it cannot load them."""
    given = optimizer.arguments
    rate = given["learning_rate"]
    state = [np.zeros((), np.int32)]
    if not isinstance(rate, KerasObject):
        state.append(np.array(rate, np.float32))
    each, further = SLOTS[optimizer.name]
    if "initial_accumulator_value" in given:
        each = (given["initial_accumulator_value"], *each[1:])
    for variable in variables:
        state += [np.full_like(variable, value) for value in each]
    for name in further:
        state += [np.zeros_like(variable) for variable in variables] if given[name] else []
    return [*state, np.ones((), np.float32)] if optimizer.name == "Nadam" else state
