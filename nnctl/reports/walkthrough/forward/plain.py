"""Layers with a short formula: those that merge, look up, rearrange, or only pass their input on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nnctl.config.argument_docs import summary
from nnctl.reports.walkthrough.forward.general import write_inputs
from nnctl.reports.walkthrough.numbers import factor, number
from nnctl.reports.walkthrough.page import Page
from nnctl.reports.walkthrough.trace import TracedStep
from nnctl.translation import _


def unchanged(traced: TracedStep, page: Page) -> None:
    page.text(_(summary(type(traced.layer))))
    page.text(_("In prediction it does nothing: the output is the input."))


def rearranged(traced: TracedStep, page: Page) -> None:
    page.text(_(summary(type(traced.layer))))
    page.array("y", traced.y[0], _("the same numbers as in {layer}").format(layer=traced.names[0]))


def embedding(traced: TracedStep, page: Page) -> None:
    page.text(_(summary(type(traced.layer))))
    write_inputs(traced, page)
    page.array("E", traced.weights["embeddings"], _("a row for each token id, from 0"))
    token = int(traced.x[0].reshape(-1)[0])
    page.text(
        _("The first token id is {id}: its vector is row {row} of E, counted from 1.").format(id=token, row=token + 1)
    )
    page.array("y", traced.y[0], _("a row for each time step"))


def merged(traced: TracedStep, page: Page) -> None:
    page.text(_(summary(type(traced.layer))))
    write_inputs(traced, page)
    first = [float(x.reshape(-1)[0]) for x in traced.x]
    names = [f"x_{i}" for i in range(1, len(first) + 1)]
    if all(x.shape == traced.y.shape for x in traced.x):
        write = MERGES[traced.layer.kind]
        page.text(_("The first value:"))
        page.formula("y1", write(names), write([factor(v) for v in first]), number(traced.y.reshape(-1)[0]))
    page.array("y", traced.y[0])


MERGES: dict[str, Callable[[Sequence[str]], str]] = {
    "Add": " + ".join,
    "Average": lambda values: f"({' + '.join(values)}) / {len(values)}",
    "Maximum": lambda values: f"max({', '.join(values)})",
    "Minimum": lambda values: f"min({', '.join(values)})",
    "Multiply": " × ".join,
    "Subtract": " - ".join,
}
UNCHANGED = (
    "AlphaDropout", "Dropout", "GaussianDropout", "GaussianNoise", "RandomBrightness", "RandomContrast", "RandomFlip",
    "RandomRotation", "RandomTranslation", "RandomZoom", "SpatialDropout1D", "SpatialDropout2D",
)  # fmt: skip
REARRANGED = ("Flatten", "Permute", "Reshape")
