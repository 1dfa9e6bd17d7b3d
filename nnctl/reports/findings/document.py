"""What a report says, as a document of plain data: `nnctl report --json` prints it, and every other form of the report
is written from it.

Numbers are float or int; one that is NaN or infinite, or that could not be computed, is None. A part of a run that
does not apply to it (residuals of a classifier) or could not be made (the data are gone) is None or an empty list, and
`Run.missing` has a sentence on each part that could not be made. Sentences are in the language of `Document.language`;
names of layers, columns and classes, keys, values and YAML are as the user wrote them and must be escaped where they
are shown. `row` is what messages of nnctl call a row: its number in the file,
counted from 1, or the id of a sequence, or the file of an image.
"""

from __future__ import annotations

from typing import Any, Literal, TypedDict

Number = float | int | None
Kind = Literal["classification", "binary", "multilabel", "regression", "ctc", "other"]


class Document(TypedDict):
    """The whole report.

    format: "nnctl report 1"; the number grows if a key changes its meaning or goes. language: "en" or "ko".
    made_at: when the report was made, in ISO 8601 with the offset of the zone. runs: at least one, in the order they
    were asked for. comparison: None for a single run.
    """

    format: str
    language: str
    made_at: str
    nnctl_version: str
    runs: list[Run]
    comparison: Comparison | None


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
    """name: of the metric. baseline: the metric of always predicting the same, or None. better: "max" or "min"."""

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
    that training wrote down for these weights, over all rows of the split.
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


class Baseline(TypedDict):
    """metrics: of the baseline, by name. metric: the one to compare by ("accuracy", else "loss"). value, model_value:
    the baseline's and the model's. description: a sentence on what the baseline predicts."""

    metrics: dict[str, Number]
    metric: str
    value: Number
    model_value: Number
    description: str


class Output(TypedDict):
    """One output of the model, on the evaluated rows (time steps that are not padding count like rows).

    name: of the target's column or the output. layer: the layer that is the output. kind: "classification" (several
    classes, one of which is true), "binary" (two classes, or yes and no), "multilabel" (several columns of yes or no),
    "regression", "ctc" (label sequences), "other". columns: of the target. classes: in the order of their numbers;
    empty for numbers. Each part is None or empty where the kind has none of it.
    """

    name: str
    layer: str
    kind: Kind
    loss: str
    columns: list[str]
    classes: list[str]
    confusion: Confusion | None
    per_class: list[ClassScores]
    roc: list[RocCurve]
    precision_recall: list[PrecisionRecallCurve]
    calibration: Calibration | None
    residuals: list[Residuals]
    reconstructions: list[Reconstruction]
    sequences: Sequences | None
    most_wrong: list[WrongRow]


class Confusion(TypedDict):
    """matrix: (classes, classes) counts; rows are the true class, columns the predicted one. With more than 50 classes,
    only the 50 that are confused most are in it, and `classes` names them. mistakes: the most frequent confusions, the
    most frequent first, at most 20."""

    classes: list[str]
    matrix: list[list[int]]
    mistakes: list[Mistake]
    shown_classes: int
    all_classes: int


class Mistake(TypedDict):
    actual: str
    predicted: str
    rows: int
    share: float  # of the rows of the true class


class ClassScores(TypedDict):
    """One class, or one column of a multi-label output. support: rows that have it. predicted: rows that it is
    predicted for. precision is None if it is never predicted, recall is None if no row has it."""

    name: str
    precision: Number
    recall: Number
    f1: Number
    support: int
    predicted: int


class RocCurve(TypedDict):
    """Of one class against the rest. fpr, tpr: from (0, 0) to (1, 1), at most 200 points. auc: of all points. A class
    that no row or every row has is not in the list."""

    name: str
    fpr: list[float]
    tpr: list[float]
    auc: float


class PrecisionRecallCurve(TypedDict):
    """recall grows from 0 to 1, at most 200 points. average_precision: of all points. prevalence: the share of rows
    that have the class, which is the precision of guessing."""

    name: str
    recall: list[float]
    precision: list[float]
    average_precision: float
    prevalence: float


class Calibration(TypedDict):
    """How often the model is right when it is as sure as it says. bins: 10 of equal width over the confidence; those
    without rows are left out. expected_calibration_error: the mean gap, weighted by rows, from 0 to 1."""

    bins: list[CalibrationBin]
    expected_calibration_error: float


class CalibrationBin(TypedDict):
    """confidence: the mean predicted probability in the bin; accuracy: the share that is right; from 0 to 1."""

    confidence: float
    accuracy: float
    rows: int


class Histogram(TypedDict):
    """edges: (n + 1,), growing. counts: (n,). Values that are NaN or infinite are not counted."""

    edges: list[float]
    counts: list[int]


class Residuals(TypedDict):
    """One column of numbers, in the unit of the data. actual, predicted: (n,), the same rows, at most 1000.
    histogram: of predicted - actual over all evaluated rows. r2: the share of variance explained, or None."""

    name: str
    actual: list[float]
    predicted: list[float]
    histogram: Histogram
    mean_absolute_error: float
    root_mean_squared_error: float
    mean_error: float
    r2: Number
    largest: list[WrongRow]


