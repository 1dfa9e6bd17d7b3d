"""The family tree of optimizers: who descends from whom, and what each adds."""

from __future__ import annotations

from nnctl.reports.topics.guidance import guides_of

ROOT = "gradient descent"


def children(parent: str) -> list[str]:
    """The optimizers that add something to this one."""
    return [name for name, guide in guides_of("optimizer").items() if guide.parent == parent]


def adds(name: str) -> str:
    """What an optimizer adds to its parent, in English; empty for the root."""
    return guides_of("optimizer")[name].adds if name != ROOT else ""


def branches(unicode: bool = True) -> list[tuple[str, str]]:
    """(what is drawn before a name, the name) of every line of the tree, from the root down."""
    return [("", ROOT), *_below(ROOT, "", unicode)]


def _below(parent: str, indent: str, unicode: bool) -> list[tuple[str, str]]:
    fork, last, through = ("├─ ", "└─ ", "│  ") if unicode else ("|- ", "`- ", "|  ")
    found: list[tuple[str, str]] = []
    names = children(parent)
    for name in names:
        end = name == names[-1]
        found.append((indent + (last if end else fork), name))
        found += _below(name, indent + ("   " if end else through), unicode)
    return found
