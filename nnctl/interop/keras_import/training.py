"""Loss, optimizer and metrics of a compiled model, as a config writes them; usual ones where the file has none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from nnctl.components.registry import Family
from nnctl.errors import InputError, NnctlError
from nnctl.interop.keras.training import OPTIMIZERS, SCHEDULES
from nnctl.interop.keras_import.components import class_of, shorter
from nnctl.nn.losses.base import losses
from nnctl.nn.metrics import metrics
from nnctl.nn.optimizers import optimizers
from nnctl.nn.schedules import schedules

USUAL = {"softmax": "sparse_categorical_crossentropy", "sigmoid": "binary_crossentropy"}
METRICS = {"Precision": "precision", "Recall": "recall", "AUC": "auc", "F1Score": "f1_score"}


@dataclass
class Training:
    """loss, loss_weights, metrics: by output. notes: what was left out, and why. usual: keys that the file does not
    have."""

    loss: dict[str, Any] = field(default_factory=dict)
    loss_weights: dict[str, float] = field(default_factory=dict)
    metrics: dict[str, list[Any]] = field(default_factory=dict)
    optimizer: Any = "adam"
    notes: list[str] = field(default_factory=list)
    usual: set[str] = field(default_factory=set)


def training_of(given: Any, outputs: dict[str, str | None], names: list[str]) -> Training:
    """What a compile_config (or None) says. outputs: name -> the activation that it ends in. names: the outputs'
    names in Keras."""
    found = Training()
    given = given if isinstance(given, dict) else {}
    own = list(outputs)
    loss = _by_output(given.get("loss"), names)
    for name, each in zip(own, loss, strict=True):
        found.loss[name] = USUAL.get(outputs[name] or "", "mse")
        if each is None:
            found.usual.add("loss")
            continue
        try:
            found.loss[name] = _loss(each)
        except NnctlError as error:
            found.usual.add("loss")
            found.notes.append(f"the loss is set to {found.loss[name]}: {error.problems[0].message}")
    if given.get("optimizer") is None:
        found.usual.add("optimizer")
    else:
        found.optimizer = _attempt(lambda: _optimizer(given["optimizer"]), "adam", "the optimizer", found)
    weights = _by_output(given.get("loss_weights"), names)
    found.loss_weights = {name: float(each) for name, each in zip(own, weights, strict=True) if each not in (None, 1)}
    listed = given.get("metrics")
    each_metrics = [listed] if len(own) == 1 else _by_output(listed, names)
    for name, each in zip(own, each_metrics, strict=True):
        chosen = [_attempt(lambda m=m: _metric(m), None, "a metric", found) for m in _flat(each)]  # type: ignore[misc]
        if chosen := [m for m in chosen if m is not None]:
            found.metrics[name] = chosen
    return found


def _attempt(read: Callable[[], Any], usual: Any, what: str, found: Training) -> Any:
    """What `read` gives; the usual, with a note, where nnctl does not have it."""
    try:
        return read()
    except NnctlError as error:
        instead = f"is set to {usual}" if usual else "is left out"
        found.notes.append(f"{what} {instead}: {error.problems[0].message}")
        return usual


def _by_output(given: Any, names: list[str]) -> list[Any]:
    """A value for each output, from one for all, a list, or a dict by name."""
    if isinstance(given, dict) and "class_name" not in given:
        return [given.get(name) for name in names]
    if isinstance(given, list) and len(given) == len(names):
        return given
    return [given] * len(names)


def _flat(given: Any) -> list[Any]:
    if given is None:
        return []
    return [one for each in given for one in _flat(each)] if isinstance(given, list) else [given]


def _named(given: Any) -> tuple[str, dict[str, Any]]:
    """(name, config) of a string, a function, or an object."""
    if isinstance(given, str):
        return given, {}
    if given.get("class_name") == "function":
        return str(given["config"]), {}
    name, config = class_of(given)
    return name, dict(config)


def _member(family: Family, name: str, config: dict[str, Any]) -> Any:
    """{name: arguments} of a member of a family. Raises InputError for arguments that nnctl does not have."""
    cls = family.lookup(name)
    arguments = {key: shorter(value) for key, value in config.items() if key in cls.model_fields}
    usual = {key: each.default for key, each in cls.model_fields.items() if not each.is_required()}
    unlike = {key: value for key, value in arguments.items() if key not in usual or usual[key] != value}
    try:
        family.build({cls.kind: unlike})
    except ValueError as error:  # pydantic's
        raise InputError(f"{name}: {str(error).splitlines()[-1].strip()}") from None
    return {cls.kind: unlike} if unlike else cls.kind


def _loss(given: Any) -> Any:
    name, config = _named(given)
    if config.get("reduction", "sum_over_batch_size") not in ("sum_over_batch_size", "mean", "auto"):
        raise InputError(f"nnctl's losses are means, not reduction {config['reduction']!r}")
    if config.get("ignore_class") is not None or config.get("axis", -1) != -1:
        raise InputError(f"nnctl's {name} has neither ignore_class nor axis")
    return _member(losses, name, config)


def _metric(given: Any) -> Any:
    name, config = _named(given)
    config.pop("threshold" if config.get("threshold") in (None, 0.5) else "", None)
    if name in METRICS:
        if name == "F1Score" and config.get("average") is None:
            raise InputError("nnctl's f1_score has one value, not one for each class")
        if isinstance(config.get("thresholds"), list) or config.get("top_k") is not None:
            raise InputError(f"nnctl's {METRICS[name]} has neither several thresholds nor top_k")
        average = {"average": "micro"} if name in ("Precision", "Recall") else {}
        return _member(metrics, METRICS[name], {**config, **average})
    return _member(metrics, name.removesuffix("Error") if name == "LogCoshError" else name, config)


def _optimizer(given: Any) -> Any:
    name, config = _named(given)
    if config.get("use_ema"):
        raise InputError("nnctl keeps no moving average of the weights (use_ema)")
    if isinstance(given, dict) and name not in OPTIMIZERS.values():
        raise InputError(f"nnctl has no optimizer {name}")
    rate = config.get("learning_rate")
    if isinstance(rate, dict):
        kind, arguments = class_of(rate)
        if kind not in SCHEDULES:
            raise InputError(f"nnctl has no schedule {kind}")
        config["learning_rate"] = _member(schedules, kind, dict(arguments))
    return _member(optimizers, name, config)
