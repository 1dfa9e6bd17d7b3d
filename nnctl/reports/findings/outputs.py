"""What a report says of each output of the model, by what the output predicts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from nnctl.data import Preprocessing
from nnctl.reports.findings import classification, label_sequences, regression
from nnctl.reports.findings.answers import Answers
from nnctl.reports.findings.document import Output
from nnctl.reports.findings.rows import ShownRows


def outputs_of(found: Sequence[Answers], preprocessing: Preprocessing, shown: ShownRows) -> list[Output]:
    """One entry for each output, in the order of the model's."""
    whole = []
    for answers in found:
        output = _empty(answers)
        _FILLED[answers.kind](output, answers, shown)
        output["reconstructions"] = regression.reconstructions_of(answers, preprocessing, shown)
        whole.append(output)
    return whole


def _empty(answers: Answers) -> Output:
    return {
        "name": answers.name, "layer": answers.output, "kind": answers.kind, "loss": answers.loss.kind,
        "columns": list(answers.target.columns[:100]), "classes": list(answers.target.classes or ()),
        "confusion": None, "per_class": [], "roc": [], "precision_recall": [], "calibration": None, "residuals": [],
        "reconstructions": [], "sequences": None, "most_wrong": [],
    }  # fmt: skip


def _with_classes(output: Output, answers: Answers, shown: ShownRows) -> None:
    output["confusion"] = classification.confusion_of(answers)
    _with_yes_and_no(output, answers, shown)


def _with_yes_and_no(output: Output, answers: Answers, shown: ShownRows) -> None:
    output["per_class"] = classification.per_class(answers)
    output["roc"], output["precision_recall"] = classification.curves(answers)
    output["calibration"] = classification.calibration_of(answers)
    output["most_wrong"] = classification.most_wrong(answers, shown)


def _with_numbers(output: Output, answers: Answers, shown: ShownRows) -> None:
    output["residuals"] = regression.residuals_of(answers, shown)


def _with_sequences(output: Output, answers: Answers, shown: ShownRows) -> None:
    output["sequences"] = label_sequences.sequences_of(answers, shown)


_FILLED: Mapping[str, Callable[[Output, Answers, ShownRows], None]] = {
    "classification": _with_classes,
    "binary": _with_classes,
    "multilabel": _with_yes_and_no,
    "regression": _with_numbers,
    "ctc": _with_sequences,
    "other": _with_numbers,
}
