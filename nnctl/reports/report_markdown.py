"""A report as Markdown: the figures of the document as tables, without the pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from nnctl.reports.findings.config_values import values_set
from nnctl.reports.findings.document import Comparison, Document, Run
from nnctl.reports.findings.thinning import kept_places
from nnctl.reports.markdown_text import escaped, fenced, number, table
from nnctl.reports.notes import environment_words, translated_origin
from nnctl.reports.number_format import count, duration, rows_of_splits, short
from nnctl.reports.report_markdown_outputs import output_sections
from nnctl.translation import _, plural

MOST_EPOCHS = 20  # rows of the table of epochs


def markdown_of(document: Document) -> str:
    """The text of a Markdown file."""
    lines: list[str] = []
    if document["comparison"]:
        lines += _comparison(document["comparison"])
    for run in document["runs"]:
        lines += _run(run)
    made = _("Made by nnctl {version} at {time}.").format(version=document["nnctl_version"], time=document["made_at"])
    return "\n".join([*lines, "---", "", made, ""])


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
            yield from fenced("yaml", each["yaml"])
        if each["command"]:
            yield from fenced("sh", each["command"])


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
        titles, [(escaped(name), *(number(each.get(name)) for each in columns)) for name in found["metrics"]]
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
         *(number(each[at]) for each in found["series"].values()),
         "" if (rate := found["learning_rate"][at]) is None else short(rate))
        for at in places
    ]  # fmt: skip
    yield from table([_("epoch"), *map(escaped, found["series"]), _("learning rate")], rows)
    if best:
        yield from (_("★ The best epoch, by {metric}.").format(metric=escaped(found["monitor"])), "")


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
        [(escaped(each["column"]), number(each["mean"]), number(each["std"])) for each in found["columns"]],
    )
    if len(found["columns"]) < found["all_columns"]:
        words = _("The {shown} most important of {all} columns are shown.")
        yield from (words.format(shown=len(found["columns"]), all=found["all_columns"]), "")


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
                     number(outputs.get("mean")), number(outputs.get("std")),
                     number(outputs.get("zero_fraction"))))  # fmt: skip
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
              number(each["minimum"]), number(each["maximum"]), number(each["mean"]), number(each["std"]))
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
         for each in values_set(run["config"])],
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
            [(escaped(key), escaped(value)) for key, value in environment_words(run["environment"]).items()],
        )  # fmt: skip


_SECTIONS: Sequence[Callable[[Run], Iterator[str]]] = (
    _facts, _evaluation, _history, output_sections, _importance, _layers, _weights, _batches, _config, _notes,
    _environment,
)  # fmt: skip


def _comparison(found: Comparison) -> Iterator[str]:
    yield from (f"# {_('Comparison')}", "", f"**{escaped(found['verdict'])}**", "")
    yield from (f"- {escaped(text)}" for text in found["sentences"])
    yield from ("", f"## {_('Metrics')}", "")
    names = [escaped(name) for name in found["names"]]
    yield from table(["", *names], [
        (escaped(row["name"]), *(f"**{number(value)}**" if at == row["best_index"] else number(value)
                                 for at, value in enumerate(row["values"])))
        for row in found["metrics"]
    ])  # fmt: skip
    yield from (f"## {_('Differences of the configs')}", "")
    yield from table(["", *names], [
        (escaped(row["key"]), *("" if value is None else escaped(value) for value in row["values"]))
        for row in found["config_differences"]
    ])  # fmt: skip
