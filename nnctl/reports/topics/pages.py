"""Builds the page of a topic, in the language of the command."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from nnctl.components.registry import plain
from nnctl.config.argument_docs import descriptions
from nnctl.reports.topics import declarations
from nnctl.reports.topics.declarations import FAMILIES
from nnctl.reports.topics.docstring import is_prose, taken_apart
from nnctl.reports.topics.document import Argument, Page
from nnctl.reports.topics.guidance import guide_of
from nnctl.reports.topics.ideas import IDEAS
from nnctl.reports.topics.ideas.idea import Idea
from nnctl.reports.topics.names import IDEA, Topic, find
from nnctl.translation import _

# Families whose pages have a worked example or curves: the module that computes them is imported with the page.
_WORKED = {
    "activation": "activations",
}


def page_of(topic: Topic, others: list[Topic] | None = None) -> Page:
    """The page of a topic. others: further topics of its name."""
    page = _empty(topic, [other.words for other in others or []])
    if topic.family == IDEA:
        return _of_idea(page, IDEAS[topic.name])
    return _of_component(page, topic)


def found(words: str) -> Page:
    """The page that a name stands for. Raises UnknownTopic."""
    first, *others = find(words)
    return page_of(first, others)


def _empty(topic: Topic, others: list[str]) -> Page:
    return {
        "topic": topic.name, "family": topic.family, "also_called": [], "summary": "", "formula": [],
        "derivative": None, "notes": [], "parent": None, "adds": "", "tree": [], "shapes": [], "shape_note": "",
        "parameters": "", "example": None, "plots": [], "race": None, "arguments": [], "use": "", "avoid": "",
        "yaml": "", "keras": "", "source": "", "see": [], "others": others,
    }  # fmt: skip


def _of_idea(page: Page, idea: Idea) -> Page:
    page["summary"], page["use"], page["avoid"] = _(idea.summary), _(idea.use), _(idea.avoid)
    page["formula"] = [_(line) if is_prose(line) else line for line in idea.formula]
    page["notes"] = [_(paragraph) for paragraph in idea.text]
    page["yaml"], page["keras"], page["see"] = idea.yaml, idea.keras, list(idea.see)
    return page


def _of_component(page: Page, topic: Topic) -> Page:
    noun, name = topic.family, topic.name
    cls = FAMILIES[noun][name]
    text, guide = taken_apart(cls), guide_of(noun, name)
    page["also_called"] = declarations.also_called(noun, name)
    page["summary"] = _(text.summary)
    page["formula"] = [_(line) if is_prose(line) else line for line in (guide and guide.formula) or text.formula]
    page["notes"] = [_(note) for note in text.notes]
    page["source"] = text.source
    page["arguments"] = arguments_of(cls)
    page["yaml"] = declarations.example(noun, name, cls)
    page["keras"] = declarations.keras_name(noun, name, cls).replace("`", "")
    if guide:
        page["derivative"] = guide.derivative or None
        page["use"], page["avoid"], page["see"] = _(guide.use), _(guide.avoid), list(guide.see)
    if noun in _WORKED:
        component = cls(**declarations.shown_arguments(noun, name, cls))
        worked: Any = import_module(f"nnctl.reports.topics.worked.{_WORKED[noun]}")
        page["example"] = worked.example(component)
        page["plots"] = worked.plots(component)
    return page


def arguments_of(cls: Any) -> list[Argument]:
    """The arguments of a component: names, types, defaults and meanings."""
    meanings = descriptions(cls)
    found: list[Argument] = []
    for key, info in cls.model_fields.items():
        if key == "trainable":  # every layer has it
            continue
        default = None if info.is_required() else declarations.flow(plain(info.default))
        found.append({
            "name": key, "type": _(declarations.type_of(cls, key)), "default": default, "meaning": _(meanings[key]),
        })  # fmt: skip
    return found
