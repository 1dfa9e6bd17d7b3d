"""Walkthroughs: a row's numbers through a model, `explain RUN --row N`; a config line by line, `explain CONFIG`."""

from nnctl.reports.walkthrough.row import explain_row, row_as_data

__all__ = ["explain_row", "row_as_data"]
