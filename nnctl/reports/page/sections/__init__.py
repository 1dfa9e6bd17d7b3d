"""The parts of the page. A part that a run has no data for is absent."""

from __future__ import annotations

from nnctl.reports.findings.document import Document, Run
from nnctl.reports.page.context import Page, Section
from nnctl.reports.page.sections import (
    comparison,
    config,
    data,
    importance,
    inside,
    learning,
    network,
    outputs,
    verdict,
)

# In the order of the page. Each returns its sections.
RUN_SECTIONS = (
    verdict.sections,
    learning.sections,
    outputs.sections,
    importance.sections,
    network.sections,
    inside.sections,
    config.sections,
    data.sections,
)


def run_sections(run: Run, page: Page) -> list[Section]:
    return [section for part in RUN_SECTIONS for section in part(run, page) if section is not None]


def comparison_sections(document: Document, page: Page) -> list[Section]:
    return [section for section in comparison.sections(document, page) if section is not None]
