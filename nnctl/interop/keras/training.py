"""Keras' losses, metrics, optimizers and schedules for nnctl's: a table for each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nnctl.errors import InputError
from nnctl.interop.keras.objects import KerasObject, known, plain_arguments
from nnctl.nn.losses.base import Loss
from nnctl.nn.metrics.converted import Converted
from nnctl.nn.optimizers import Optimizer
from nnctl.nn.schedules import Schedule, schedules
from nnctl.training.model_metrics import ModelMetric

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
    return KerasObject("keras.optimizers.schedules", name, plain_arguments(given))


def optimizer(given: Optimizer) -> KerasObject:
    """Raises InputError for an optimizer that Keras does not have."""
    name = known(OPTIMIZERS, given, "optimizer")
    arguments = plain_arguments(given)
    if isinstance(arguments["learning_rate"], Schedule):
        arguments["learning_rate"] = schedule(arguments["learning_rate"])
    if given.kind == "nesterov":
        arguments["nesterov"] = True
    return KerasObject("keras.optimizers", name, arguments)


def loss(given: Loss, *, after_softmax: bool = False) -> KerasObject:
    """Raises InputError for what Keras does not have. after_softmax: what CTC reads are probabilities."""
    name = known(LOSSES, given, "loss")
    arguments = plain_arguments(given)
    if given.kind == "ctc" and after_softmax:
        raise InputError("Keras' CTC loss takes logits, and this model ends in softmax",
                         hint="end the model in a linear layer, which nnctl's ctc takes, too")  # fmt: skip
    if given.kind == "sparse_categorical_crossentropy" and arguments.pop("label_smoothing"):
        raise InputError("Keras' sparse_categorical_crossentropy has no label_smoothing",
                         hint="use categorical_crossentropy, which has it")  # fmt: skip
    return KerasObject("keras.losses", name, arguments)


def metric(given: ModelMetric, labels: str, units: int | None) -> KerasObject:
    """A metric, named as in nnctl. labels: of its output's loss. Raises InputError for what Keras does not have."""
    found: Any = given.metric
    if isinstance(found, Converted):
        if found.conversion.key != "own unit":
            raise InputError(f"Keras' metrics cannot turn logits into probabilities for {found.kind}")
        found = found.metric
    if found.kind in METRICS:
        name, arguments = METRICS[found.kind](found, labels, units)
    else:
        name, arguments = known(SAME_METRICS, found, "metric"), plain_arguments(found)
        if arguments.pop("label_smoothing", 0) and found.kind.startswith("sparse"):
            raise InputError(f"Keras' {found.kind} has no label_smoothing")
        if arguments.get("from_logits") is None:
            arguments.pop("from_logits", None)
        if getattr(found, "label_smoothing", 0):
            arguments["label_smoothing"] = found.label_smoothing
    return KerasObject("keras.metrics", name, {"name": given.metric.kind, **arguments})


Arguments = tuple[str, dict[str, Any]]


def _binary_accuracy(found: Any, labels: str, units: int | None) -> Arguments:
    threshold = 0.5 if found.threshold is None else found.threshold
    if not 0 < threshold < 1:
        raise InputError(f"Keras' BinaryAccuracy takes thresholds between 0 and 1, not {threshold:g}")
    return "BinaryAccuracy", {"threshold": threshold}


def _share(name: str) -> Callable[[Any, str, int | None], Arguments]:
    """Precision and recall, which Keras computes over all classes together."""

    def convert(found: Any, labels: str, units: int | None) -> Arguments:
        if labels == "integer" or found.thresholds is None:
            raise InputError(f"Keras' {name} takes no class numbers")
        if units != 1 and found.average != "micro" and found.class_id is None:
            raise InputError(f"Keras' {name} has no mean over the classes, only `average: micro`")
        if not 0 <= found.thresholds <= 1:
            raise InputError(f"Keras' {name} takes thresholds between 0 and 1, not {found.thresholds:g}")
        return name, {"thresholds": found.thresholds, "class_id": found.class_id}

    return convert


def _f1_score(found: Any, labels: str, units: int | None) -> Arguments:
    if labels == "integer" or found.class_id is not None:
        raise InputError("Keras' F1Score takes neither class numbers nor class_id")
    if found.threshold is not None and not 0 < found.threshold <= 1:
        raise InputError(f"Keras' F1Score takes thresholds between 0 and 1, not {found.threshold:g}")
    return "F1Score", {"average": found.average, "threshold": found.threshold}


def _auc(found: Any, labels: str, units: int | None) -> Arguments:
    if labels == "integer" or not type(found).__name__ == "AUC":
        raise InputError("Keras' AUC takes neither class numbers nor the logits of several classes")
    more = {"from_logits": True} if found.from_logits else {}
    return "AUC", {"num_thresholds": found.num_thresholds, "curve": found.curve, **more}


METRICS: dict[str, Callable[[Any, str, int | None], Arguments]] = {
    "binary_accuracy": _binary_accuracy,
    "precision": _share("Precision"),
    "recall": _share("Recall"),
    "f1_score": _f1_score,
    "auc": _auc,
}
# The metrics of label sequences, which Keras does not have.
MISSING_METRICS = ("label_error_rate", "exact_match")
