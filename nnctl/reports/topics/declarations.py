"""What the declarations of components say, for `nnctl explain` and for docs/make_reference.py."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Literal, get_args, get_origin

from nnctl.components.fast_checks import Field, split
from nnctl.components.registry import Family, normalised
from nnctl.config.argument_docs import argument_sentences, summary
from nnctl.config.callbacks import callbacks
from nnctl.config.slots import slots
from nnctl.config.type_descriptions import choices_of, in_words
from nnctl.errors import ShapeError
from nnctl.nn import losses, metrics, optimizers
from nnctl.nn.activations import activations
from nnctl.nn.initializers import initializers
from nnctl.nn.layers import layers
from nnctl.nn.regularizers import regularizers
from nnctl.nn.schedules import schedules
from nnctl.reports.topics import examples

FAMILIES: Mapping[str, Family] = {
    "layer": layers, "loss": losses.losses, "optimizer": optimizers.optimizers, "metric": metrics.metrics,
    "activation": activations, "initializer": initializers, "regularizer": regularizers,
    "schedule": schedules, "callback": callbacks,
}  # fmt: skip

# Family -> (its page in docs/reference, its place in Keras).
PAGES = {
    "layer": ("layers", "keras.layers"), "loss": ("losses", "keras.losses"), "metric": ("metrics", "keras.metrics"),
    "optimizer": ("optimizers", "keras.optimizers"), "activation": ("activations", "keras.activations"),
    "initializer": ("initializers", "keras.initializers"), "regularizer": ("regularizers", "keras.regularizers"),
    "schedule": ("schedules", "keras.optimizers.schedules"), "callback": ("callbacks", "keras.callbacks"),
}  # fmt: skip

_LONGEST = 76  # columns of an example, which a terminal shows indented
_BOUNDS = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}


def is_own(cls: Any) -> bool:
    """Whether nnctl itself declares a component, not a plug-in."""
    return bool(cls.__module__.startswith("nnctl."))


def members(noun: str) -> dict[str, Any]:
    """nnctl's own members of a family by name, in alphabetical order."""
    own = {name: cls for name, cls in FAMILIES[noun].items() if is_own(cls)}
    return dict(sorted(own.items(), key=lambda item: item[0].lower()))


def also_called(noun: str, name: str) -> list[str]:
    """The other names of a member, spelled as its classes are where they have the name."""
    spelled = {normalised(home.__name__): home.__name__ for home in FAMILIES[noun][name].__mro__}
    return [spelled.get(alias, alias) for alias in FAMILIES[noun].aliases(name)]


def keras_name(noun: str, name: str, cls: Any) -> str:
    """What it is called in Keras, as Markdown; `none` where Keras has no counterpart, nothing for a plug-in's."""
    if not is_own(cls):
        return ""
    if "Not in Keras." in (cls.__doc__ or ""):
        return "none"
    place = PAGES[noun][1]
    return examples.KERAS.get((noun, name)) or f"`{place}.{name if noun == 'activation' else cls.__name__}`"


def paragraphs(cls: Any) -> list[tuple[Literal["text", "formula"], list[str]]]:
    """The docstring after its first sentence, without the descriptions of arguments; indented lines are formulas.

    A text is one line, a formula one or more.
    """
    found: list[tuple[Literal["text", "formula"], list[str]]] = []
    for paragraph in inspect.cleandoc(cls.__doc__ or "").split("\n\n"):
        blocks: list[tuple[bool, list[str]]] = []
        for line in paragraph.splitlines():
            formula = line.startswith(" ")
            if not blocks or blocks[-1][0] != formula:
                blocks.append((formula, []))
            blocks[-1][1].append(line)
        for formula, lines in blocks:
            if formula:
                found.append(("formula", inspect.cleandoc("\n" + "\n".join(lines)).splitlines()))
                continue
            text = " ".join(" ".join(lines).split())
            text = text.removeprefix(summary(cls)).strip() if not found else text
            if start := argument_sentences(cls).match(text):  # it is in the table of arguments
                source = re.search(r"Source: .*", text[start.end() :])
                text = source[0] if source else ""
            if text:
                found.append(("text", [text]))
    return found


