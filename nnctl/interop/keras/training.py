"""Keras' losses, metrics, optimizers and schedules for nnctl's: a table for each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nnctl.errors import InputError
from nnctl.interop.keras.objects import KerasObject, known
from nnctl.nn.losses.base import Loss
from nnctl.nn.metrics.converted import Converted
from nnctl.nn.optimizers import Optimizer
from nnctl.nn.schedules import Schedule, schedules

LOSSES = {
    "binary_crossentropy": "BinaryCrossentropy", "binary_focal_crossentropy": "BinaryFocalCrossentropy",
    "categorical_crossentropy": "CategoricalCrossentropy", "categorical_hinge": "CategoricalHinge",
    "cosine_similarity": "CosineSimilarity", "ctc": "CTC", "hinge": "Hinge", "huber": "Huber",
    "kl_divergence": "KLDivergence", "log_cosh": "LogCosh", "mae": "MeanAbsoluteError",
    "mape": "MeanAbsolutePercentageError", "mse": "MeanSquaredError", "msle": "MeanSquaredLogarithmicError",
    "poisson": "Poisson", "sparse_categorical_crossentropy": "SparseCategoricalCrossentropy",
    "squared_hinge": "SquaredHinge",
}  # fmt: skip
# Metrics whose arguments are the same in Keras; see METRICS for the others.
SAME_METRICS = {
    "binary_crossentropy": "BinaryCrossentropy", "categorical_crossentropy": "CategoricalCrossentropy",
    "sparse_categorical_crossentropy": "SparseCategoricalCrossentropy", "kl_divergence": "KLDivergence",
    "poisson": "Poisson", "mse": "MeanSquaredError", "mae": "MeanAbsoluteError",
    "mape": "MeanAbsolutePercentageError", "msle": "MeanSquaredLogarithmicError", "log_cosh": "LogCoshError",
    "hinge": "Hinge", "squared_hinge": "SquaredHinge", "categorical_hinge": "CategoricalHinge",
    "cosine_similarity": "CosineSimilarity", "rmse": "RootMeanSquaredError", "r2_score": "R2Score",
    "categorical_accuracy": "CategoricalAccuracy", "sparse_categorical_accuracy": "SparseCategoricalAccuracy",
    "top_k_categorical_accuracy": "TopKCategoricalAccuracy",
    "sparse_top_k_categorical_accuracy": "SparseTopKCategoricalAccuracy",
}  # fmt: skip
OPTIMIZERS = {
    "sgd": "SGD", "momentum": "SGD", "nesterov": "SGD", "lion": "Lion", "adagrad": "Adagrad", "ftrl": "Ftrl",
    "adadelta": "Adadelta", "rmsprop": "RMSprop", "adam": "Adam", "adamw": "AdamW", "adamax": "Adamax",
    "nadam": "Nadam", "lamb": "Lamb",
}  # fmt: skip
SCHEDULES = (
    "ExponentialDecay", "InverseTimeDecay", "PiecewiseConstantDecay", "PolynomialDecay", "CosineDecay",
    "CosineDecayRestarts",
)  # fmt: skip


def schedule(given: Schedule) -> KerasObject:
    """Raises InputError for a schedule that Keras does not have."""
    name = known(dict(zip(SCHEDULES, SCHEDULES, strict=True)), given, schedules.noun)
    return KerasObject.of("keras.optimizers.schedules", name, given)


def optimizer(given: Optimizer) -> KerasObject:
    """Raises InputError for an optimizer that Keras does not have."""
    name = known(OPTIMIZERS, given, "optimizer")
    made = KerasObject.of("keras.optimizers", name, given, value=_rate)
    if name != "SGD":
        return made
    defaults = {**made.defaults, "momentum": 0.0, "nesterov": False}
    return KerasObject(made.module, name, {**made.arguments, "nesterov": made.arguments["nesterov"] or
                                           given.kind == "nesterov"}, defaults)  # fmt: skip


def _rate(value: Any) -> Any:
    return schedule(value) if isinstance(value, Schedule) else value


def loss(given: Loss, *, after_softmax: bool = False) -> KerasObject:
    """Raises InputError for what Keras does not have. after_softmax: what CTC reads are probabilities."""
    name = known(LOSSES, given, "loss")
    if given.kind == "ctc" and after_softmax:
        raise InputError("Keras' CTC loss takes logits, and this model ends in softmax",
                         hint="end the model with a linear layer, which nnctl's ctc accepts, too")  # fmt: skip
    return KerasObject.of("keras.losses", name, given, without=_without(given))


def _without(given: Any) -> tuple[str, ...]:
    """The arguments that Keras does not have. Raises InputError if they say something."""
    if given.kind != "sparse_categorical_crossentropy":
        return ()
    if given.label_smoothing:
        raise InputError("Keras' sparse_categorical_crossentropy has no label_smoothing",
                         hint="use categorical_crossentropy, which has it")  # fmt: skip
    return ("label_smoothing",)


def metric(found: Any, name: str, labels: str, units: int | None) -> KerasObject:
    """A metric as it was resolved for an output. name: in nnctl's table. labels: of the output's loss.
    Raises InputError for what Keras does not have."""
    if isinstance(found, Converted):
        if found.conversion.key != "own unit":
            raise InputError(f"Keras' metrics cannot turn logits into probabilities for {found.kind}")
        found = found.metric
    if found.kind in METRICS:
        made = METRICS[found.kind](found, labels, units)
    else:
        made = KerasObject.of("keras.metrics", known(SAME_METRICS, found, "metric"), found, without=_without(found))
    return made.with_arguments(name=name)


def _binary_accuracy(found: Any, labels: str, units: int | None) -> KerasObject:
    threshold = 0.5 if found.threshold is None else found.threshold
    if not 0 < threshold < 1:
        raise InputError(f"Keras' BinaryAccuracy takes thresholds between 0 and 1, not {threshold:g}")
    return KerasObject("keras.metrics", "BinaryAccuracy", {"threshold": threshold}, {"threshold": 0.5})


def _share(name: str) -> Callable[[Any, str, int | None], KerasObject]:
    """Precision and recall, which Keras computes over all classes together."""

    def convert(found: Any, labels: str, units: int | None) -> KerasObject:
        if labels == "integer" or found.thresholds is None:
            raise InputError(f"Keras' {name} takes no class numbers")
        if units != 1 and found.average != "micro" and found.class_id is None:
            raise InputError(f"Keras' {name} has no mean over the classes, only `average: micro`")
        if not 0 <= found.thresholds <= 1:
            raise InputError(f"Keras' {name} takes thresholds between 0 and 1, not {found.thresholds:g}")
        arguments = {"thresholds": found.thresholds, "class_id": found.class_id}
        return KerasObject("keras.metrics", name, arguments, {"thresholds": 0.5, "class_id": None})

    return convert


def _f1_score(found: Any, labels: str, units: int | None) -> KerasObject:
    if labels == "integer" or found.class_id is not None:
        raise InputError("Keras' F1Score takes neither class numbers nor class_id")
    if found.threshold is not None and not 0 < found.threshold <= 1:
        raise InputError(f"Keras' F1Score takes thresholds between 0 and 1, not {found.threshold:g}")
    arguments = {"average": found.average, "threshold": found.threshold}
    return KerasObject("keras.metrics", "F1Score", arguments, {"average": None, "threshold": None})


def _auc(found: Any, labels: str, units: int | None) -> KerasObject:
    if labels == "integer" or not type(found).__name__ == "AUC":
        raise InputError("Keras' AUC takes neither class numbers nor the logits of several classes")
    arguments = {"num_thresholds": found.num_thresholds, "curve": found.curve, "from_logits": bool(found.from_logits)}
    return KerasObject("keras.metrics", "AUC", arguments, {"num_thresholds": 200, "curve": "ROC", "from_logits": False})


METRICS: dict[str, Callable[[Any, str, int | None], KerasObject]] = {
    "binary_accuracy": _binary_accuracy,
    "precision": _share("Precision"),
    "recall": _share("Recall"),
    "f1_score": _f1_score,
    "auc": _auc,
}
