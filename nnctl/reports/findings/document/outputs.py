"""What is said about an output of the model."""

from __future__ import annotations

from typing import TypedDict

from nnctl.reports.findings.document.common import Histogram, Kind, Number


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
