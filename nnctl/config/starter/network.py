"""Layers and training of a model for tables, by the number of rows, features and outputs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from nnctl.config.starter.choices import Choice
from nnctl.config.starter.splits import Fractions
from nnctl.config.starter.target import Problem
from nnctl.translation import _, plural

UPDATES = 4000  # of the weights, roughly: enough to learn a table, and a matter of seconds


@dataclass(frozen=True)
class Size:
    """What the sizes follow from. rows: for training. width: of the encoded features."""

    rows: int
    width: int


def table_network(problem: Problem, size: Size) -> list[Choice]:
    """The layers, loss and metrics for a table."""
    units, rate = hidden_units(size), dropout_rate(size)
    sentences = [
        _("{rows} training rows of {width} encoded features: {n} hidden layers of {units} units.")
        .format(rows=f"{size.rows:,}", width=size.width, n=len(units), units=_joined(units))
    ]  # fmt: skip
    layers: list[tuple[dict[str, Any], tuple[str, ...]]] = []
    for at, each in enumerate(units):
        layers.append(({"Dense": {"units": each, "activation": "relu"}}, tuple(sentences) if at == 0 else ()))
        if rate:
            why = _("Dropout against overfitting: the table is small for this many weights.")
            layers.append(({"Dropout": {"rate": rate}}, (why,) if at == 0 else ()))
    layers.append(output_layer(problem))
    choices = [Choice(("layers", at), value, why) for at, (value, why) in enumerate(layers)]
    return [*choices, *loss_choices(problem)]


def hidden_units(size: Size) -> tuple[int, ...]:
    if size.rows < 100:
        return (16,)
    if size.rows < 1000:
        return (64, 32)
    return (128, 64) if size.rows < 20_000 else (256, 128)


def dropout_rate(size: Size) -> float:
    if size.rows < 100:
        return 0.0
    return 0.2 if size.rows < 5000 else 0.1


def _joined(units: tuple[int, ...]) -> str:
    return ", ".join(map(str, units))


def output_layer(problem: Problem) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The last layer, and the reason."""
    if problem.task == "regress":
        return {"Dense": {"units": 1}}, (_("One number of any size: no activation."),)
    if problem.is_binary:
        return {"Dense": {"units": 1, "activation": "sigmoid"}}, (
            _("Two classes: one unit, the probability of the second in alphabetical order."),
        )
    n = len(problem.classes)
    return {"Dense": {"units": n, "activation": "softmax"}}, (
        _("One unit for each of the {n} classes; softmax makes them probabilities.").format(n=n),
    )


def loss_choices(problem: Problem) -> list[Choice]:
    """The loss and the metrics that suit the target."""
    if problem.task == "regress":
        return [
            Choice(("loss",), "mse", (_("The squared error, the usual loss for numbers."),)),
            Choice(("metrics",), ["mae", "r2_score"],
                   (_("mae: the mean error in the unit of the target. r2_score: 1 is perfect, 0 is no better than the"
                      " mean."),)),
        ]  # fmt: skip
    loss = "binary_crossentropy" if problem.is_binary else "sparse_categorical_crossentropy"
    names = ["accuracy"]
    why = _("accuracy: the share of rows that are classified correctly.")
    return [Choice(("loss",), loss), Choice(("metrics",), names, (why,))]


def training_choices(problem: Problem, size: Size, fractions: Fractions) -> list[Choice]:
    """Optimizer, epochs, batch size and callbacks."""
    batch = batch_size(size.rows)
    per_epoch = math.ceil(size.rows / batch)
    epochs = max(20, min(300, round(UPDATES / per_epoch)))
    steps = epochs * per_epoch
    schedule = {"CosineDecay": {"initial_learning_rate": 0.003, "decay_steps": steps}}
    patience = max(10, epochs // 5)
    choices = [
        Choice(("optimizer",), {"adamw": {"learning_rate": schedule, "weight_decay": 0.01}}, (
            _("The learning rate falls to 0 over {epochs} epochs of {n} iterations: change decay_steps with epochs and"
              " batch_size.").format(epochs=epochs, n=per_epoch),
        )),
        Choice(("epochs",), epochs),
        Choice(("batch_size",), batch, (
            plural("{rows} training rows make {n} iteration in an epoch.",
                   "{rows} training rows make {n} iterations in an epoch.", per_epoch)
            .format(rows=f"{size.rows:,}", n=per_epoch),
        )),
    ]  # fmt: skip
    if fractions.validation:
        stop = {"EarlyStopping": {"patience": patience, "restore_best_weights": True}}
        why = _("Stops when the validation loss has not fallen for {n} epochs, and keeps the best weights.")
        choices.append(Choice(("callbacks", 0), stop, (why.format(n=patience),)))
    return choices


def batch_size(rows: int) -> int:
    """A power of two from 16 to 256 that gives roughly 40 iterations in an epoch."""
    wanted = max(1.0, rows / 40)
    return min(256, max(16, 1 << round(math.log2(wanted))))
