"""Changes of a config that the rules suggest: each gives valid values of top-level keys."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from nnctl.nn.schedules import schedules
from nnctl.reports.findings.rules.evidence import Advice, Evidence


def epochs(found: Evidence, count: int, text: str) -> Advice:
    """With a learning rate that has fallen at the end of the run, so that it does so at the new end."""
    changes, sets = {"epochs": count}, {"epochs": count}
    optimizer, planned = found.resolved.get("optimizer"), found.resolved.get("epochs")
    [(kind, resolved)] = optimizer.items() if isinstance(optimizer, Mapping) else [("", {})]
    rate = resolved.get("learning_rate") if isinstance(resolved, Mapping) else None
    if isinstance(rate, Mapping) and isinstance(planned, int):
        [name] = rate
        schedule = schedules.build(rate)
        if schedule.ends:
            _name, length = schedule.length()  # with the warm-up, which stays as it is
            steps = round(length * count / planned - (length - schedule.decay_steps))
            mine = copy.deepcopy(found.written["optimizer"])
            mine[kind]["learning_rate"][name]["decay_steps"] = steps
            changes["optimizer"] = mine
            sets[f"optimizer.{kind}.learning_rate.{name}.decay_steps"] = steps
    return Advice(text, changes, sets)


def learning_rate(found: Evidence, factor: float, text: str) -> Advice:
    """Of an optimizer with a constant rate; with a schedule, the rate that it starts from."""
    optimizer = found.resolved.get("optimizer")
    if not isinstance(optimizer, Mapping):
        return Advice(text)
    [(kind, resolved)] = optimizer.items()
    rate = resolved.get("learning_rate") if isinstance(resolved, Mapping) else None
    written = found.written.get("optimizer")
    mine = copy.deepcopy(dict(written[kind])) if isinstance(written, Mapping) and kind in written else {}
    if isinstance(rate, int | float):
        new = _rounded(rate * factor)
        mine["learning_rate"] = new
        return Advice(text, {"optimizer": {kind: mine}}, {f"optimizer.{kind}.learning_rate": new})
    if isinstance(rate, Mapping):
        [(schedule, arguments)] = rate.items()
        if isinstance(arguments, Mapping) and isinstance(arguments.get("initial_learning_rate"), int | float):
            new = _rounded(arguments["initial_learning_rate"] * factor)
            mine["learning_rate"] = copy.deepcopy(mine.get("learning_rate") or {schedule: {}})
            mine["learning_rate"][schedule]["initial_learning_rate"] = new
            return Advice(text, {"optimizer": {kind: mine}})
    return Advice(text)


def early_stopping(found: Evidence, patience: int, text: str) -> Advice:
    """Beside the callbacks that there are, and instead of another EarlyStopping."""
    others = [each for each in found.callbacks if each != "EarlyStopping" and "EarlyStopping" not in each]
    stopping = {"EarlyStopping": {"patience": patience, "restore_best_weights": True}}
    return Advice(text, {"callbacks": [*others, stopping]}, {"callbacks": [stopping]} if not others else {})


def balanced(text: str) -> Advice:
    return Advice(text, {"class_weight": "balanced"}, {"class_weight": "balanced"})


def dropout(found: Evidence, rate: float, text: str) -> Advice:
    """A Dropout before the layer that gives the output, if each layer takes the one before it."""
    layers = copy.deepcopy(found.layers)
    last = _last_sized(layers)
    if last < 1 or not is_chain(layers):
        return Advice(text)
    layers.insert(last, {"Dropout": {"rate": rate}})
    return Advice(text, {"layers": layers})


def wider(found: Evidence, text: str) -> Advice:
    """Twice as many units or filters in the hidden layers, if each layer takes the one before it in any size."""
    layers = copy.deepcopy(found.layers)
    if not is_chain(layers) or found.has_layer("Reshape"):
        return Advice(text)
    hidden = [each for layer in layers[: max(0, _last_sized(layers))] for each in _sized(layer)]
    for arguments, key in hidden:
        arguments[key] *= 2
    return Advice(text, {"layers": layers}) if hidden else Advice(text)


def without_column(found: Evidence, column: str, text: str) -> Advice:
    """The column among those that are ignored, and in no input."""
    dataset, inputs = (copy.deepcopy(found.written.get(key)) for key in ("dataset", "inputs"))
    if not isinstance(dataset, dict):
        return Advice(text)
    more = {}
    for each in inputs.values() if isinstance(inputs, dict) else ():
        if column in (each.get("columns") or ()):
            each["columns"].remove(column)
            more = {"inputs": inputs}
            if not each["columns"]:
                return Advice(text)
    if column in (dataset.get("features") or ()):
        dataset["features"].remove(column)
    else:
        dataset["ignore"] = [*(dataset.get("ignore") or ()), column]
    return Advice(text, {"dataset": dataset, **more})


def validation(found: Evidence, share: float, text: str) -> Advice:
    dataset = found.written.get("dataset")
    if not isinstance(dataset, Mapping):
        return Advice(text)
    split = {**(dataset.get("split") or {}), "validation": share}
    return Advice(text, {"dataset": {**dataset, "split": split}}, {"dataset.split.validation": share})


def is_chain(layers: list[Any]) -> bool:
    """Whether no layer says what it takes, so that another layer can be put between two of them."""
    return all("from" not in each and "shared" not in each for layer in layers for each in _arguments(layer))


def _last_sized(layers: Sequence[Any]) -> int:
    """The place of the last layer with units or filters, whose number is that of the outputs; -1 if there is none. Only
    layers without weights, such as an Activation, follow it."""
    return max((at for at, layer in enumerate(layers) if _sized(layer)), default=-1)


def _sized(layer: Any) -> list[tuple[dict[str, Any], str]]:
    """(arguments, key) of the numbers of units or filters of a layer, and of a layer inside of it."""
    if not isinstance(layer, dict):
        return []
    own = [(layer, key) for key in ("units", "filters") if isinstance(layer.get(key), int)]
    return own + [found for value in layer.values() for found in _sized(value)]


def _arguments(layer: Any) -> list[dict[str, Any]]:
    return [each for each in layer.values() if isinstance(each, dict)] if isinstance(layer, Mapping) else []


def _rounded(rate: float) -> float:
    """With one significant digit, as people write learning rates; two if the first is a 1."""
    return float(f"{rate:.1g}") if f"{rate:.1e}"[0] != "1" else float(f"{rate:.2g}")
