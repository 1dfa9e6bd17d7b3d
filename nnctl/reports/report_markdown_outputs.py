"""The part of a report in Markdown that is about the outputs of the model: which rows it gets wrong, and how."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from nnctl.reports.findings.document import Output, Run
from nnctl.reports.markdown_text import escaped, number, table
from nnctl.reports.number_format import metric
from nnctl.translation import _

MOST_CLASSES = 20  # of a confusion matrix


def output_sections(run: Run) -> Iterator[str]:
    """A section for each output of the model."""
    for output in run["outputs"]:
        yield from (f"## {escaped(output['name'])}", "")
        for part in _OUTPUT_PARTS:
            yield from part(output)


def _confusion(output: Output) -> Iterator[str]:
    found = output["confusion"]
    if found is None:
        return
    if found["all_classes"] <= MOST_CLASSES:
        yield from (_("Confusion matrix: each row is a true class, each column a predicted one."), "")
        names = [escaped(name) for name in found["classes"]]
        yield from table(["", *names], [(name, *row) for name, row in zip(names, found["matrix"], strict=True)])
    if found["mistakes"]:
        yield from table(
            [_("true class"), _("predicted"), _("rows"), _("share")],
            [(escaped(each["actual"]), escaped(each["predicted"]), each["rows"], f"{each['share']:.1%}")
             for each in found["mistakes"]],
        )  # fmt: skip


def _classes(output: Output) -> Iterator[str]:
    if output["per_class"]:
        auc = {each["name"]: each["auc"] for each in output["roc"]}
        average = {each["name"]: each["average_precision"] for each in output["precision_recall"]}
        yield from table(
            [_("class"), _("precision"), _("recall"), "F1", _("rows"), _("predicted"), "AUC", _("average precision")],
            [(escaped(each["name"]), number(each["precision"]), number(each["recall"]), number(each["f1"]),
              each["support"], each["predicted"], number(auc.get(each["name"])), number(average.get(each["name"])))
             for each in output["per_class"]],
        )  # fmt: skip


def _calibration(output: Output) -> Iterator[str]:
    found = output["calibration"]
    if found is None:
        return
    error = metric(found["expected_calibration_error"])
    yield from (_("Calibration: expected calibration error {error}.").format(error=error), "")
    yield from table(
        [_("confidence"), _("share that is right"), _("rows")],
        [(number(each["confidence"]), number(each["accuracy"]), each["rows"]) for each in found["bins"]],
    )


def _residuals(output: Output) -> Iterator[str]:
    if output["residuals"]:
        yield from table(
            [_("column"), _("mean absolute error"), "RMSE", _("mean error"), "R²"],
            [(escaped(each["name"]), number(each["mean_absolute_error"]), number(each["root_mean_squared_error"]),
              number(each["mean_error"]), number(each["r2"])) for each in output["residuals"]],
        )  # fmt: skip
    for each in output["residuals"]:
        if each["largest"]:
            yield from (_("The largest errors of {name}").format(name=escaped(each["name"])), "")
            yield from table(
                [_("row"), _("actual"), _("predicted")],
                [(escaped(row["row"]), escaped(row["target"]), escaped(row["predicted"])) for row in each["largest"]],
            )


def _sequences(output: Output) -> Iterator[str]:
    found = output["sequences"]
    if found is None:
        return
    yield from (
        _("{share} of the lines are read without a mistake; the label error rate is {rate}.").format(
            share=f"{found['exact']:.1%}", rate=number(found["label_error_rate"])
        ),
        "",
    )
    yield from table(
        [_("row"), _("expected"), _("predicted"), _("edits")],
        [(escaped(each["row"]), escaped(each["expected"]), escaped(each["predicted"]), each["edit_distance"])
         for each in found["worst_lines"]],
    )  # fmt: skip


def _most_wrong(output: Output) -> Iterator[str]:
    if output["most_wrong"]:
        yield from (_("The rows with the largest losses"), "")
        yield from table(
            [_("row"), _("true class"), _("predicted"), _("probability of the true class"), _("loss")],
            [(escaped(each["row"]), escaped(each["target"]), escaped(each["predicted"]), number(each["probability"]),
              number(each["loss"])) for each in output["most_wrong"]],
        )  # fmt: skip


_OUTPUT_PARTS: Sequence[Callable[[Output], Iterator[str]]] = (
    _confusion, _classes, _calibration, _residuals, _sequences, _most_wrong,
)  # fmt: skip
