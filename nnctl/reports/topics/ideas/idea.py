"""What is written of an idea."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Idea:
    """An idea behind training, as English texts that are translated where they are shown.

    summary: one sentence. text: paragraphs. use: what to do. avoid: a common mistake. yaml: a piece of a config, or
    what the idea is in one. keras: its place in Keras. see: topics to read next.
    """

    summary: str
    text: tuple[str, ...]
    use: str
    avoid: str
    yaml: str
    keras: str
    see: tuple[str, ...]
    formula: tuple[str, ...] = ()
