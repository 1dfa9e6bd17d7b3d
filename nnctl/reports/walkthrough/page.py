"""What a walkthrough is written on: headings, sentences, formulas and arrays, in a terminal or as HTML."""

from __future__ import annotations

import numpy as np

from nnctl.reports.tables import Table

JOINED = "\u00a0"  # a blank at which a formula is not broken


class Page:
    """Base of the pages.

    whole: show all numbers of an array, instead of a corner of a large one. section: the layer that is being shown.
    """

    def __init__(self, whole: bool = False):
        self.whole, self.section = whole, ""

    def title(self, text: str) -> None:
        """A heading above headings."""
        raise NotImplementedError

    def heading(self, text: str) -> None:
        raise NotImplementedError

    def text(self, text: str) -> None:
        """A paragraph."""
        raise NotImplementedError

    def formula(self, left: str, *rights: str) -> None:
        """`left = right`, with further right sides below the first; without `left`, the right sides alone."""
        raise NotImplementedError

    def array(self, name: str, values: np.ndarray, note: str = "") -> None:
        """An array under its name and shape; large ones are cut, and a last line says by how much."""
        raise NotImplementedError

    def table(self, table: Table) -> None:
        raise NotImplementedError
