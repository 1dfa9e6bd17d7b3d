"""A report as one HTML page."""

from nnctl.reports.page.page import html_page

__all__ = ["html_page"]
