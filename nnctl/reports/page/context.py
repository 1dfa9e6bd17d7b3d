"""What the parts of one page share: the data of its charts, the depth of its headings, the ids of its sections."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from nnctl.reports.page.elements import Child, Html, tag


@dataclass(frozen=True)
class Section:
    """A part of the page with a title, which the contents list."""

    anchor: str
    title: str
    body: Html


@dataclass
class Page:
    """charts: the data of all charts so far. depth: of the titles of sections (h2). prefix: of the ids of the sections
    of one run, so that ids stay different on a page of several runs."""

    charts: list[dict[str, Any]] = field(default_factory=list)
    depth: int = 2
    prefix: str = ""

    def title(self, text: Child, below: int = 0) -> Html:
        """A heading that is that many levels below the title of a section."""
        return tag(f"h{self.depth + below}", text)

    def section(self, name: str, title: str, *body: Child) -> Section | None:
        """A section, or None if nothing is in it."""
        parts = [part for part in body if part]
        if not parts:
            return None
        anchor = f"{self.prefix}{name}"
        heading = tag(f"h{self.depth}", title, id=f"{anchor}-title")
        # With a name, a section is a landmark, whose names must differ; those of several runs would not.
        labelled = None if self.prefix else f"{anchor}-title"
        return Section(anchor, title, tag("section", heading, parts, id=anchor, aria_labelledby=labelled))

    def figure(self, title: Child, how_to_read: str, *body: Child, wide: bool = False, below: int = 1) -> Html:
        """A figure with its title and one sentence on how to read it."""
        caption = tag("figcaption", self.title(title, below), tag("p", how_to_read))
        return tag("figure", caption, body, class_="wide" if wide else None)


def letter(number: int) -> str:
    """A, B, C, ..., which stand for the runs in charts; numbers after Z."""
    return chr(ord("A") + number) if number < 26 else str(number + 1)