def type_of(cls: Any, key: str, linked: Callable[[str], str] = str) -> str:
    """The type of an argument, with its range. linked: how the name of a family is written."""
    info, slot = cls.model_fields[key], slots(cls).get(key)
    if slot and slot.choice:
        noun = slot.choice.family.noun
        article = "an" if noun[0] in "aeiou" else "a"
        return f"{article} {linked(noun)}" + (", or a number of at least 0" if slot.choice.scalar else "")
    words = " or ".join(in_words(info)) or "any value"
    return ", ".join([words, *dict.fromkeys(_bounds(info.annotation, info.metadata))])


def _bounds(annotation: Any, marks: tuple[Any, ...] = ()) -> list[str]:
    inner, own = split(annotation)
    limits = [mark.limits for mark in (*marks, *own) if isinstance(mark, Field)]
    found = [f"{words} {limit[name]:,}" for limit in limits for name, words in _BOUNDS.items() if name in limit]
    if get_origin(inner) is not None:
        for part in get_args(inner):
            found += _bounds(part) if not isinstance(part, str | int | float) else []
    return found


def shapes_of(name: str, cls: Any) -> list[tuple[Any, Any]]:
    """Shapes that a layer takes and the shapes of its output, with the arguments of the example."""
    layer = cls(**shown_arguments("layer", name, cls))
    found = []
    for shape in examples.SHAPES_OF.get(name, examples.SHAPES):
        with suppress(ShapeError):  # the layer takes a different kind of input
            output = layer.output_shape([shape] * max(cls.fewest, 1) if cls.merges else shape)
            found.append((shape, output))
    return found


def keeps_shape(shapes: list[tuple[Any, Any]]) -> bool:
    """Whether a layer takes inputs of all kinds and gives outputs of the same shape. shapes: from `shapes_of`."""
    return len(shapes) == len(examples.SHAPES) and all(shape == output for shape, output in shapes)


def shown_arguments(noun: str, name: str, cls: Any) -> dict[str, Any]:
    """The arguments of the example."""
    own = is_own(cls)
    required = {
        key: examples.VALUES[key] if own or key in examples.VALUES else _any_value(info)
        for key, info in cls.model_fields.items()
        if info.is_required()
    }
    return required | (examples.SHOWN.get((noun, name), {}) if own else {})


def _any_value(info: Any) -> Any:
    """A value of the type of a plug-in's argument, for its example."""
    if choices := choices_of(info):
        return choices[0]
    kinds = in_words(info)
    limits = [mark.limits for mark in info.metadata if isinstance(mark, Field)]
    low = max((limit[key] for limit in limits for key in ("ge", "gt") if key in limit), default=0)
    high = min((limit[key] for limit in limits for key in ("le", "lt") if key in limit), default=low + 2)
    if "a whole number" in kinds:
        return int(low) + 1
    return (low + high) / 2 if "a number" in kinds else "text"


def example(noun: str, name: str, cls: Any) -> str:
    """A piece of a config that uses the member."""
    arguments = shown_arguments(noun, name, cls)
    if noun == "layer" and cls.merges and cls.fewest > 1:
        branches = [f"  - Dense: {{units: 8, from: input, name: {branch}}}" for branch in "ab"]
        return "\n".join(["layers:", *branches, f"  - {name}: {flow({**arguments, 'from': ['a', 'b']})}"])
    member = {name: arguments} if arguments else name
    if noun == "layer":
        return f"layers:\n  - {name}: {flow(arguments)}" if arguments else f"layers:\n  - {name}"
    if noun == "callback":
        return f"callbacks:\n  - {name}: {flow(arguments)}" if arguments else f"callbacks:\n  - {name}"
    if noun in ("loss", "optimizer"):
        return f"{noun}: {flow(member)}"
    if noun == "metric":
        return f"metrics: {flow([member])}"
    if noun == "schedule":
        lines = [f"        {key}: {flow(value)}" for key, value in arguments.items()]
        return "\n".join(["optimizer:", "  adam:", "    learning_rate:", f"      {name}:", *lines])
    key = {"activation": "activation", "initializer": "kernel_initializer", "regularizer": "kernel_regularizer"}[noun]
    line = f"  - Dense: {{units: 16, {key}: {flow(member)}}}"
    if len(line) > _LONGEST:
        return f"layers:\n  - Dense:\n      units: 16\n      {key}: {flow(member)}"
    return f"layers:\n{line}"


def flow(value: Any) -> str:
    """A value as YAML in one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, str) and re.fullmatch(r"[A-Za-z_]\w*", value):
        return value
    return json.dumps(value)