class Reconstruction(TypedDict):
    """An example of an autoencoder of pictures: its input and its output as PNG data URIs, the worst first."""

    row: str
    input: str
    output: str
    loss: Number


class Sequences(TypedDict):
    """Label sequences of CTC. label_error_rate: edits for each label. exact: the share of rows that are read without a
    mistake. edits: how often which edit was needed, the most frequent first, at most 20. worst_lines: at most 20."""

    rows: int
    label_error_rate: Number
    exact: float
    edits: list[Edit]
    worst_lines: list[Line]


class Edit(TypedDict):
    """expected is "" for a label too many, predicted is "" for one that is missing."""

    expected: str
    predicted: str
    times: int


class Line(TypedDict):
    row: str
    expected: str
    predicted: str
    edit_distance: int
    picture: str | None  # a PNG data URI


class WrongRow(TypedDict):
    """A row that the model got most wrong. target, predicted: the class or the number, as text. probability: that the
    model gave the true class, None for numbers. loss: of the row, None if unknown. picture: the row's input as a PNG
    data URI, if it is a picture. values: by column, the row's raw values as text, if the data are a table. text: the
    words that the row holds, if it is a text."""

    row: str
    target: str
    predicted: str
    probability: Number
    confidence: Number
    loss: Number
    picture: str | None
    values: dict[str, str] | None
    text: str | None


class Importance(TypedDict):
    """Permutation importance: how much worse the metric becomes when one column's values are shuffled over the rows.

    metric: its name. score: of the model on these rows, before shuffling. rows, repeats: on how many rows and how often
    each column was shuffled. columns: the most important first, at most 50.
    """

    metric: str
    score: Number
    rows: int
    repeats: int
    columns: list[ColumnImportance]


class ColumnImportance(TypedDict):
    """mean, std: over the repeats, of how much worse the metric became (0 or less: the column is not used)."""

    column: str
    mean: float
    std: float


class Layer(TypedDict):
    """shape: of the output without the rows; None for a length that varies. sources: the layers and inputs it takes."""

    name: str
    kind: str
    shape: list[int | None]
    parameters: int
    sources: list[str]
    shared: str | None


class WeightDistribution(TypedDict):
    """One array of weights. layer and weight: "dense" and "kernel". trained: False for moving averages and frozen
    weights. Numbers over all its entries; finite: whether all are."""

    layer: str
    weight: str
    shape: list[int]
    trained: bool
    minimum: Number
    maximum: Number
    mean: Number
    std: Number
    histogram: Histogram | None


class Activations(TypedDict):
    """The outputs of the layers, on a sample of rows. rows: how many."""

    rows: int
    layers: list[LayerActivations]


class LayerActivations(TypedDict):
    """shape: of the output without the rows. mean, std: over all values. zero_fraction: the share of values that are
    exactly 0. dead_units: units (the last axis) that are 0 for every row; None for a layer without ReLU.
    saturated_fraction: the share of values within 0.05 of a bound of a sigmoid or tanh (of its range); None for others.
    """

    layer: str
    kind: str
    activation: str | None
    shape: list[int]
    units: int
    mean: Number
    std: Number
    zero_fraction: float
    dead_units: int | None
    saturated_fraction: float | None
    histogram: Histogram | None


class Filters(TypedDict):
    """The weights of a layer that reads a picture, as pictures. kind: "Conv2D" (a picture for each filter) or "Dense"
    (a picture for each unit, in the shape of the input). shape: (height, width) of each. Red is positive and blue is
    negative, unless the input has three channels. pictures: PNG data URIs, at most 64. units: of the layer."""

    layer: str
    kind: str
    shape: list[int]
    units: int
    pictures: list[str]


class ConfigValue(TypedDict):
    """One value of the resolved config. key: its path, "optimizer.adam.learning_rate". value: as YAML in one line.
    origin: where it comes from: "line 4" of the config, "--set", "default". set_by_user: False for defaults."""

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


class Comparison(TypedDict):
    """Several runs side by side; each list of values is in the order of Document.runs.

    names: short and different for each run. config_differences: the keys whose values are not the same in all runs; a
    value is None where the run's config lacks the key. metrics: on the split in `split`, of which best_index is the
    run with the best value (the first of equals; None if no run has one). comparable: False if the runs were not
    evaluated on the same rows, and `sentences` says why. charts: the curves of all runs by series name; each run's
    epochs are in its own History. verdict: which run is best, in a sentence.
    """

    names: list[str]
    verdict: str
    comparable: bool
    sentences: list[str]
    config_differences: list[ConfigDifference]
    metrics: list[MetricRow]
    charts: list[str]


class ConfigDifference(TypedDict):
    key: str
    values: list[str | None]


class MetricRow(TypedDict):
    """name: of the metric, or "parameters", "seconds", "epochs". better: None where neither is better."""

    name: str
    values: list[Number]
    baseline: list[Number]
    best_index: int | None
    better: Literal["max", "min"] | None
