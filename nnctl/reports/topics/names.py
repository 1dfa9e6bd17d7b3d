"""The topics of `nnctl explain`, and how a name finds one: as in a config, by Keras' names and by abbreviations."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from nnctl.components.registry import UnknownName, normalised
from nnctl.errors import InputError
from nnctl.reports.topics.declarations import FAMILIES
from nnctl.reports.topics.ideas import ABBREVIATIONS, IDEAS
from nnctl.reports.topics.ideas.korean_names import KOREAN_FAMILIES
from nnctl.similar_names import alike
from nnctl.translation import _

IDEA = "idea"
# Of several topics of one name, the first is shown: `relu` is the activation rather than the layer.
FAMILY_ORDER = (
    IDEA, "activation", "layer", "loss", "metric", "optimizer", "schedule", "initializer", "regularizer", "callback",
)  # fmt: skip
# The order in which families are listed.
LISTED = (
    IDEA, "layer", "activation", "loss", "metric", "optimizer", "schedule", "initializer", "regularizer", "callback",
)  # fmt: skip
_PUNCTUATION = str.maketrans("", "", "+/,&")
_PLURALS = {"losses": "loss", "activations": "activation", "layers": "layer", "metrics": "metric", "ideas": IDEA,
            "optimizers": "optimizer", "schedules": "schedule", "initializers": "initializer",
            "regularizers": "regularizer", "callbacks": "callback"}  # fmt: skip


@dataclass(frozen=True)
class Topic:
    """One page: a component of a family, or an idea."""

    family: str
    name: str

    @property
    def words(self) -> str:
        """The name that finds this topic and no other: `layer relu`; the name alone where it is the first choice."""
        return self.name if named(self.name)[0] == self else f"{self.family} {self.name}"


def own_name(name: str) -> str:
    """The name of a topic in the language of the reader, which only ideas have: others are called as in a config."""
    return _(name) if name in IDEAS else name


def shown_name(name: str) -> str:
    """The name of a topic as its page and the list show it: that of an idea in the reader's language and in English."""
    own = own_name(name)
    return name if own == name else f"{own} ({name})"


class UnknownTopic(InputError):
    """No topic has the name."""


def topics(family: str) -> list[Topic]:
    """nnctl's own topics of a family, in alphabetical order, ideas in the order of a course."""
    if family == IDEA:
        return [Topic(IDEA, name) for name in IDEAS]
    return [Topic(family, name) for name in sorted(FAMILIES[family].names(), key=str.lower)]


def family_named(words: str) -> str | None:
    """The family that a name stands for: a plural, `layers`; a singular that is no topic itself, `layer`; `층`."""
    word = words.lower().strip()
    family = _PLURALS.get(word) or KOREAN_FAMILIES.get(word.replace(" ", ""))
    return family or (word if word in FAMILY_ORDER and not named(word) else None)


def all_topics() -> list[Topic]:
    """nnctl's own topics."""
    return [topic for family in LISTED for topic in topics(family)]


def find(words: str) -> list[Topic]:
    """The topics that a name stands for, the one to show first. Raises UnknownTopic with the nearest names.

    words: a name, or a family and a name: `layer relu`.
    """
    if found := _found(words):
        return found
    near = list(dict.fromkeys(_nearest(words)))[:3]
    hint = f"did you mean {' or '.join(near)}?" if near else "`nnctl explain` lists all topics"
    raise UnknownTopic(f"there is no topic {words!r}", hint=hint)


def is_topic(words: str) -> bool:
    """Whether a name stands for a topic of nnctl itself, without loading plug-ins."""
    return bool(named(words) or _of_family(words))


def named(name: str) -> list[Topic]:
    """The topics with that canonical name or abbreviation, without loading modules."""
    key = _key(name)
    found = [Topic(IDEA, idea) for idea in IDEAS if _key(idea) == key]
    for family in FAMILY_ORDER[1:]:
        found += [Topic(family, known) for known in FAMILIES[family].names() if normalised(known) == key]
    if not found and key in ABBREVIATIONS:
        return find(ABBREVIATIONS[key])
    return found


def _key(name: str) -> str:
    """As in a config, and without the punctuation of `softmax + crossentropy` and `train/validation/test split`."""
    return normalised(name).translate(_PUNCTUATION)


def _found(words: str) -> list[Topic]:
    if found := named(words) or _of_family(words):
        return found
    return [topic for family in FAMILY_ORDER[1:] for topic in _looked_up(family, words)]


def _of_family(words: str) -> list[Topic]:
    """`layer relu`, `layers/relu`, `keras.layers.ReLU`: a family and a name."""
    parts = words.removeprefix("tf.").removeprefix("keras.").replace("/", " ").replace(".", " ").split()
    if len(parts) < 2:
        return []
    *before, name = parts
    family = _PLURALS.get(before[0].lower(), before[0].lower())
    name = " ".join(parts[1:])
    if before == ["optimizers", "schedules"]:
        family, name = "schedule", parts[-1]
    if family not in FAMILY_ORDER:
        return []
    if family == IDEA:
        return [topic for topic in named(name) if topic.family == IDEA]
    return _looked_up(family, name)


def _looked_up(family: str, name: str) -> list[Topic]:
    """The member of a family by any of its names, those of plug-ins too."""
    try:
        cls = FAMILIES[family].lookup(name)
    except UnknownName:
        return []
    return [Topic(family, cls.kind)]


def _nearest(words: str) -> Iterable[str]:
    spelled: dict[str, str] = {}
    for topic in all_topics():
        spelled.setdefault(_key(topic.name), topic.name)
    for short, name in ABBREVIATIONS.items():
        spelled.setdefault(short, name)
    for family in FAMILIES.values():
        for name in family.names():
            for alias in family.aliases(name):
                spelled.setdefault(alias, name)
    key = _key(words)
    for near in alike(key, spelled, 3, 0.6):
        yield spelled[near]
    if len(key) > 3:
        yield from (name for known, name in spelled.items() if key in known)
