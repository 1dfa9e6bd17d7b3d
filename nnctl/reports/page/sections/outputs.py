"""How good the predictions of each output are."""

from __future__ import annotations

from nnctl.reports.findings.document import Output, Run
from nnctl.reports.page.context import Page, Section
from nnctl.reports.page.elements import Html, tag
from nnctl.reports.page.outputs import (
    class_scores,
    confusion,
    label_sequences,
    residuals,
    threshold_curves,
    wrong_rows,
)
from nnctl.translation import _

# Each takes an output and the page, and returns its figures.
PARTS = (
    confusion.figures,
    class_scores.figures,
    threshold_curves.figures,
    residuals.figures,
    label_sequences.figures,
    wrong_rows.figures,
)


def sections(run: Run, page: Page) -> list[Section | None]:
    several = len(run["outputs"]) > 1
    return [_section(output, number, several, page) for number, output in enumerate(run["outputs"], start=1)]


def _section(output: Output, number: int, several: bool, page: Page) -> Section | None:
    title = _("Predictions of {output}").format(output=output["name"]) if several else _("Predictions")
    figures: list[Html] = [figure for part in PARTS for figure in part(output, page)]
    body = tag("div", figures, class_="figures") if figures else None
    return page.section(f"predictions-{number}" if several else "predictions", title, body)
