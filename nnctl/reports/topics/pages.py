"""Builds the page of a topic, in the language of the command."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from nnctl.components.registry import plain
from nnctl.config.argument_docs import descriptions
from nnctl.reports.topics import declarations
from nnctl.reports.topics.cases import in_cases
from nnctl.reports.topics.declarations import FAMILIES
from nnctl.reports.topics.docstring import has_words, taken_apart
from nnctl.reports.topics.document import Argument, Page
from nnctl.reports.topics.guidance import guide_of
from nnctl.reports.topics.guide import Guide
from nnctl.reports.topics.ideas import IDEAS
from nnctl.reports.topics.ideas.idea import Idea
from nnctl.reports.topics.names import IDEA, Topic, find
from nnctl.reports.topics.worked import ideas as worked_ideas
from nnctl.translation import _

# Families whose pages have a worked example or curves: the module that computes them is imported with the page.
_WORKED = {
    "layer": "layers", "activation": "activations", "loss": "losses", "metric": "metrics", "optimizer": "optimizers",
    "schedule": "schedules", "initializer": "initializers", "regularizer": "regularizers", "callback": "callbacks",
}  # fmt: skip
# Who takes part in the race on the page of an optimizer, beside itself and its parent.
_RACERS = ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adadelta", "adam", "nadam")

# The words in names of Keras.
WORDS_OF_KERAS = ("none", "none (the loss {name})", "none ({name})", "steps of {name}")


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
        "derivative": None, "notes": [], "parent": None, "adds": "", "shapes": [],
        "parameters": {}, "example": None, "plots": [], "race": [], "arguments": [], "use": "", "avoid": "",
        "yaml": "", "keras": "", "source": "", "see": [], "others": others,
    }  # fmt: skip


def _of_idea(page: Page, idea: Idea) -> Page:
    page["summary"], page["use"], page["avoid"] = _(idea.summary), _(idea.use), _(idea.avoid)
    page["formula"] = [_(line) if has_words(line) else in_cases(line) for line in idea.formula]
    page["notes"] = [_(paragraph) for paragraph in idea.text]
    page["yaml"], page["keras"], page["see"] = idea.yaml, _in_keras(idea.keras), list(idea.see)
    page["example"], page["plots"] = worked_ideas.example(page["topic"]), worked_ideas.plots(page["topic"])
    return page


def _in_keras(name: str) -> str:
    """The name in Keras, with its words in the language of the reader."""
    for words in WORDS_OF_KERAS:
        before, brace, after = words.partition("{name}")
        if name == words or (brace and name.startswith(before) and name.endswith(after)):
            inner = name[len(before) : len(name) - len(after)]
            return _(words).format(name=inner)
    return name


def _of_component(page: Page, topic: Topic) -> Page:
    noun, name = topic.family, topic.name
    cls = FAMILIES[noun][name]
    text, guide = taken_apart(cls), guide_of(noun, name)
    lines = (guide and guide.formula) or text.formula
    page["also_called"] = declarations.also_called(noun, name)
    page["summary"] = _(text.summary)
    page["formula"] = [_(line) if has_words(line) else in_cases(line) for line in lines]
    said = {line.lower() for line in (guide and guide.formula) or ()}
    page["notes"] = [_(note) for note in text.notes if note.lower().rstrip(".") not in said]
    page["source"] = text.source
    page["arguments"] = arguments_of(cls)
    page["yaml"] = (
        _of_loss(name, cls) if noun == "loss" and declarations.is_own(cls) else declarations.example(noun, name, cls)
    )
    page["keras"] = _in_keras(declarations.keras_name(noun, name, cls).replace("`", ""))
    if guide:
        page["derivative"] = guide.derivative or None
        page["use"], page["avoid"], page["see"] = _(guide.use), _(guide.avoid), list(guide.see)
    if noun == "layer" and declarations.is_own(cls):
        _add_shapes(page, cls)
    if noun == "optimizer" and guide:
        _add_family(page, guide)
    if declarations.is_own(cls):
        component = _component(noun, name, cls)
        worked: Any = import_module(f"nnctl.reports.topics.worked.{_WORKED[noun]}")
        page["example"] = worked.example(component)
        page["plots"] = worked.plots(component)
    return page


def _of_loss(name: str, cls: Any) -> str:
    """The last layer that usually goes with a loss, and the loss."""
    loss = _component("loss", name, cls)
    several = name == "cosine_similarity"  # of a single number, it knows only the sign
    units = 1 if loss.labels in ("binary", "number") and not several else 3
    activation = loss.usual_activation()
    layer = declarations.flow({"units": units} | ({"activation": activation} if activation != "linear" else {}))
    given = _given("loss", name, cls)
    return f"layers:\n  - Dense: {layer}\nloss: {declarations.flow({name: given} if given else name)}"


def _add_shapes(page: Page, cls: Any) -> None:
    """Shapes before and after a layer, the first one a change if there is any, and its parameters for that shape."""
    shapes = sorted(declarations.shapes_of(page["topic"], cls), key=lambda change: change[0] == change[1])
    page["shapes"] = [{"input": list(before), "output": list(after)} for before, after in shapes]
    if shapes:
        layer = cls(**declarations.shown_arguments("layer", page["topic"], cls))
        before, _after = shapes[0]
        weights = layer.weights([before] * max(cls.fewest, 1) if cls.merges else before)
        page["parameters"] = {name: list(weight.shape) for name, weight in weights.items()}


def _add_family(page: Page, guide: Guide) -> None:
    """Where an optimizer stands in the family tree, and its race against the others."""
    from nnctl.reports.topics.race import race  # imported here to keep start-up fast

    page["parent"], page["adds"] = guide.parent, _(guide.adds)
    own = [name for name in (page["topic"], guide.parent) if name in FAMILIES["optimizer"]]
    page["race"] = race(list(dict.fromkeys([*own, *_RACERS])))


def _component(noun: str, name: str, cls: Any) -> Any:
    """The component that the example computes."""
    return cls(**_given(noun, name, cls))


def _given(noun: str, name: str, cls: Any) -> dict[str, Any]:
    """The arguments of the YAML; a loss takes probabilities."""
    given = declarations.shown_arguments(noun, name, cls)
    return {key: value for key, value in given.items() if key != "from_logits"}


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
