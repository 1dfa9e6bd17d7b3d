"""HTML elements from text and other elements. Everything that is not HTML already is escaped here, so that names from
the data cannot become markup."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TypeAlias

from nnctl.reports.terminal import visible


class Html(str):
    """Text that is HTML already and is not escaped again."""


Child: TypeAlias = "str | int | Iterable[Child] | None"
Attribute: TypeAlias = "str | int | float | bool | None"

_EMPTY = frozenset({"br", "col", "hr", "img", "input", "link", "meta", "wbr", "circle", "line", "path", "rect"})
# A line break follows these, so that the source can be read.
_OWN_LINE = frozenset({
    "article", "aside", "details", "div", "dl", "figcaption", "figure", "footer", "h1", "h2", "h3", "h4", "h5",
    "header", "li", "link", "main", "meta", "nav", "ol", "p", "pre", "script", "section", "style", "summary",
    "table", "tbody", "thead", "title", "tr", "ul",
})  # fmt: skip


def tag(name: str, /, *children: Child, **attributes: Attribute) -> Html:
    """An element with its children. Attributes: `class_` is class, `aria_label` is aria-label; True stands for an
    attribute without a value, False and None for none."""
    start = f"<{name}{''.join(_attribute(key, value) for key, value in attributes.items())}"
    end = "\n" if name in _OWN_LINE else ""
    if name in _EMPTY:
        return Html(f"{start}/>{end}")
    return Html(f"{start}>{join(children)}</{name}>{end}")


def join(children: Child) -> Html:
    """The children one after another."""
    if children is None:
        return Html()
    if isinstance(children, Html):
        return children
    if isinstance(children, str):
        return Html(escape(shown(children), quote=False))
    if isinstance(children, int):
        return Html(str(children))
    return Html("".join(join(child) for child in children))


def shown(text: str) -> str:
    """The text with escape sequences in place of control characters other than line breaks."""
    return text if text.isprintable() else "\n".join(visible(line) for line in text.split("\n"))


def _attribute(key: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(shown(str(value)))}"'
