"""What a report says, as a document of plain data: `nnctl report --json` prints it, and every other form of the report
is written from it.

Numbers are float or int; one that is NaN or infinite, or that could not be computed, is None. A part of a run that
does not apply to it (residuals of a classifier) or could not be made (the data are gone) is None or an empty list, and
`Run.missing` has a sentence on each part that could not be made. Sentences are in the language of `Document.language`;
names of layers, columns and classes, keys, values and YAML are as the user wrote them and must be escaped where they
are shown. `row` is what messages of nnctl call a row: its number in the file, counted from 1, or the id of a sequence,
or the file of an image.
"""

from __future__ import annotations

from nnctl.reports.findings.document.common import Histogram, Kind, Number
from nnctl.reports.findings.document.document import Comparison, ConfigDifference, Document, MetricRow
from nnctl.reports.findings.document.model import (
    Activations,
    ColumnImportance,
    Filters,
    Importance,
    Layer,
    LayerActivations,
    WeightDistribution,
)
from nnctl.reports.findings.document.outputs import (
    Calibration,
    CalibrationBin,
    ClassScores,
    Confusion,
    Edit,
    Line,
    Mistake,
    Output,
    PrecisionRecallCurve,
    Reconstruction,
    Residuals,
    RocCurve,
    Sequences,
    WrongRow,
)
from nnctl.reports.findings.document.run import (
    Baseline,
    Batches,
    Chart,
    ConfigValue,
    Evaluation,
    Facts,
    Finding,
    Formula,
    History,
    Run,
    Suggestion,
    Verdict,
)

__all__ = [
    "Activations",
    "Baseline",
    "Batches",
    "Calibration",
    "CalibrationBin",
    "Chart",
    "ClassScores",
    "ColumnImportance",
    "Comparison",
    "ConfigDifference",
    "ConfigValue",
    "Confusion",
    "Document",
    "Edit",
    "Evaluation",
    "Facts",
    "Filters",
    "Finding",
    "Formula",
    "Histogram",
    "History",
    "Importance",
    "Kind",
    "Layer",
    "LayerActivations",
    "Line",
    "MetricRow",
    "Mistake",
    "Number",
    "Output",
    "PrecisionRecallCurve",
    "Reconstruction",
    "Residuals",
    "RocCurve",
    "Run",
    "Sequences",
    "Suggestion",
    "Verdict",
    "WeightDistribution",
    "WrongRow",
]
