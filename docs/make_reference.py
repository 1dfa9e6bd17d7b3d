"""Writes docs/reference/ from the declarations: a page for each family, and one for the keys of a config.

python docs/make_reference.py
"""

from __future__ import annotations

import inspect
import json
import re
from contextlib import suppress
from pathlib import Path
from typing import Any, get_args, get_origin

import reference_examples as examples

from nnctl.components.fast_checks import Field, split
from nnctl.components.registry import normalised, plain
from nnctl.config.argument_docs import argument_sentences, descriptions, summary
from nnctl.config.argument_texts import COMMON, TOP_LEVEL, WIRING
from nnctl.config.components import slots
from nnctl.config.json_schema import FAMILIES
from nnctl.config.type_descriptions import in_words
from nnctl.config.types import EngineSpec, InputSpec
from nnctl.data.config import DatasetSpec, ImageSpec, SequenceSpec, SplitSpec, TextSpec
from nnctl.errors import ShapeError

FOLDER = Path(__file__).parent / "reference"
PAGES = {
    "layer": ("layers", "keras.layers"), "loss": ("losses", "keras.losses"), "metric": ("metrics", "keras.metrics"),
    "optimizer": ("optimizers", "keras.optimizers"), "activation": ("activations", "keras.activations"),
    "initializer": ("initializers", "keras.initializers"), "regularizer": ("regularizers", "keras.regularizers"),
    "schedule": ("schedules", "keras.optimizers.schedules"), "callback": ("callbacks", "keras.callbacks"),
}  # fmt: skip
PARTS = {"split": SplitSpec, "sequence": SequenceSpec, "text": TextSpec, "image": ImageSpec}
MADE = "<!-- Made by docs/make_reference.py from the declarations in nnctl/; do not edit. -->"
BOUNDS = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}


def pages() -> dict[str, str]:
    """File name -> text, of every page."""
    found = {f"{PAGES[noun][0]}.md": _family_page(noun) for noun in FAMILIES}
    return {"README.md": _contents(), "config.md": _config_page(), **found}


def _members(noun: str) -> dict[str, Any]:
    """nnctl's own members of a family by name, in alphabetical order."""
    own = {name: cls for name, cls in FAMILIES[noun].items() if cls.__module__.startswith("nnctl.")}
    return dict(sorted(own.items(), key=lambda item: item[0].lower()))


def _contents() -> str:
    lines = [MADE, "# Reference", "", "What a config may say. Names may be written in any case, with or without",
             "underscores: `LeakyReLU`, `leaky_relu` and `leaky-relu` are one name.", "",
             "- [config](config.md): the keys of the top level, of `dataset:`, `inputs:` and `engine:`"]  # fmt: skip
    for noun in FAMILIES:
        page = PAGES[noun][0]
        lines.append(f"- [{page}]({page}.md): {', '.join(_members(noun))}")
    lines += ["", "Editors complete and check a config that begins with",
              "`# yaml-language-server: $schema=nnctl.schema.json`. `nnctl init` writes this line and the schema;",
              "`nnctl schema > nnctl.schema.json` writes the schema alone."]  # fmt: skip
    return "\n".join(lines) + "\n"


def _family_page(noun: str) -> str:
    title, home = PAGES[noun]
    parts = [MADE, f"# {title.capitalize()}\n"]
    if noun == "layer":
        keys = [f"- `{key}`: {_escaped(WIRING[key])}" for key in ("name", "from", "shared", "initial_state")]
        keys.append(f"- `trainable`: {COMMON['trainable']} Default: `true`.")
        parts.append("Every layer also takes:\n\n" + "\n".join(keys) + "\n")
    for name, cls in _members(noun).items():
        parts.append(_member(noun, home, name, cls))
    return "\n".join(parts)


def _member(noun: str, home: str, name: str, cls: Any) -> str:
    parts = [f"## {name}", "", _escaped(summary(cls)), *_details(cls), ""]
    if aliases := FAMILIES[noun].aliases(name):
        own = {normalised(home.__name__): home.__name__ for home in cls.__mro__}
        parts += [f"Also called {' or '.join(f'`{own.get(alias, alias)}`' for alias in aliases)}.", ""]
    if set(cls.model_fields) - {"trainable"}:
        parts += [*_table(cls), ""]
    if noun == "layer":
        parts += [_shapes(name, cls), ""]
    parts += ["```yaml", example(noun, name, cls), "```", "", f"Keras: {_keras(noun, home, name, cls)}", ""]
    return "\n".join(parts)


def _keras(noun: str, home: str, name: str, cls: Any) -> str:
    if "Not in Keras." in (cls.__doc__ or ""):
        return "none"
    return examples.KERAS.get((noun, name)) or f"`{home}.{name if noun == 'activation' else cls.__name__}`"


def _details(cls: Any) -> list[str]:
    """The docstring after its first sentence; indented lines are formulas."""
    found: list[str] = []
    for paragraph in inspect.cleandoc(cls.__doc__ or "").split("\n\n"):
        blocks: list[tuple[bool, list[str]]] = []
        for line in paragraph.splitlines():
            formula = line.startswith(" ")
            if not blocks or blocks[-1][0] != formula:
                blocks.append((formula, []))
            blocks[-1][1].append(line)
        for formula, lines in blocks:
            if formula:
                found += ["", "```text", *inspect.cleandoc("\n" + "\n".join(lines)).splitlines(), "```"]
                continue
            text = " ".join(" ".join(lines).split())
            text = text.removeprefix(summary(cls)).strip() if not found else text
            if start := argument_sentences(cls).match(text):  # the table has it
                source = re.search(r"Source: .*", text[start.end() :])
                text = source[0] if source else ""
            if text:
                found += ["", _escaped(text)]
    return found


