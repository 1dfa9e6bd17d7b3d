"""The frame of a page: that of the topics of `explain`, with further styles."""

from __future__ import annotations

from html import escape
from pathlib import Path

from nnctl.reports.terminal import visible
from nnctl.translation import language

_OF_TOPICS = Path(__file__).parents[2] / "topics" / "html"


def framed(title: str, body: list[str]) -> str:
    """A whole page. title: plain text. body: HTML."""
    css = (_OF_TOPICS / "page.css").read_text(encoding="utf-8")
    css += Path(__file__).with_name("walkthrough.css").read_text(encoding="utf-8")
    frame = (_OF_TOPICS / "page.html").read_text(encoding="utf-8")
    return frame.format(language=language(), title=text_of(title), css=css, body="\n".join(body), scripts="")


def text_of(text: str) -> str:
    """Plain text as HTML; control characters become escape sequences."""
    return escape(visible(text))
