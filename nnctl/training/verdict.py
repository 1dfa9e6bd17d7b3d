"""A sentence on a finished run with a problem: what is wrong with the model, and which key to change."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from nnctl.data.dataset import Dataset, Split, Target
from nnctl.nn.losses import Loss
from nnctl.nn.schedules import Schedule
from nnctl.training.batching import make_batch
from nnctl.training.best_or_last import Kept
from nnctl.training.model import Model

Array = np.ndarray

BETTER = 0.01  # a loss is better than the baseline's if it is lower by this fraction, a score if higher by this much
FEW = 5  # with fewer rows in the split, it means nothing that a class is never predicted
RARE = 0.8  # a class with fewer rows than this fraction of the average is rare, which may be why it is never predicted
FAR = 2.0  # validation is far worse than training if its loss is more than this many times as large, and
GAP = 0.25  # the difference is more than this fraction of the baseline's loss
SEEN = 4096  # rows, spread over the split, on which classes that are never predicted are looked for
RISEN = 0.1  # the validation loss has risen if it ends higher than its minimum by this fraction of the baseline's loss
FALLING = 0.05  # a training loss that fell by this fraction in the last fifth of the epochs is still falling


@dataclass(frozen=True)
class Outcome:
    """What a verdict is based on. history: metrics of each epoch, with "val_" before those of the validation split.

    metrics, baseline: metrics of the kept weights, and of the baseline, on the same split: "validation", "test" or
    "train". trained: the baseline's loss on the training rows, if it is known. bigger: the metrics that should grow.
    never: classes of that split that are never predicted, and their numbers of rows. usual: the average number of rows
    of a class of that split. outputs: of the model, if there are several. remedies: which of "class_weight", "early
    stopping" and "regularization" the config has already, "decay" if its learning rate ends after a number of
    iterations, and "best kept" if the kept weights are the best epoch's.
    """

    history: Sequence[Mapping[str, float]]
    metrics: Mapping[str, float]
    baseline: Mapping[str, float]
    split: str = "validation"
    best_epoch: int | None = None
    bigger: frozenset[str] = frozenset()
    never: Mapping[str, int] = field(default_factory=dict)
    usual: float = math.inf
    outputs: Sequence[str] = ()
    remedies: frozenset[str] = frozenset()
    trained: float | None = None


def verdict(outcome: Outcome) -> str | None:
    """A sentence on the most serious problem, with the key to change, or None."""
    if not outcome.history:
        return None
    return _no_better(outcome) or _one_no_better(outcome) or _never_predicted(outcome) or _far_worse(outcome)


def _no_better(o: Outcome) -> str | None:
    """If neither the loss nor any metric is better than the baseline."""
    shared = [name for name in o.baseline if name in o.metrics]
    if not shared or any(betters(o.metrics[name], o.baseline[name], name in o.bigger) for name in shared):
        return None
    said = f"No better than the baseline ({o.split} loss {o.metrics['loss']:.4g}, baseline {o.baseline['loss']:.4g})"
    first, last = o.history[0]["loss"], o.history[-1]["loss"]
    trained = o.baseline["loss"] if o.trained is None else o.trained
    if (o.split != "train" and betters(last, trained * (1 - GAP), False)) or _validation_rises(o):
        return f"{said}, though the training loss is {last:.4g}: the model does not generalize; {_regularize(o)}"
    before = o.history[-1 - max(1, len(o.history) // 5)]["loss"] if len(o.history) > 1 else math.inf
    if last < before * (1 - FALLING):
        steps = " and 5 times as many decay_steps" if "decay" in o.remedies else ""
        return f"{said}, and the training loss is still falling: train longer, with epochs: {5 * len(o.history)}{steps}"
    if last < first * (1 - FALLING):
        return (
            f"{said}: give the model more units or layers, or check that the features tell something about the target"
        )
    return f"{said}, and the training loss does not fall: change the optimizer's learning_rate, or epochs"


def _validation_rises(o: Outcome) -> bool:
    """Whether the validation loss has risen since its best epoch, while the training loss fell."""
    both = [(row["val_loss"], row["loss"]) for row in o.history if math.isfinite(row.get("val_loss", math.nan))]
    if not both:
        return False
    (lowest, trained_then), (end, trained) = min(both), both[-1]
    return end - lowest > RISEN * abs(o.baseline["loss"]) and trained < trained_then


def _one_no_better(o: Outcome) -> str | None:
    """If that is so for the metrics of one of several outputs."""
    for output in o.outputs:
        names = [name for name in o.baseline if name in o.metrics and output_of(name, o.outputs) == output]
        if names and not any(betters(o.metrics[name], o.baseline[name], name in o.bigger) for name in names):
            shown = f"{o.split} {names[0]} {o.metrics[names[0]]:.4g}, baseline {o.baseline[names[0]]:.4g}"
            return (f"Output {output} is no better than the baseline ({shown}): raise its factor in loss_weights, or"
                    " check that the features tell something about it")  # fmt: skip
    return None


def output_of(metric: str, outputs: Sequence[str]) -> str | None:
    """The output whose name a metric of a model with several outputs begins with; None for the loss of them all."""
    return max((output for output in outputs if metric.startswith(f"{output}_")), key=len, default=None)


def betters(value: float, base: float, bigger: bool) -> bool:
    """Whether a metric is better than the baseline's. bigger: whether it should grow."""
    if not math.isfinite(base):
        return math.isfinite(value)
    return value > base + BETTER if bigger else value < base - BETTER * abs(base)


