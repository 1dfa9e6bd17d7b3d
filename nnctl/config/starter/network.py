"""Layers, loss and training of a model for tables, by the number of rows, features and classes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from nnctl.config.starter.choices import Choice
from nnctl.config.starter.splits import NOISY, Fractions
from nnctl.config.starter.target import Problem
from nnctl.config.starter.wording import percent, quoted
from nnctl.translation import _, plural

IMBALANCED = 0.75  # share of rows of the most frequent class from which accuracy alone says little


@dataclass(frozen=True)
class Size:
    """What layers and training follow from. rows: for training. width: of the encoded features."""

    rows: int
    width: int

    @property
    def is_small(self) -> bool:
        """Whether the rows are so few, for what each holds, that the noise in them is soon learned by heart."""
        return self.rows < max(500, min(1000, 10 * self.width))


def table_layers(problem: Problem, size: Size) -> list[Choice]:
    """The layers for a table, with the output layer."""
    layers: list[tuple[Any, str]] = []
    units, rate = hidden_units(size), dropout_rate(size)
    why = plural("{rows} training rows with {width} value each: hidden layers of {units} units.",
                 "{rows} training rows with {width} values each: hidden layers of {units} units.", size.width).format(
        rows=f"{size.rows:,}", width=f"{size.width:,}", units=", ".join(map(str, units)))  # fmt: skip
    drop = _("Dropout: each of these values is set to 0 with probability {rate} in training, against overfitting.")
    for at, each in enumerate(units):
        layers.append(({"Dense": {"units": each, "activation": "relu"}}, "" if at else why))
        if rate:
            layers.append(({"Dropout": {"rate": rate}}, "" if at else drop.format(rate=rate)))
    return numbered([*layers, output_layer(problem)])


def numbered(layers: list[tuple[Any, str]]) -> list[Choice]:
    """Layers with their reasons ("" for none) as choices."""
    return [Choice(("layers", at), value, (why,) if why else ()) for at, (value, why) in enumerate(layers)]


def hidden_units(size: Size) -> tuple[int, ...]:
    if size.rows < 50:
        return (16,)
    return (128, 64) if size.rows < 20_000 else (256, 128)


def dropout_rate(size: Size) -> float:
    if size.rows < 50 or size.rows >= 100_000:
        return 0.0
    return 0.1 if size.is_small or size.rows >= 20_000 else 0.2


def output_layer(problem: Problem) -> tuple[dict[str, Any], str]:
    """The last layer, and the reason."""
    if problem.task == "regress":
        return {"Dense": {"units": 1}}, _("The output is one number of any size: no activation.")
    if problem.is_binary:
        why = _("Two classes: one unit, the probability of {name}.").format(name=quoted(problem.second))
        return {"Dense": {"units": 1, "activation": "sigmoid"}}, why
    return {"Dense": {"units": len(problem.classes), "activation": "softmax"}}, _(
        "A unit for each of the {n} classes; softmax makes them probabilities."
    ).format(n=len(problem.classes))


def loss_choices(problem: Problem) -> list[Choice]:
    """The loss and the metrics that suit the target."""
    if problem.task == "regress":
        return [
            Choice(("loss",), "mse", (_("The mean squared error, the usual loss for numbers."),)),
            Choice(("metrics",), ["mae", "r2_score"], (
                _("mae is the mean error, in the unit of the target; r2_score is 1 for perfect predictions, and 0 for"
                  " those no better than the mean."),
            )),
        ]  # fmt: skip
    loss = "binary_crossentropy" if problem.is_binary else "sparse_categorical_crossentropy"
    metrics = ["accuracy"]
    why = [_("accuracy is the share of rows whose class is predicted correctly.")]
    frequent, count = problem.classes[0]
    if count > IMBALANCED * problem.rows:
        metrics.append("auc" if problem.is_binary else "f1_score")
        why += _imbalance(problem, percent(count, problem.rows), quoted(frequent))
    usual = _("The usual loss for classes: small where the true class has a high probability.")
    return [Choice(("loss",), loss, (usual,)), Choice(("metrics",), metrics, tuple(why))]


def _imbalance(problem: Problem, share: str, frequent: str) -> Iterator[str]:
    yield _("{share} of the rows are {frequent}: always predicting that class gives this accuracy already.").format(
        share=share, frequent=frequent)  # fmt: skip
    if problem.is_binary:
        yield _("auc is 0.5 for guessing and 1 if every row of one class is rated above every row of the other.")
    else:
        yield _("f1_score counts each class alike, however rare.")
    yield _("Not set: `class_weight: balanced`, which finds more rows of the rare classes, with more false alarms.")


def training_choices(size: Size, fractions: Fractions) -> list[Choice]:
    """Optimizer, epochs, batch size and callbacks of a model for tables."""
    if size.is_small:
        return plan(size.rows, fractions, updates=min(2500, max(700, size.rows)), rate=0.001, fewest=10)
    return plan(size.rows, fractions, updates=2500, rate=0.002, fewest=10)


def plan(rows: int, fractions: Fractions, *, updates: int, rate: float, fewest: int, batch: int | None = None,
         clip: bool = False, noisy: int = NOISY) -> list[Choice]:  # fmt: skip
    """A learning rate that falls to 0 over the run, epochs that make roughly that many updates of the weights, and
    early stopping. fewest: epochs. clip: whether large gradients are clipped, as recurrent layers need. noisy: the
    validation rows from which their loss decides when to stop."""
    batch = min(batch or batch_size(rows), max(1, rows))
    per_epoch = math.ceil(rows / batch)
    epochs = max(fewest, min(300, round(updates / per_epoch)))
    schedule = {"CosineDecay": {"initial_learning_rate": rate, "decay_steps": epochs * per_epoch}}
    arguments = {"learning_rate": schedule, "weight_decay": 0.1} | ({"clipnorm": 1.0} if clip else {})
    why = [
        plural("The learning rate falls to 0 over {epochs} epochs of {n} iteration: change decay_steps with epochs and"
               " batch_size.",
               "The learning rate falls to 0 over {epochs} epochs of {n} iterations: change decay_steps with epochs and"
               " batch_size.", per_epoch).format(epochs=epochs, n=per_epoch)
    ]  # fmt: skip
    if clip:
        why.append(_("clipnorm keeps single large gradients, as recurrent layers have, from spoiling the weights."))
    choices = [
        Choice(("optimizer",), {"adamw": arguments}, tuple(why)),
        Choice(("epochs",), epochs, (
            _("Passes over the training rows, which update the weights {n} times in all.").format(
                n=f"{epochs * per_epoch:,}"),
        )),
        Choice(("batch_size",), batch, (
            plural("{rows} training rows in batches of {batch}: {n} iteration in an epoch.",
                   "{rows} training rows in batches of {batch}: {n} iterations in an epoch.", per_epoch)
            .format(rows=f"{rows:,}", batch=batch, n=per_epoch),
        )),
    ]  # fmt: skip
    return [*choices, *_stopping(fractions, rows, epochs, noisy)]


def _stopping(fractions: Fractions, rows: int, epochs: int, noisy: int) -> Iterator[Choice]:
    """Early stopping, if the validation split is large enough to tell when. rows: for training."""
    validation = fractions.count("validation", round(rows / (1 - fractions.validation - fractions.test)))
    if validation >= noisy or "validation" in fractions.own:
        patience = max(5, epochs // 3)
        stop = {"EarlyStopping": {"patience": patience, "restore_best_weights": True}}
        why = _("Stops when the validation loss has not fallen for {n} epochs, and goes back to the best weights.")
        yield Choice(("callbacks", 0), stop, (why.format(n=patience),))
    elif validation:
        yield Choice(("keep",), "last", (
            plural("{n} validation row shows overfitting, but is too little to choose the best epoch by: the last"
                   " weights, after the learning rate has fallen to 0, are used.",
                   "{n} validation rows show overfitting, but are too few to choose the best epoch by: the last"
                   " weights, after the learning rate has fallen to 0, are used.", validation).format(n=validation),
        ))  # fmt: skip


def batch_size(rows: int) -> int:
    """A power of two from 16 to 256 that gives roughly 40 iterations in an epoch."""
    return min(256, max(16, 1 << round(math.log2(max(1.0, rows / 40)))))
