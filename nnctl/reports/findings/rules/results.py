"""Rules that look at the metrics on held-out rows, and at the classes."""

from __future__ import annotations

import math
from collections.abc import Mapping

from nnctl.reports.findings.document import ClassScores, Output
from nnctl.reports.findings.rules import changes, curves
from nnctl.reports.findings.rules.evidence import Advice, Evidence, Ruling
from nnctl.reports.number_format import count, metric
from nnctl.training.verdict import FEW
from nnctl.training.verdict import RARE as USUAL
from nnctl.translation import _, plural

WEAK, STRONG = 0.5, 0.8  # a class with less than half the recall of the others', while these do well, is weak
RARE = 5  # a class with this many times fewer rows than the largest is rare
FEW_ROWS = 200  # with fewer, the metrics are uncertain enough to be told
UNSURE = 0.1  # an expected calibration error above this is worth a word
SHIFTED = 0.3  # a mean error above this fraction of the RMSE is a bias
NINETY_FIVE = 1.96
SAME = 2e-3  # losses of the same weights on the same rows, on different machines, differ by a smaller fraction


def data_changed(found: Evidence) -> Ruling | None:
    """The same weights have another loss on all rows of a split than training wrote down."""
    evaluation = found.evaluation
    if evaluation is None or evaluation["sampled"] or evaluation["split"] == "train":
        return None
    now, then = evaluation["metrics"].get("loss"), evaluation["recorded"].get(evaluation["split"], {}).get("loss")
    if now is None or then is None or math.isclose(now, then, rel_tol=SAME, abs_tol=1e-6):
        return None
    return Ruling(
        "warning",
        _(
            "The data seem to have changed since the training, after which the loss on the {split} was {then}; now it "
            "is {now}.").format(
            split=found.split, then=metric(then), now=metric(now)),
        [Advice(_("Restore the files, or train again."))],
    )  # fmt: skip


def nothing_held_out(found: Evidence) -> Ruling | None:
    """All rows were trained on, so that the metrics say nothing about new ones."""
    if found.evaluation is None or found.evaluation["split"] != "train":
        return None
    return Ruling(
        "warning",
        _(
            "The model was evaluated on the rows that it was trained on, since no others were held back: on new rows "
            "it may be much worse."),
        [changes.validation(found, 0.2, _("Hold back a fifth of the rows for validation."))],
    )  # fmt: skip


def uncertain(found: Evidence) -> Ruling | None:
    """With few rows, the accuracy is only roughly known."""
    evaluation = found.evaluation
    if evaluation is None or evaluation["split"] == "train" or evaluation["evaluated_rows"] >= FEW_ROWS:
        return None
    rows = evaluation["evaluated_rows"]
    counted = [each for each in found.outputs if each["confusion"]]
    by_row = counted and _one_class_a_row(found, counted[0])  # otherwise, rows are not what the accuracy counts
    accuracy = evaluation["metrics"].get("accuracy") if by_row else None
    if accuracy is None or not 0 <= accuracy <= 1:
        return None
    low, high = wilson(accuracy, rows)
    return Ruling(
        "note",
        plural(
            "There is only {n} row to test on: the true accuracy may lie anywhere from {low} to {high}.",
            "There are only {n} rows to test on: the true accuracy may lie anywhere from {low} to {high}.",
            rows,
        ).format(n=rows, low=f"{low:.2f}", high=f"{high:.2f}"),
    )


def wilson(share: float, rows: int) -> tuple[float, float]:
    """The 95% confidence interval of a share. Source: Wilson 1927."""
    z2 = NINETY_FIVE**2
    middle = (share + z2 / (2 * rows)) / (1 + z2 / rows)
    half = NINETY_FIVE * math.sqrt(share * (1 - share) / rows + z2 / (4 * rows**2)) / (1 + z2 / rows)
    return max(0.0, middle - half), min(1.0, middle + half)


def never_predicted(found: Evidence) -> Ruling | None:
    """Classes that rows have, but that the model never answers."""
    for output in found.outputs:
        never = [each for each in output["per_class"] if each["support"] >= FEW and not each["predicted"]]
        if never:
            names = ", ".join([*(each["name"] for each in never[:5]), *["…"] * (len(never) > 5)])
            text = plural(
                "The class {names} is never predicted, although it occurs {times} times in the {split}.",
                "The classes {names} are never predicted, although they occur {times} times in the {split}.",
                len(never),
            ).format(names=names, times=count(sum(each["support"] for each in never)), split=found.split)
            usual = sum(each["support"] for each in output["per_class"]) / len(output["per_class"])
            is_rare = min(each["support"] for each in never) < USUAL * usual
            return Ruling("problem", text, _for_rare(found, output) if is_rare else _longer(found))
    return None


def imbalance(found: Evidence) -> Ruling | None:
    """A rare class that is recognized much worse than the frequent ones."""
    for output in found.outputs:
        classes = [each for each in output["per_class"] if each["support"] and each["predicted"]]
        if output["kind"] not in ("classification", "binary") or len(classes) < 2:
            continue
        most, least = (pick(classes, key=lambda each: each["support"]) for pick in (max, min))
        recall, usual = least["recall"] or 0.0, most["recall"] or 0.0
        if most["support"] < RARE * least["support"] or usual < STRONG or recall > WEAK * usual:
            continue
        return Ruling(
            "warning",
            _(
                "The classes are unbalanced: in the {split}, {most} occurs {many} times, but {least} only {few}; "
                "{recall} of these are recognized.").format(
                split=found.split, most=most["name"], many=count(most["support"]), least=least["name"],
                few=count(least["support"]), recall=f"{recall:.0%}"),
            _for_rare(found, output),
        )  # fmt: skip
    return None


