"""What the page is about, above everything else."""

from __future__ import annotations

from nnctl.reports.findings.document import Document, Run
from nnctl.reports.number_format import count, duration, parameters_counted
from nnctl.reports.page.context import letter
from nnctl.reports.page.elements import Html, tag
from nnctl.translation import _, plural


def page_header(document: Document, title: str) -> Html:
    runs = document["runs"]
    if len(runs) == 1:
        facts = _phrases(run_facts(runs[0]))
    else:
        comparison = document["comparison"]
        names = comparison["names"] if comparison else [run["name"] for run in runs]
        facts = _phrases([f"{letter(i)}: {name}" for i, name in enumerate(names)])
    return tag("header", tag("div", tag("span", _("Report of nnctl")), class_="kicker"), tag("h1", title), facts)


def _phrases(phrases: list[str]) -> Html:
    """The phrases in a row, which is not broken inside a short one."""
    return tag("ul", (tag("li", phrase) for phrase in phrases), class_="facts")


def run_facts(run: Run) -> list[str]:
    """Phrases on the run: its data, its model, its training."""
    facts, said = run["facts"], []
    if facts["dataset"]:
        said.append(_("data: {dataset}").format(dataset=facts["dataset"]))
    words = {
        "train": lambda n: plural("{n} training row", "{n} training rows", n),
        "validation": lambda n: plural("{n} validation row", "{n} validation rows", n),
        "test": lambda n: plural("{n} test row", "{n} test rows", n),
    }
    shown = [(words[split], rows) for split, rows in facts["rows"].items() if rows and split in words]
    said += [text(rows).format(n=count(rows)) for text, rows in shown]
    if facts["model"]:
        said.append(facts["model"])
    if facts["parameters"] is not None:
        said.append(parameters_counted(facts["parameters"]))
    epochs = plural("{n} epoch", "{n} epochs", facts["epochs"]).format(n=count(facts["epochs"]))
    if facts["seconds"] is not None:
        epochs = _("{epochs} in {time}").format(epochs=epochs, time=duration(facts["seconds"]))
    return [*said, epochs]
