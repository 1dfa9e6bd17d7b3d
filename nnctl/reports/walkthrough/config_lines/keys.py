"""The top-level keys of a config, in sentences with its own numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nnctl.components.component import plain
from nnctl.config.argument_docs import summary
from nnctl.config.argument_texts import TOP_LEVEL
from nnctl.reports.number_format import count, rows_of_splits, short
from nnctl.reports.walkthrough.config_lines.context import Context
from nnctl.reports.walkthrough.numbers import shape
from nnctl.translation import _, plural

MOST = 6  # names in a sentence


def listed(names: Any) -> str:
    """The first names of a list."""
    words = [str(name) for name in names]
    return ", ".join(words[:MOST]) + (", …" if len(words) > MOST else "")


def dataset(at: Context) -> list[str]:
    rows = at.data.rows
    counts = rows_of_splits(rows)
    given = at.config.dataset
    name = given.name or listed(given.path or ())
    total = sum(rows.values())
    text = plural("The data: {name}, with {n} row: {counts}.", "The data: {name}, with {n} rows: {counts}.", total)
    sentences = [text.format(name=name, n=count(total), counts=counts)]
    features = at.data.preprocessing.features
    if features:
        text = plural(
            "The model learns from {n} column: {names}.", "The model learns from {n} columns: {names}.", len(features)
        )
        sentences.append(text.format(n=len(features), names=listed(features)))
    else:
        shapes = at.data.input_shapes
        if len(shapes) == 1:
            [sizes] = shapes.values()
            sentences.append(_("Each row is an array of the shape {shape}.").format(shape=shape(sizes)))
        else:
            names = listed(f"{name} {shape(sizes)}" for name, sizes in shapes.items())
            sentences.append(_("Each row has these arrays: {names}.").format(names=names))
    sentences += [_target(target) for target in at.data.targets.values()]
    return sentences


def _target(target: Any) -> str:
    name = listed(target.columns)
    if target.labels == "sequence":
        return _("The target {name} is a text of these characters: {classes}.").format(
            name=name, classes=listed(target.classes)
        )
    if target.classes:
        text = _("The target {name} is one of {n} classes: {classes}.")
        return text.format(name=name, n=len(target.classes), classes=listed(target.classes))
    if target.shape in ((), (1,)):
        return _("The target {name} is a number.").format(name=name)
    return _("The target {name} is {shape} numbers.").format(name=name, shape=" × ".join(map(str, target.shape)))


def inputs(at: Context) -> list[str]:
    n = len(at.data.input_shapes)
    shapes = listed(f"{name} {shape(sizes)}" for name, sizes in at.data.input_shapes.items())
    return [
        plural("The model has {n} input: {shapes}.", "The model has {n} inputs: {shapes}.", n).format(
            n=n, shapes=shapes
        )
    ]


def layers(at: Context) -> list[str]:
    n = len(at.model.graph.nodes)
    text = plural("The model: {n} layer, with {parameters} parameters.",
                  "The model: {n} layers, with {parameters} parameters together. Each takes the output of the one "
                  "before, unless it says `from`.", n)  # fmt: skip
    return [text.format(n=n, parameters=count(at.model.parameters))]


def outputs(at: Context) -> list[str]:
    return [_("The predictions are the outputs of {names}.").format(names=listed(at.config.outputs))]


def loss(at: Context) -> list[str]:
    sentences = [
        _("What training makes as small as possible, for each row; the loss of a batch is the mean over its rows.")
    ]
    for output, each in at.config.losses.items():
        if len(at.config.losses) > 1:
            sentences.append(f"{output}: {_(summary(type(each)))}")
        else:
            sentences.append(_(summary(type(each))))
    return sentences


def loss_weights(at: Context) -> list[str]:
    total = " + ".join(f"{short(weight)} × L({output})" for output, weight in at.config.loss_weights.items())
    return [_("The losses of the outputs are added up with these factors: {total}.").format(total=total)]


def optimizer(at: Context) -> list[str]:
    chosen: Any = at.config.optimizer
    sentences = [_("How each update changes the weights."), _(summary(type(chosen)))]
    if at.config.origins.get(f"optimizer.{chosen.kind}.learning_rate") == "default":
        sentences.append(_("The learning rate is its default, {rate}.").format(rate=short(chosen.rate(0))))
    return sentences


def metrics(at: Context) -> list[str]:
    chosen = [each.name for each in at.model.metrics]
    return [_("Beside the loss, these are measured after every epoch, to be read by people: {names}.")
            .format(names=listed(chosen))] if chosen else [_("Nothing is measured beside the loss.")]  # fmt: skip


def epochs(at: Context) -> list[str]:
    plan = at.plan
    text = plural("{n} pass over the {rows} training rows, which makes {total} updates of the weights in all.",
                  "{n} passes over the {rows} training rows, which makes {total} updates of the weights in all.",
                  plan.epochs)  # fmt: skip
    return [text.format(n=count(plan.epochs), rows=count(plan.samples), total=count(plan.total_iterations))]


def batch_size(at: Context) -> list[str]:
    plan = at.plan
    if plan.iterations_per_epoch == 1:
        text = plural("The one training row is the only batch: the weights are updated once an epoch.",
                      "All {rows} training rows are one batch: the weights are updated once an epoch.",
                      plan.samples)  # fmt: skip
        return [text.format(rows=count(plan.samples))]
    if plan.partial:
        text = _("The {rows} training rows are split into {n} batches of {size} rows, the last of {last}; the weights "
                 "are updated after each batch, {n} times an epoch.")  # fmt: skip
    else:
        text = plural("The {rows} training rows are split into {n} batches of {size} row; the weights are updated "
                      "after each batch, {n} times an epoch.",
                      "The {rows} training rows are split into {n} batches of {size} rows; the weights are updated "
                      "after each batch, {n} times an epoch.", plan.batch_size)  # fmt: skip
    return [text.format(rows=count(plan.samples), n=count(plan.iterations_per_epoch), size=count(plan.batch_size),
                        last=count(plan.last_batch))]  # fmt: skip


def seed(at: Context) -> list[str]:
    return [_("All that is random follows from this number: the split, the initial weights, the order of the rows, "
              "dropout. The same seed gives the same model.")]  # fmt: skip


def class_weight(at: Context) -> list[str]:
    if at.config.class_weight == "balanced":
        return [
            _("Rare classes count more in the training loss: a class's rows count by the inverse of its frequency.")
        ]
    return [_(TOP_LEVEL["class_weight"])]


def callbacks(at: Context) -> list[str]:
    if not at.config.callbacks:
        return [_("No callback acts at the end of each epoch.")]
    return [_("What acts at the end of each epoch:")]


def keep(at: Context) -> list[str]:
    if "validation" not in at.data.rows:
        return [_("`eval` and `predict` use the weights of the last epoch; there are no validation rows to find the "
                  "best.")]  # fmt: skip
    if plain(at.config.keep) == "last":
        return [_("`eval` and `predict` use the weights of the last epoch.")]
    return [_("`eval` and `predict` use the weights of the best epoch, as measured on the validation rows.")]


def plainly(key: str) -> Callable[[Context], list[str]]:
    """The sentence of a key without numbers."""
    return lambda at: [_(TOP_LEVEL[key])]


KEYS: dict[str, Callable[[Context], list[str]]] = {
    "name": plainly("name"),
    "seed": seed,
    "dataset": dataset,
    "inputs": inputs,
    "layers": layers,
    "outputs": outputs,
    "loss": loss,
    "loss_weights": loss_weights,
    "optimizer": optimizer,
    "metrics": metrics,
    "weighted_metrics": plainly("weighted_metrics"),
    "weights": plainly("weights"),
    "epochs": epochs,
    "batch_size": batch_size,
    "class_weight": class_weight,
    "callbacks": callbacks,
    "keep": keep,
    "engine": plainly("engine"),
}
