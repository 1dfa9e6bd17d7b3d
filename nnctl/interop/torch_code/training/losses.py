"""Losses in PyTorch's words: a table from a loss to the code of its values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from nnctl.errors import InputError
from nnctl.interop.torch_code.python_text import call, literal


@dataclass(frozen=True)
class Compared:
    """What a loss compares, as code. p: the predictions, or the logits if `logits`. y: the targets. axes: of p, without
    the rows."""

    p: str
    y: str
    logits: bool
    axes: int


@dataclass(frozen=True)
class Written:
    """mean: the code of the loss. each: of the loss of each row (and step), or of each number if `wide`."""

    each: str
    mean: str
    wide: bool = False


def function(name: str, **named: Any) -> Callable[[Any, Compared], Written]:
    """A function of PyTorch that compares number by number."""
    return lambda loss, it: numbers(name, it.p, it.y, **named)


def numbers(name: str, p: str, y: str, **named: Any) -> Written:
    mean = call(name, p, y, **named)
    return Written(call(name, p, y, **named, reduction='"none"'), mean, wide=True)


def own(name: str) -> Callable[[Any, Compared], Written]:
    """A function that is written out, of the loss of each row."""
    return lambda loss, it: each_row(call(name, it.p, it.y))


def each_row(code: str) -> Written:
    return Written(code, f"{code}.mean()")


def crossentropy(loss: Any, it: Compared) -> Written:
    """Of class numbers or one-hot targets."""
    smoothing = loss.label_smoothing or None
    onehot = loss.labels == "onehot"
    if it.logits:
        p = it.p if it.axes == 1 else f"{it.p}.movedim(-1, 1)"  # PyTorch takes the classes right after the rows
        y = it.y if it.axes == 1 or not onehot else f"{it.y}.movedim(-1, 1)"
        return Written(call("F.cross_entropy", p, y, label_smoothing=smoothing, reduction='"none"'),
                       call("F.cross_entropy", p, y, label_smoothing=smoothing))  # fmt: skip
    y = it.y if onehot else f"F.one_hot({it.y}, {it.p}.shape[-1])"
    return each_row(call("crossentropy", it.p, y, smoothing=smoothing))


def binary_crossentropy(loss: Any, it: Compared) -> Written:
    if it.logits:
        return numbers("F.binary_cross_entropy_with_logits", it.p, smoothed(loss, it.y))
    return numbers("F.binary_cross_entropy", f"{it.p}.clamp(1e-7, 1 - 1e-7)", smoothed(loss, it.y))


def focal_crossentropy(loss: Any, it: Compared) -> Written:
    alpha = loss.alpha if loss.apply_class_balancing else None
    name = "focal_crossentropy_of_logits" if it.logits else "focal_crossentropy"
    return each_row(call(name, it.p, smoothed(loss, it.y), loss.gamma, alpha=alpha))


def smoothed(loss: Any, y: str) -> str:
    """Binary targets with label smoothing."""
    smoothing = loss.label_smoothing
    return f"{literal(round(1 - smoothing, 12))} * {y} + {literal(smoothing / 2)}" if smoothing else y


def huber(loss: Any, it: Compared) -> Written:
    return numbers("F.huber_loss", it.p, it.y, delta=None if loss.delta == 1 else loss.delta)


def cosine_similarity(loss: Any, it: Compared) -> Written:
    code = call("F.cosine_similarity", it.p, it.y, dim=-1, eps=1e-7)
    return Written(f"-{code}", f"-{code}.mean()")


LOSSES: Mapping[str, Callable[[Any, Compared], Written]] = {
    "binary_crossentropy": binary_crossentropy,
    "binary_focal_crossentropy": focal_crossentropy,
    "categorical_crossentropy": crossentropy,
    "sparse_categorical_crossentropy": crossentropy,
    "mse": function("F.mse_loss"),
    "mae": function("F.l1_loss"),
    "mape": own("percentage_error"),
    "msle": own("logarithmic_error"),
    "huber": huber,
    "log_cosh": own("log_cosh"),
    "poisson": function("F.poisson_nll_loss", log_input=False, eps=1e-7),
    "cosine_similarity": cosine_similarity,
    "kl_divergence": own("kl_divergence"),
    "hinge": own("hinge"),
    "squared_hinge": own("squared_hinge"),
    "categorical_hinge": own("categorical_hinge"),
    "ctc": own("ctc"),
}


def written(loss: Any, it: Compared) -> Written:
    """The loss as code. Raises InputError for a loss that is not in the table."""
    if loss.kind not in LOSSES:
        raise InputError(f"the loss {loss.kind!r} cannot be written in PyTorch",
                         hint="train with one of " + ", ".join(sorted(LOSSES)))  # fmt: skip
    return LOSSES[loss.kind](loss, it)
