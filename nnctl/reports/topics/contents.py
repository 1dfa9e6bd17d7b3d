"""The list of all topics, by family."""

from __future__ import annotations

from nnctl.reports.terminal import Terminal
from nnctl.reports.topics.names import LISTED, topics
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


def show(terminal: Terminal) -> None:
    """Prints the names of all topics, and how to read one."""
    for family, names in contents().items():
        terminal.print(_(TITLES[family]), "bold")
        terminal.flow("  " + ", ".join(names), "  ")
        terminal.print()
    terminal.flow(_(HOW_TO_READ))