def _table(cls: Any) -> list[str]:
    meanings = descriptions(cls)
    rows = ["| Argument | Type | Default | Meaning |", "| --- | --- | --- | --- |"]
    for key, info in cls.model_fields.items():
        if key == "trainable":  # of every layer; at the head of their page
            continue
        default = "required" if info.is_required() else f"`{flow(plain(info.default))}`"
        rows.append(f"| `{key}` | {_cell(type_of(cls, key))} | {_cell(default)} | {_cell(meanings[key])} |")
    return rows


def type_of(cls: Any, key: str) -> str:
    """What an argument takes, with its range, as Markdown."""
    info, slot = cls.model_fields[key], slots(cls).get(key)
    if slot and slot.choice:
        noun = slot.choice.family.noun
        article = "an" if noun[0] in "aeiou" else "a"
        return f"{article} [{noun}]({PAGES[noun][0]}.md)" + (
            ", or a number of at least 0" if slot.choice.scalar else ""
        )
    if slot and slot.cls:
        return f"a mapping of the keys [below](#{key})"
    words = " or ".join(in_words(info)) or "any value"
    bounds = dict.fromkeys(_bounds(info.annotation, info.metadata))
    return ", ".join([words, *bounds])


def _bounds(annotation: Any, marks: tuple[Any, ...] = ()) -> list[str]:
    inner, own = split(annotation)
    limits = [mark.limits for mark in (*marks, *own) if isinstance(mark, Field)]
    found = [f"{words} {limit[name]:,}" for limit in limits for name, words in BOUNDS.items() if name in limit]
    if get_origin(inner) is not None:
        for part in get_args(inner):
            found += _bounds(part) if not isinstance(part, str | int | float) else []
    return found


def _shapes(name: str, cls: Any) -> str:
    """The shapes of inputs and outputs, in a sentence."""
    layer = cls(**_shown("layer", name, cls))
    found = []
    for shape in examples.SHAPES_OF.get(name, examples.SHAPES):
        with suppress(ShapeError):  # of an input of another kind
            output = layer.output_shape([shape] * max(cls.fewest, 1) if cls.merges else shape)
            found.append((shape, output))
    if len(found) == len(examples.SHAPES) and all(shape == output for shape, output in found):
        return "Shape: the output has the shape of the input."
    shown = "; ".join(f"`{shape}` becomes `{output}`" for shape, output in found)
    return f"Shapes without the batch axis, with the arguments of the example: {shown}."


def _shown(noun: str, name: str, cls: Any) -> dict[str, Any]:
    """The arguments of the example."""
    required = {key: examples.VALUES[key] for key, info in cls.model_fields.items() if info.is_required()}
    return required | examples.SHOWN.get((noun, name), {})


def example(noun: str, name: str, cls: Any) -> str:
    """A piece of a config that uses the member."""
    arguments = _shown(noun, name, cls)
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
        return f"optimizer: {{adam: {{learning_rate: {flow(member)}}}}}"
    key = {"activation": "activation", "initializer": "kernel_initializer", "regularizer": "kernel_regularizer"}[noun]
    return f"layers:\n  - Dense: {{units: 16, {key}: {flow(member)}}}"


def _config_page() -> str:
    lines = [MADE, "# Keys of a config", ""]
    for key, (kind, default, sample, keras) in examples.TOP_LEVEL.items():
        lines += [f"## {key}", "", TOP_LEVEL[key], "", f"Type: {kind}. Default: {default}.", "",
                  "```yaml", sample, "```", "", f"Keras: {keras}", ""]  # fmt: skip
        if key == "dataset":
            lines += _dataset_keys()
        if key == "inputs":
            lines += ["The keys of an input:", "", *_table(InputSpec), ""]
        if key == "engine":
            lines += [*_table(EngineSpec), ""]
    return "\n".join(lines)


def _dataset_keys() -> list[str]:
    meanings, lines = descriptions(DatasetSpec), []
    for key, info in DatasetSpec.model_fields.items():
        sample, keras = examples.DATASET[key]
        whole = PARTS.get(key)
        default = "all defaults" if whole and info.default is not None else f"`{flow(plain(info.default))}`"
        lines += [f"### {'' if whole else 'dataset.'}{key}", "", meanings[key], ""]
        if whole:
            lines += [*_table(whole), ""]
        else:
            lines += [f"Type: {type_of(DatasetSpec, key)}. Default: {default}.", ""]
        lines += ["```yaml", f"dataset: {sample}", "```", "", f"Keras: {keras}", ""]
    return lines


def flow(value: Any) -> str:
    """A value as YAML in one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, str) and re.fullmatch(r"[A-Za-z_]\w*", value):
        return value
    return json.dumps(value)


def _escaped(text: str) -> str:
    """Text as Markdown that shows it as it is, `code` aside."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(part if part.startswith("`") else re.sub(r"([*<\[\]])", r"\\\1", part) for part in parts)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