def _one_class_a_row(found: Evidence, output: Output) -> bool:
    """Whether an output has one class for each row, rather than one for each time step or pixel."""
    rows = found.evaluation["evaluated_rows"] if found.evaluation else None
    return rows is None or sum(each["support"] for each in output["per_class"]) == rows


def _longer(found: Evidence, text: str | None = None) -> list[Advice]:
    """None where longer training makes the model worse, as another rule says."""
    advice = text or _("Train longer, or give the model more units.")
    return [] if curves.validation_rises(found) else [Advice(advice)]


def _for_rare(found: Evidence, output: Output) -> list[Advice]:
    # class_weight is there for a single output with one class a row
    alone = len(found.outputs) == 1 and _one_class_a_row(found, output)
    if not alone or found.resolved.get("class_weight") is not None or output["confusion"] is None:
        return _longer(found)
    return [changes.balanced(_("Let rare classes count as much as frequent ones."))]


def weak_class(found: Evidence) -> Ruling | None:
    """The class that is recognized worst, and what it is taken for."""
    for output in found.outputs:
        confusion = output["confusion"]
        classes = [each for each in output["per_class"] if each["support"] >= FEW and each["predicted"]]
        if confusion is None or len(classes) < 3 or not confusion["mistakes"]:
            continue
        worst = min(classes, key=_recall)
        others = [_recall(each) for each in classes if each is not worst]
        mistake = next((each for each in confusion["mistakes"] if each["actual"] == worst["name"]), None)
        if mistake is None or mistake["rows"] < 2 or _recall(worst) > sum(others) / len(others) - 0.1:
            continue
        text = _("The class {name} is recognized worst: {recall} of its rows; most often it is taken for {other}.")
        if any(each["support"] and _recall(each) < _recall(worst) for each in output["per_class"]):
            text = _(
                "Of the classes with {few} or more of these rows, {name} is recognized worst: {recall}; most often it "
                "is taken for {other}."
            )
        shown = {"name": worst["name"], "recall": f"{_recall(worst):.0%}", "other": mistake["predicted"], "few": FEW}
        return Ruling("note", text.format(**shown))
    return None


def _recall(scores: ClassScores) -> float:
    return scores["recall"] or 0.0


def calibration(found: Evidence) -> Ruling | None:
    """The model is surer than it should be, or less sure."""
    for output in found.outputs:
        curve = output["calibration"]
        rows = sum(each["rows"] for each in curve["bins"]) if curve else 0
        if curve is None or rows < 100 or curve["expected_calibration_error"] < UNSURE:
            continue
        sure = sum(each["confidence"] * each["rows"] for each in curve["bins"]) / rows
        right = sum(each["accuracy"] * each["rows"] for each in curve["bins"]) / rows
        shown = {"sure": f"{sure:.0%}", "right": f"{right:.0%}"}
        if sure > right:
            text = _(
                "The model is too sure of itself: it says {sure} on average, but is right in {right} of the cases."
            )
        else:
            text = _(
                "The model is less sure than it could be: it says {sure} on average, but is right in {right} of the "
                "cases."
            )
        return Ruling("note", text.format(**shown))
    return None


def biased(found: Evidence) -> Ruling | None:
    """The predictions are too high or too low on average."""
    for output in found.outputs:
        for column in output["residuals"]:
            error, typical = column["mean_error"], column["root_mean_squared_error"]
            if typical <= 0 or abs(error) < SHIFTED * typical or len(column["actual"]) < 30:
                continue
            shown = {"name": column["name"], "error": metric(abs(error))}
            if error > 0:
                text = _("The predictions of {name} are too high by {error} on average.").format(**shown)
            else:
                text = _("The predictions of {name} are too low by {error} on average.").format(**shown)
            if _is_scaled(found, output, column["name"]):
                return Ruling("note", text, _longer(found, _("Train longer.")))
            return Ruling("note", text, [Advice(_("Train longer, or scale the target with dataset.normalize."))])
    return None


def _is_scaled(found: Evidence, output: Output, column: str) -> bool:
    """Whether the config scales a column of the target, or the array that it is a column of."""
    rules = (found.resolved.get("dataset") or {}).get("normalize")
    names = [column, *output["columns"]] if len(output["columns"]) == 1 else [column]
    return isinstance(rules, Mapping) and any(rules.get(name) not in (None, "none") for name in names)


def reads_nothing(found: Evidence) -> Ruling | None:
    """A CTC model whose answers are nearly all blanks, as in its first epochs."""
    for output in found.outputs:
        lines = output["sequences"]
        if lines is None or (lines["label_error_rate"] or 0) < 0.9:
            continue
        if sum(not line["predicted"] for line in lines["worst_lines"]) < len(lines["worst_lines"]) / 2:
            continue
        trained = found.history["epochs"][-1] if found.history else 1
        return Ruling(
            "problem",
            _("The model answers with almost nothing but blanks, which is where training with CTC begins."),
            [changes.epochs(found, 5 * trained, _("Train five times as long.")),
             changes.learning_rate(found, 3, _("Use a learning rate three times larger."))],
        )  # fmt: skip
    return None
