"""What is said of a topic beyond its docstring."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Guide:
    """Advice on a component, as English texts that are translated where they are shown.

    use: when to use it. avoid: when not, and what to use instead. see: topics to read next. formula: where the
    docstring has none. derivative: of an activation, of y = f(x). adds: of an optimizer, what it adds to its parent.
    """

    use: str
    avoid: str
    see: tuple[str, ...] = ()
    formula: tuple[str, ...] = ()
    derivative: str = ""
    parent: str = ""
    adds: str = ""
