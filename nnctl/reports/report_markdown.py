"""A report as Markdown: the figures of the document as tables, without the pictures."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from nnctl.reports.findings.document import Comparison, Document, Number, Output, Run
from nnctl.reports.findings.thinning import kept_places
from nnctl.reports.notes import translated_origin
from nnctl.reports.number_format import count, duration, metric, rows_of_splits, short
from nnctl.translation import _, plural

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#~$&])")
MOST_EPOCHS, MOST_CLASSES = 20, 20  # rows of the table of epochs; classes of a confusion matrix


def markdown_of(document: Document) -> str:
    """The text of a Markdown file."""
    lines: list[str] = []
    if document["comparison"]:
        lines += _comparison(document["comparison"])
    for run in document["runs"]:
        lines += _run(run)
    made = _("Made by nnctl {version} at {time}.").format(version=document["nnctl_version"], time=document["made_at"])
    return "\n".join([*lines, "---", "", made, ""])


def escaped(text: object) -> str:
    """A text of the user's own, which Markdown shows as it is, in one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(str(text).split()))


def table(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """The first column is text, the others are numbers. Cells are written as they are: `escaped` is for texts."""
    marks = ["---", *["---:"] * (len(titles) - 1)]
    return [f"| {' | '.join(map(str, row))} |" for row in (titles, marks, *rows)] + [""]


def _run(run: Run) -> Iterator[str]:
    yield from (f"# {escaped(run['name'])}", "")
    yield from (f"**{run['verdict']['headline']}**", "")
    yield from (f"- {escaped(each['text'])}" for each in run["verdict"]["sentences"])
    yield from (f"- {escaped(text)}" for text in run["missing"])
    yield ""
    yield from _suggestions(run)
    for section in _SECTIONS:
        yield from section(run)


def _suggestions(run: Run) -> Iterator[str]:
    if not run["verdict"]["suggestions"]:
        return
    yield from (f"## {_('What to try')}", "")
    for each in run["verdict"]["suggestions"]:
        yield from (escaped(each["text"]), "")
        if each["yaml"]:
            yield from ("```yaml", each["yaml"].rstrip("\n"), "```", "")
        if each["command"]:
            yield from ("```sh", each["command"], "```", "")


def _facts(run: Run) -> Iterator[str]:
    facts = run["facts"]
    rows = rows_of_splits({split: n for split, n in facts["rows"].items() if n})
    shown = {
        _("folder"): run["folder"], _("begun"): run["created"], _("data set"): facts["dataset"],
        _("rows"): rows, _("model"): facts["model"], _("parameters"): facts["parameters"],
        _("optimizer"): facts["optimizer"],
        _("loss"): ", ".join(dict.fromkeys(facts["losses"].values())),
        _("epochs"): facts["epochs"],
        _("time"): None if facts["seconds"] is None else duration(facts["seconds"]),
        _("weights"): facts["weights"],
    }  # fmt: skip
    yield from (f"## {_('The run')}", "")
    yield from table(["", ""], [(name, escaped(value)) for name, value in shown.items() if value not in (None, "")])


def _evaluation(run: Run) -> Iterator[str]:
    found = run["evaluation"]
    if found is None:
        return
    yield from (f"## {_('Metrics')}", "")
    rows = plural(
        "Evaluated on {n} row of the split {split}, which has {all}.",
        "Evaluated on {n} rows of the split {split}, which has {all}.",
        found["evaluated_rows"],
    ).format(n=count(found["evaluated_rows"]), split=_(found["split"]), all=count(found["rows"]))
    yield from (rows, "")
    base = found["baseline"]["metrics"] if found["baseline"] else {}
    recorded = found["recorded"]
    titles = ["", _(found["split"]), _("baseline"), *(f"{_(split)} ({_('recorded')})" for split in recorded)]
    columns = [found["metrics"], base, *recorded.values()]
    yield from table(
        titles, [(escaped(name), *(_number(each.get(name)) for each in columns)) for name in found["metrics"]]
    )
    if found["baseline"]:
        yield from (found["baseline"]["description"], "")


def _history(run: Run) -> Iterator[str]:
    found = run["history"]
    if found is None:
        return
    yield from (f"## {_('Curves')}", "", found["ended"], "")
    best = [] if found["best_epoch"] is None else [found["epochs"].index(found["best_epoch"])]
    places = kept_places(len(found["epochs"]), MOST_EPOCHS, best)
    rows = [
        (f"{found['epochs'][at]}{' ★' if at in best else ''}",
         *(_number(each[at]) for each in found["series"].values()),
         "" if (rate := found["learning_rate"][at]) is None else short(rate))
        for at in places
    ]  # fmt: skip
    yield from table([_("epoch"), *map(escaped, found["series"]), _("learning rate")], rows)
    if best:
        yield from (_("★ The best epoch, by {metric}.").format(metric=escaped(found["monitor"])), "")


def _outputs(run: Run) -> Iterator[str]:
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
            [(escaped(each["name"]), _number(each["precision"]), _number(each["recall"]), _number(each["f1"]),
              each["support"], each["predicted"], _number(auc.get(each["name"])), _number(average.get(each["name"])))
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
        [(_number(each["confidence"]), _number(each["accuracy"]), each["rows"]) for each in found["bins"]],
    )


def _residuals(output: Output) -> Iterator[str]:
    if output["residuals"]:
        yield from table(
            [_("column"), _("mean absolute error"), "RMSE", _("mean error"), "R²"],
            [(escaped(each["name"]), _number(each["mean_absolute_error"]), _number(each["root_mean_squared_error"]),
              _number(each["mean_error"]), _number(each["r2"])) for each in output["residuals"]],
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
            share=f"{found['exact']:.1%}", rate=_number(found["label_error_rate"])
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
            [(escaped(each["row"]), escaped(each["target"]), escaped(each["predicted"]), _number(each["probability"]),
              _number(each["loss"])) for each in output["most_wrong"]],
        )  # fmt: skip


_OUTPUT_PARTS: Sequence[Callable[[Output], Iterator[str]]] = (
    _confusion, _classes, _calibration, _residuals, _sequences, _most_wrong,
)  # fmt: skip


def _importance(run: Run) -> Iterator[str]:
    found = run["importance"]
    if found is None:
        return
    yield from (f"## {_('Importance of the columns')}", "")
    told = plural(
        "How much worse {metric} becomes when the values of a column are shuffled ({rows} row).",
        "How much worse {metric} becomes when the values of a column are shuffled ({rows} rows).",
        found["rows"],
    )
    yield from (told.format(metric=escaped(found["metric"]), rows=count(found["rows"])), "")
    yield from table(
        [_("column"), _("mean"), _("standard deviation")],
        [(escaped(each["column"]), _number(each["mean"]), _number(each["std"])) for each in found["columns"]],
    )


def _layers(run: Run) -> Iterator[str]:
    if not run["layers"]:
        return
    spread = {each["layer"]: each for each in run["activations"]["layers"]} if run["activations"] else {}
    yield from (f"## {_('Layers')}", "")
    rows: list[Sequence[object]] = []
    for layer in run["layers"]:
        outputs: Any = spread.get(layer["name"], {})
        shape = ", ".join("?" if n is None else str(n) for n in layer["shape"])
        rows.append((escaped(layer["name"]), layer["kind"], f"({shape})", count(layer["parameters"]),
                     _number(outputs.get("mean")), _number(outputs.get("std")),
                     _number(outputs.get("zero_fraction"))))  # fmt: skip
    yield from table(
        [_("layer"), _("type"), _("output shape"), _("parameters"), _("mean output"), _("standard deviation"),
         _("share of zeros")], rows,
    )  # fmt: skip


def _weights(run: Run) -> Iterator[str]:
    if run["weights"]:
        yield from (f"## {_('Weights')}", "")
        yield from table(
            [_("weight"), _("shape"), _("smallest"), _("largest"), _("mean"), _("standard deviation")],
            [(escaped(f"{each['layer']}/{each['weight']}"), f"({', '.join(map(str, each['shape']))})",
              _number(each["minimum"]), _number(each["maximum"]), _number(each["mean"]), _number(each["std"]))
             for each in run["weights"]],
        )  # fmt: skip


def _batches(run: Run) -> Iterator[str]:
    found = run["batches"]
    if found:
        yield from (f"## {_('Batches')}", "")
        for each in found["formulas"]:
            yield f"- {escaped(each['title'])} {escaped(' '.join(each['lines']))}"
        yield ""


def _config(run: Run) -> Iterator[str]:
    yield from (f"## {_('Config')}", "")
    yield from table(
        [_("key"), _("value"), _("origin")],
        [(escaped(each["key"]), escaped(each["value"]), escaped(translated_origin(each["origin"])))
         for each in run["config"] if each["set_by_user"]],
    )  # fmt: skip


def _notes(run: Run) -> Iterator[str]:
    if run["notes"]:
        yield from (f"## {_('Notes on the data')}", "")
        yield from (f"- {escaped(note)}" for note in run["notes"])
        yield ""


def _environment(run: Run) -> Iterator[str]:
    if run["environment"]:
        yield from (f"## {_('Environment')}", "")
        yield from table(
            ["", ""],
            [(escaped(key), escaped(" ".join(map(str, value)) if isinstance(value, list)
                                    else translated_origin(str(value))))
             for key, value in run["environment"].items()],
        )  # fmt: skip


_SECTIONS: Sequence[Callable[[Run], Iterator[str]]] = (
    _facts, _evaluation, _history, _outputs, _importance, _layers, _weights, _batches, _config, _notes, _environment,
)  # fmt: skip


def _comparison(found: Comparison) -> Iterator[str]:
    yield from (f"# {_('Comparison')}", "", f"**{escaped(found['verdict'])}**", "")
    yield from (f"- {escaped(text)}" for text in found["sentences"])
    yield from ("", f"## {_('Metrics')}", "")
    names = [escaped(name) for name in found["names"]]
    yield from table(["", *names], [
        (escaped(row["name"]), *(f"**{_number(value)}**" if at == row["best_index"] else _number(value)
                                 for at, value in enumerate(row["values"])))
        for row in found["metrics"]
    ])  # fmt: skip
    yield from (f"## {_('Differences of the configs')}", "")
    yield from table(["", *names], [
        (escaped(row["key"]), *("" if value is None else escaped(value) for value in row["values"]))
        for row in found["config_differences"]
    ])  # fmt: skip


def _number(value: Number) -> str:
    if isinstance(value, int):
        return count(value)
    return metric(value)
