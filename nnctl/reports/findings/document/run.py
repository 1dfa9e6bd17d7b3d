"""What is said about a run."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from nnctl.reports.findings.document.common import Number
from nnctl.reports.findings.document.model import Activations, Filters, Importance, Layer, WeightDistribution
from nnctl.reports.findings.document.outputs import Output


class Run(TypedDict):
    """What is known of one run.

    name: of the config. folder: as the user gave it. created: when training began, in ISO 8601; None if unknown.
    state: "finished"; "stopped" (by the user, a signal or an error, so that it can be resumed) or "running" (its folder
    is locked by a process that trains). missing: a sentence for each part that could not be made, and why.
    config_yaml: the resolved config as the run's folder has it, with the origin of each value as a comment.
    graph_svg: the text of an SVG picture of the graph, without a `<?xml` line; None if it has too many connections.
    notes: a sentence for everything that was done to the data. environment: versions, seed, command and so on.
    """

    name: str
    folder: str
    created: str | None
    state: Literal["finished", "stopped", "running"]
    verdict: Verdict
    missing: list[str]
    facts: Facts
    history: History | None
    evaluation: Evaluation | None
    outputs: list[Output]
    importance: Importance | None
    layers: list[Layer]
    weights: list[WeightDistribution]
    activations: Activations | None
    filters: list[Filters]
    graph_svg: str | None
    config: list[ConfigValue]
    config_yaml: str
    notes: list[str]
    environment: dict[str, Any]
    batches: Batches | None


class Facts(TypedDict):
    """The run in a few words. Each is None where unknown.

    dataset: the name of the data set or of its files. model: the kinds of the layers, shortened ("Dense 16, Dense 3").
    task: of the outputs, the same words as Output.kind. rows: by split ("train", "validation", "test"). parameters: the
    numbers that the layers hold, of which `trainable` are trained. optimizer: its name; losses: by output. epochs: that
    were trained; planned_epochs: that the config asked for. seconds: of training. weights: which weights the report is
    about, in a sentence ("the weights of epoch 46, the best by val_loss").
    """

    dataset: str | None
    model: str | None
    task: str | None
    rows: dict[str, int]
    parameters: int | None
    trainable: int | None
    optimizer: str | None
    losses: dict[str, str]
    engine: str | None
    epochs: int
    planned_epochs: int | None
    seconds: float | None
    weights: str | None


class Verdict(TypedDict):
    """The run in words.

    headline: one sentence. grade: of the headline, for its color: "good", "fair" or "poor"; "unknown" where nothing
    can be said. sentences: what was found, the most serious first. suggestions: what to try next.
    """

    headline: str
    grade: Literal["good", "fair", "poor", "unknown"]
    sentences: list[Finding]
    suggestions: list[Suggestion]


class Finding(TypedDict):
    """rule: the name of the rule, the same in every language. severity: "good" (as it should be), "note", "warning" or
    "problem"."""

    rule: str
    severity: Literal["good", "note", "warning", "problem"]
    text: str


class Suggestion(TypedDict):
    """text: what to change and why. yaml: the lines to put into the config, valid when they replace or join its keys at
    the top level; None if the advice is not a change of the config. command: a line for the shell that trains with the
    change, or None."""

    rule: str
    text: str
    yaml: str | None
    command: str | None


class History(TypedDict):
    """The curves.

    epochs: (n,) numbers of the epochs, from 1; thinned to at most 1000, always with the first, the best and the last.
    series: by name, (n,) values: "loss", "accuracy", and of the validation split "val_loss", "val_accuracy".
    charts: which series belong in one chart, in the order to show them: name "loss", series ["loss", "val_loss"].
    learning_rate, seconds: (n,) at the end of each epoch, or of it; None where they were not kept.
    best_epoch: None if there is no validation split. monitor: the metric that decided it. bigger_is_better: of the
    monitor. reason_ended: "done", "early stopping", "interrupted", "terminated", "nan" and so on; None while it
    runs or if it was killed. ended: the same as a sentence. thinned: whether epochs were left out.
    """

    epochs: list[int]
    series: dict[str, list[Number]]
    charts: list[Chart]
    learning_rate: list[Number]
    seconds: list[Number]
    best_epoch: int | None
    monitor: str | None
    bigger_is_better: bool
    reason_ended: str | None
    ended: str
    thinned: bool


class Chart(TypedDict):
    """name: of the metric. baseline: the metric of always predicting the same on the validation rows, or on the
    training rows if there are no others; or None. better: "max" or "min"."""

    name: str
    series: list[str]
    baseline: Number
    better: Literal["max", "min"]


class Evaluation(TypedDict):
    """The metrics of the model on rows that it was not trained on, as far as there are any.

    split: "test", else "validation", else "train". rows: of that split. evaluated_rows: on how many of these everything
    else in the report was computed: all, or a random sample. sampled: whether it is a sample.
    metrics: the model's on the evaluated rows. baseline: of always predicting the same. bigger: the metrics that are
    better when larger. scaled: the losses that are in the unit of the scaled target. recorded: by split, the metrics
    that training wrote down for these weights, over all rows of the split. perfect: the metrics of a model that
    predicts every target exactly, as far as they are known; the loss of targets that are fractions or counts is not 0.
    """

    split: Literal["train", "validation", "test"]
    rows: int
    evaluated_rows: int
    sampled: bool
    metrics: dict[str, Number]
    baseline: Baseline | None
    bigger: list[str]
    scaled: list[str]
    recorded: dict[str, dict[str, Number]]
    perfect: dict[str, Number]


class Baseline(TypedDict):
    """metrics: of the baseline, by name. metric: the one to compare by ("accuracy", else "loss"). value, model_value:
    the baseline's and the model's. train_loss: the baseline's loss on the training rows, or some of them. description:
    a sentence on what the baseline predicts."""

    metrics: dict[str, Number]
    metric: str
    value: Number
    model_value: Number
    train_loss: Number
    description: str


class ConfigValue(TypedDict):
    """One value of the resolved config, or the name of a component. key: its path, "optimizer.adam.learning_rate" or
    "optimizer". value: as YAML in one line. origin: where it comes from: "line 4" of the config, "--set", "default".
    set_by_user: False for defaults."""

    key: str
    value: str
    origin: str
    set_by_user: bool


class Batches(TypedDict):
    """The arithmetic of epochs, batches and iterations. formulas: what is computed and the lines of its formula, as
    `nnctl explain-batches` prints them."""

    samples: int
    batch_size: int
    epochs: int
    iterations_per_epoch: int
    last_batch: int
    total_iterations: int
    samples_seen: int
    formulas: list[Formula]


class Formula(TypedDict):
    title: str
    lines: list[str]
