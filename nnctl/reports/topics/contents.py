"""The list of all topics, by family."""

from __future__ import annotations

from nnctl.config.argument_docs import summary
from nnctl.reports.tables import Table
from nnctl.reports.terminal import Terminal
from nnctl.reports.topics.declarations import FAMILIES
from nnctl.reports.topics.ideas import IDEAS
from nnctl.reports.topics.names import IDEA, LISTED, shown_name, topics
from nnctl.translation import _

TITLES = {
    "idea": "Ideas",
    "layer": "Layers",
    "activation": "Activations",
    "loss": "Losses",
    "metric": "Metrics",
    "optimizer": "Optimizers",
    "schedule": "Learning rate schedules",
    "initializer": "Initializers",
    "regularizer": "Regularizers",
    "callback": "Callbacks",
}


HOW_TO_READ = (
    "To read about a topic: `nnctl explain NAME`, such as `nnctl explain LSTM`. Where a name has several topics, put "
    "the family first: `nnctl explain layer softmax`."
)


def contents() -> dict[str, list[str]]:
    """Family -> the names of its topics."""
    return {family: [topic.name for topic in topics(family)] for family in LISTED}


def summaries(family: str) -> dict[str, str]:
    """The topics of a family -> the first sentence of each."""
    if family == IDEA:
        return {name: _(idea.summary) for name, idea in IDEAS.items()}
    return {topic.name: _(summary(FAMILIES[family][topic.name])) for topic in topics(family)}


def show_family(family: str, terminal: Terminal) -> None:
    """Prints the topics of a family, each with a sentence."""
    table = Table([_(family), _("in a sentence")], left=2)
    for name, sentence in summaries(family).items():
        table.add(shown_name(name), sentence)
    table.print(terminal)
    terminal.print()
    terminal.flow(_(HOW_TO_READ))


def show(terminal: Terminal) -> None:
    """Prints the names of all topics, and how to read one."""
    for family, names in contents().items():
        terminal.print(_(TITLES[family]), "bold")
        terminal.flow("  " + ", ".join(map(shown_name, names)), "  ")
        terminal.print()
    terminal.flow(_(HOW_TO_READ))
