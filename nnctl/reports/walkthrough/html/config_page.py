"""A config line by line, as an HTML page."""

from __future__ import annotations

from nnctl.reports.walkthrough.chosen_row import as_seen
from nnctl.reports.walkthrough.config_lines.context import context_of
from nnctl.reports.walkthrough.config_lines.explained import defaults_table, lines_of, total_text
from nnctl.reports.walkthrough.html.page import HtmlPage
from nnctl.translation import _


def config_page(config: str) -> str:
    """The page. config: a file, or the name of a ready config. Raises what `check` raises."""
    at = context_of(config)
    page = HtmlPage()
    page.title(as_seen(at.document.file))
    for number, line, sentences in lines_of(at):
        page.code(number, line)
        if sentences:
            page.listed(sentences)
    table = defaults_table(at)
    if table.rows:
        page.title(_("What the file leaves to defaults"))
        page.table(table)
    page.title(_("In all"))
    page.text(total_text(at))
    return page.html()
