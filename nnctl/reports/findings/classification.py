"""What a report says of an output with classes: confusion matrix, scores of each class, curves, calibration."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import compress

import numpy as np

from nnctl.reports.findings import scores
from nnctl.reports.findings.answers import Answers
from nnctl.reports.findings.document import (
    Calibration,
    ClassScores,
    Confusion,
    Mistake,
    PrecisionRecallCurve,
    RocCurve,
    WrongRow,
)
from nnctl.reports.findings.rows import ShownRows
from nnctl.reports.findings.thinning import number, numbers, thinned_curve
from nnctl.training.prediction import probabilities

Array = np.ndarray
MOST_CLASSES, MOST_MISTAKES, MOST_CURVES, MOST_WRONG = 50, 20, 20, 24
MOST_POSITIONS = 40  # of a row with an answer for each time step or position


def confusion_of(answers: Answers) -> Confusion:
    """The matrix, of the classes that are confused most if there are very many."""
    actual, predicted, _, _ = answers.class_answers()
    classes = list(answers.target.classes or ())
    n = len(classes)
    pairs, rows = np.unique(actual.astype(np.int64) * n + predicted, return_counts=True)  # few of all n x n pairs
    true, said = np.divmod(pairs, n)
    wrong = np.where(true != said, rows, 0)
    shown = np.arange(n)
    if n > MOST_CLASSES:
        confused = np.bincount(true, wrong, n) + np.bincount(said, wrong, n)
        shown = np.sort(np.argsort(-confused, kind="stable")[:MOST_CLASSES])
    matrix = np.zeros((len(shown), len(shown)), int)
    inside = np.isin(true, shown) & np.isin(said, shown)
    matrix[np.searchsorted(shown, true[inside]), np.searchsorted(shown, said[inside])] = rows[inside]
    order = np.argsort(-wrong, kind="stable")[:MOST_MISTAKES]
    support = np.bincount(actual, minlength=n)
    mistakes: list[Mistake] = [
        {"actual": classes[true[at]], "predicted": classes[said[at]], "rows": int(wrong[at]),
         "share": float(number(wrong[at] / support[true[at]]) or 0)}
        for at in order if wrong[at]
    ]  # fmt: skip
    return {
        "classes": [classes[at] for at in shown],
        "matrix": matrix.tolist(),
        "mistakes": mistakes,
        "shown_classes": len(shown),
        "all_classes": n,
    }


def per_class(answers: Answers) -> list[ClassScores]:
    """The scores of each class, or of the yes of each column."""
    found: list[ClassScores] = []
    for name, actual, predicted, _ in each_class(answers):
        both, support, said = (int(np.count_nonzero(each)) for each in (actual & predicted, actual, predicted))
        precision, recall, f1 = scores.class_scores(both, support, said)
        found.append({"name": name, "precision": number(precision), "recall": number(recall), "f1": number(f1),
                      "support": support, "predicted": said})  # fmt: skip
    return found


def each_class(answers: Answers) -> Iterator[tuple[str, Array, Array, Array]]:
    """(name, actual, predicted, score) of each class against the others, or of each column: (n,) each."""
    if answers.kind == "multilabel":
        y, p, _ = answers.flat()
        y, p = y.reshape(-1, p.shape[-1]), p.reshape(-1, p.shape[-1])
        said = p > boundary_of(answers)
        for at, name in enumerate(column_names(answers, p.shape[-1])):
            yield name, y[:, at] > 0.5, said[:, at], p[:, at]
        return
    actual, predicted, _, _ = answers.class_answers()
    sure = answers.scores()
    for at, name in enumerate(answers.target.classes or ()):
        yield name, actual == at, predicted == at, sure[:, at]


def column_names(answers: Answers, units: int) -> list[str]:
    """A name for each number of an output."""
    columns = answers.target.columns
    return list(columns) if len(columns) == units else [f"{answers.name}_{at}" for at in range(units)]


def curves(answers: Answers) -> tuple[list[RocCurve], list[PrecisionRecallCurve]]:
    """The curves of each class against the others; of two classes, those of the second one, which is yes."""
    roc: list[RocCurve] = []
    precision_recall: list[PrecisionRecallCurve] = []
    support = [np.count_nonzero(actual) for _, actual, _, _ in each_class(answers)]
    often = sorted(range(len(support)), key=lambda at: -support[at])[:MOST_CURVES]  # the classes that most rows have
    for at, (name, actual, _, score) in enumerate(each_class(answers)):
        if (
            at not in often
            or (answers.kind == "binary" and at == 0)
            or not actual.any()
            or not np.isfinite(score).all()
        ):
            continue
        recall, precision, average = scores.precision_recall_curve(actual, score)
        x, y = thinned_curve(recall, precision)
        precision_recall.append({"name": name, "recall": numbers(x), "precision": numbers(y),
                                 "average_precision": float(number(average) or 0),
                                 "prevalence": float(number(actual.mean()) or 0)})  # fmt: skip
        if actual.all():
            continue
        fpr, tpr, auc = scores.roc_curve(actual, score)
        x, y = thinned_curve(fpr, tpr)
        roc.append({"name": name, "fpr": numbers(x), "tpr": numbers(y), "auc": float(number(auc) or 0)})
    return roc, precision_recall


def calibration_of(answers: Answers) -> Calibration | None:
    """Of the predicted class; of several columns, of each answer yes or no. None without probabilities."""
    if answers.loss.margins:
        return None
    if answers.kind == "multilabel":
        y, p, _ = answers.flat()
        yes = probabilities(p, answers.loss)
        confidence, right = np.maximum(yes, 1 - yes).ravel(), ((yes > 0.5) == (y.reshape(yes.shape) > 0.5)).ravel()
    else:
        actual, predicted, shares, _ = answers.class_answers()
        assert shares is not None  # only margins have none
        confidence, right = shares.max(axis=1), predicted == actual
    if not np.isfinite(confidence).all() or not len(confidence):
        return None
    bins, error = scores.calibration(np.asarray(confidence, np.float64), right)
    return {
        "bins": [{"confidence": float(number(sure) or 0), "accuracy": float(number(hit) or 0), "rows": rows}
                 for sure, hit, rows in bins],
        "expected_calibration_error": float(number(error) or 0),
    }  # fmt: skip


def most_wrong(answers: Answers, shown: ShownRows) -> list[WrongRow]:
    """The rows that are predicted wrongly with the largest losses; of a model that makes few mistakes also those of the
    right ones that it is least sure of, so that there are some to look at."""
    if answers.kind == "multilabel" or answers.p.ndim > 2:
        return _by_loss(answers, shown)
    actual, predicted, shares, _ = answers.class_answers()
    losses = np.nan_to_num(answers.losses, nan=np.inf)
    wrong = predicted != actual
    order = np.lexsort((-losses, ~wrong))
    count = min(MOST_WRONG, max(int(wrong.sum()), 6))
    classes = answers.target.classes or ()
    return [
        wrong_row(
            shown, at, classes[actual[at]], classes[predicted[at]], float(losses[at]),
            None if shares is None else float(shares[at, actual[at]]),
            None if shares is None else float(shares[at, predicted[at]]),
        )
        for at in order[:count].tolist()
    ]  # fmt: skip


def _by_loss(answers: Answers, shown: ShownRows) -> list[WrongRow]:
    """Rows with several answers each: those with the largest losses, with the answers written side by side."""
    order = np.argsort(-np.nan_to_num(answers.losses, nan=np.inf), kind="stable")[:MOST_WRONG]
    return [wrong_row(shown, at, *_side_by_side(answers, at), float(answers.losses[at])) for at in order.tolist()]


def _side_by_side(answers: Answers, place: int) -> tuple[str, str]:
    """(true, predicted) of a row: a word for each of its time steps or positions, of which the first ones are shown."""
    if answers.kind == "multilabel":
        names = column_names(answers, answers.p.shape[-1])
        line = boundary_of(answers)
        y, p, places = answers.flat()
        p = p.reshape(len(p), -1)
        both = (y.reshape(p.shape)[places == place] > 0.5, p[places == place] > line)
        if answers.p.ndim > 2 and len(names) == 1:
            words = [_in_a_row(["01"[int(yes)] for yes in each[:, 0]]) for each in both]
        else:
            words = [_in_a_row([", ".join(compress(names, one)) or "—" for one in each], " · ") for each in both]
        return words[0], words[1]
    actual, predicted, _, places = answers.class_answers()
    classes, here = answers.target.classes or (), np.flatnonzero(places == place)
    return _in_a_row([classes[at] for at in actual[here]]), _in_a_row([classes[at] for at in predicted[here]])


def _in_a_row(words: Sequence[str], between: str = " ") -> str:
    """The words of the first positions, and whether there are more."""
    return between.join([*words[:MOST_POSITIONS], *["…"] * (len(words) > MOST_POSITIONS)])


def boundary_of(answers: Answers) -> float:
    """The number above which an answer is yes."""
    return 0.0 if answers.loss.margins or answers.loss.takes_logits else 0.5


def wrong_row(shown: ShownRows, place: int, target: str, predicted: str, loss: float | None,
              probability: float | None = None, confidence: float | None = None) -> WrongRow:  # fmt: skip
    """A row as the report lists it."""
    return {
        "row": shown.name(place), "target": target, "predicted": predicted, "probability": number(probability),
        "confidence": number(confidence), "loss": number(loss), "picture": shown.picture(place),
        "values": shown.values(place), "text": shown.text(place),
    }  # fmt: skip