def _never_predicted(o: Outcome) -> str | None:
    never = {name: rows for name, rows in o.never.items() if rows >= FEW}
    if not never:
        return None
    shown = ", ".join(f'"{name}" ({rows:,})' for name, rows in list(never.items())[:3])
    more = f" and {len(never) - 3} more" if len(never) > 3 else ""
    what = (
        f"Class {shown} is never predicted on the {o.split} rows that have it" if len(never) == 1
        else f"Classes {shown}{more} are never predicted on the {o.split} rows that have them"
    )  # fmt: skip
    if "class_weight" in o.remedies or min(never.values()) >= RARE * o.usual:
        return f"{what}: train longer (epochs:), or give the model more units"
    return f"{what}: balance the classes with class_weight: balanced"


def _far_worse(o: Outcome) -> str | None:
    """At the end of training, or in the best epoch if early stopping returned to it."""
    row = o.history[-1]
    if "early stopping" in o.remedies and o.best_epoch and o.best_epoch <= len(o.history):
        row = o.history[o.best_epoch - 1]
    trained, validated = row["loss"], row.get("val_loss", math.nan)
    scale = abs(o.baseline.get("loss", validated))
    apart = validated - trained
    if not (math.isfinite(apart) and apart > GAP * scale and validated > FAR * trained):
        return None
    said = f"Validation is far worse than training (loss {validated:.4g} against {trained:.4g})"
    if o.best_epoch and o.best_epoch < len(o.history) and "early stopping" not in o.remedies:
        patience = max(2, len(o.history) // 10)
        kept = ", whose weights are kept" if "best kept" in o.remedies else ""
        return (f"{said} and was best at epoch {o.best_epoch}{kept}: stop there, with callbacks: "
                f"[{{EarlyStopping: {{patience: {patience}, restore_best_weights: true}}}}]")  # fmt: skip
    return f"{said}: {_regularize(o)}"


def _regularize(o: Outcome) -> str:
    if "regularization" in o.remedies:
        return "give the model fewer units, or more rows to train on"
    return "add a Dropout: {rate: 0.3} to layers:, use fewer units, or train on more rows"


def verdict_of(model: Model, data: Dataset, history: Sequence[Mapping[str, float]], best_epoch: int | None, kept: Kept,
               baselines: Mapping[str, Mapping[str, float]], test: Mapping[str, float]) -> str | None:  # fmt: skip
    """The verdict on a finished run, whose model has the weights `kept`. history: metrics of each epoch; baselines: by
    split; test: metrics of the test split, if there is one."""
    if not history:
        return None
    if data.validation is not None:
        row = history[kept.epoch - 1] if 0 < kept.epoch <= len(history) else history[-1]
        split, metrics = "validation", {name[4:]: value for name, value in row.items() if name.startswith("val_")}
    elif data.test is not None:
        split, metrics = "test", dict(test)
    else:
        split, metrics = "train", dict(history[-1])
    unseen = data.validation or data.test
    classes = [len(target.classes) for target in data.targets.values() if target.classes]
    return verdict(Outcome(
        history, metrics, baselines[split], split, best_epoch, trained=baselines["train"]["loss"],
        bigger=frozenset(each.name for each in model.metrics if each.metric.better == "max"),
        never=never_predicted(model, data.targets, unseen) if unseen else {},
        outputs=list(model.spec.outputs) if len(model.spec.outputs) > 1 else (),
        usual=min(unseen.rows, SEEN) / max(classes) if unseen and classes else math.inf,
        remedies=_remedies(model) | ({"best kept"} if kept.weights == "best" else set()),
    ))  # fmt: skip


def never_predicted(model: Model, targets: Mapping[str, Target], split: Split) -> dict[str, int]:
    """Classes that the model never predicts, and their numbers of rows, among rows spread over the split."""
    batch = make_batch(split, np.arange(0, split.rows, -(-split.rows // SEEN)))
    answered = model.executor.predict(batch)
    never: dict[str, int] = {}
    for output, target in targets.items():
        loss, p = model.spec.losses[output], np.asarray(answered.outputs[output])
        y, mask = np.asarray(batch.targets[output]), answered.masks.get(output)
        for name, (rows, guessed) in _counts(target, loss, y, p, mask):
            if rows and not guessed:
                never[f"{output}: {name}" if len(targets) > 1 else name] = rows
    return never


def _counts(target: Target, loss: Loss, y: Array, p: Array, mask: Array | None) -> list[tuple[str, tuple[int, int]]]:
    """(class, (rows that have it, rows it is predicted for)); for several binary columns, of each one's yes."""
    from nnctl.training.evaluation import boundary, true_and_predicted  # imported here to keep start-up fast

    if target.labels == "sequence":
        return []
    if target.classes:
        both = true_and_predicted(target, y, p, loss, mask)
        counts = zip(*(np.bincount(each, minlength=len(target.classes)).tolist() for each in both), strict=True)
        return list(zip(target.classes, counts, strict=True))
    if target.labels != "binary" or target.soft or len(target.columns) != p.shape[-1] or np.any((y > 0) & (y < 1)):
        return []
    yes, said = y.reshape(-1, p.shape[-1]) > 0.5, p.reshape(-1, p.shape[-1]) > boundary(loss)
    counts = zip(yes.sum(axis=0).tolist(), said.sum(axis=0).tolist(), strict=True)
    return list(zip(target.columns, counts, strict=True))


def _remedies(model: Model) -> frozenset[str]:
    found = set()
    if model.spec.class_weight:
        found.add("class_weight")
    if any(each.kind == "EarlyStopping" and each.restore_best_weights for each in model.spec.callbacks):
        found.add("early stopping")
    schedule: object = model.spec.optimizer.learning_rate
    if isinstance(schedule, Schedule) and schedule.ends:
        found.add("decay")
    kinds = {node.layer.kind for node in model.graph.nodes}
    if any("Dropout" in kind for kind in kinds):
        found.add("regularization")
    return frozenset(found)
