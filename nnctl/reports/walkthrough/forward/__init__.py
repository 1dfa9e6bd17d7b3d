"""How each layer computes its output from a row: formulas in symbols and with the row's numbers."""

from __future__ import annotations

from collections.abc import Callable

from nnctl.reports.walkthrough.forward.activations import activation
from nnctl.reports.walkthrough.forward.dense import dense
from nnctl.reports.walkthrough.forward.general import general
from nnctl.reports.walkthrough.page import Page
from nnctl.reports.walkthrough.trace import TracedStep

# By layer; the others are shown by their docstring's formula, their inputs and their output.
FORWARD: dict[str, Callable[[TracedStep, Page], None]] = {
    "Activation": activation,
    "Dense": dense,
    "ELU": activation,
    "LeakyReLU": activation,
    "ReLU": activation,
    "Softmax": activation,
}


def write_forward(traced: TracedStep, page: Page) -> None:
    """What the layer does with its input."""
    FORWARD.get(traced.layer.kind, general)(traced, page)
