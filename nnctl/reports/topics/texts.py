"""Every text that the pages take from declarations and tables, for the catalogues of translations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nnctl.config.argument_docs import descriptions
from nnctl.reports.topics import declarations
from nnctl.reports.topics.contents import HOW_TO_READ, TITLES
from nnctl.reports.topics.docstring import has_words, taken_apart
from nnctl.reports.topics.guidance import guide_of
from nnctl.reports.topics.ideas import IDEAS
from nnctl.reports.topics.names import IDEA, LISTED, topics
from nnctl.reports.topics.pages import WORDS_OF_KERAS
from nnctl.reports.topics.race import SURFACES


def all_texts() -> list[str]:
    """The English texts, each once: names, formulas and YAML are not among them."""
    found = [*TITLES.values(), *LISTED, HOW_TO_READ, *SURFACES, *IDEAS, *WORDS_OF_KERAS]
    for idea in IDEAS.values():
        found += [idea.summary, *idea.text, idea.use, idea.avoid, *filter(has_words, idea.formula)]
    for family in LISTED:
        if family != IDEA:
            for topic in topics(family):
                found += _of_component(family, topic.name)
    return [text for text in dict.fromkeys(found) if text]


def _of_component(noun: str, name: str) -> Iterator[str]:
    cls: Any = declarations.FAMILIES[noun][name]
    text, guide = taken_apart(cls), guide_of(noun, name)
    yield text.summary
    yield from filter(has_words, (guide and guide.formula) or text.formula)
    yield from text.notes
    if guide:
        yield from (guide.use, guide.avoid, guide.adds)
    meanings = descriptions(cls)
    for key in cls.model_fields:
        if key != "trainable":
            yield from (meanings[key], declarations.type_of(cls, key))
