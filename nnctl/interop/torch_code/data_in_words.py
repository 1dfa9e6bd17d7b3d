"""The docstrings of the generated file: how raw data become the model's inputs, and what its outputs mean."""

from __future__ import annotations

from typing import Any

from nnctl.data.preprocessing.features import Category, Number
from nnctl.data.preprocessing.inputs import ArrayInput, TableInput
from nnctl.data.preprocessing.text import FIRST, TextInput
from nnctl.interop.torch_code.builder import Builder
from nnctl.interop.torch_code.data import Described
from nnctl.interop.torch_code.python_text import escaped, listed, paragraph, quoted
from nnctl.training.model import Model
from nnctl.version import __version__

DEEPER = "    "


def docstring(model: Model, builder: Builder, described: Described, weights: str) -> list[str]:
    """The lines of the file's docstring. weights: the name of the file beside it."""
    lines = paragraph(f"{model.spec.name} as a PyTorch module; its weights are in {weights}.")
    lines += ["", f"Written by nnctl {__version__}. It needs torch 2.4 or newer, and safetensors.", ""]
    for name, parameter in builder.inputs.items():
        lines += input_lines(parameter, name, described)
        if (lengths := builder.lengths_of.get(name)) in builder.in_training:
            lines += paragraph(f"{lengths} (rows,): how many steps of each row are real; the others are padding.")
    for output, name in zip(builder.graph.outputs, builder.output_names, strict=True):
        name = name if len(builder.output_names) > 1 else "The output"
        start = f"{name} {rows(model.graph.shapes[output])}: "
        lines += paragraph(start + output_text(model, output, described), hanging=DEEPER)
    lines = [escaped(line) for line in lines]
    return ['"""' + lines[0], *lines[1:], '"""']


def input_lines(parameter: str, name: str, described: Described) -> list[str]:
    """The lines about an input."""
    entry = described.preprocessing.inputs[name]
    start = f"{parameter} {rows(entry.shape)}"
    if isinstance(entry, TextInput):
        return paragraph(f"{start}: {_text(entry, described.words_of(name))}", hanging=DEEPER)
    if isinstance(entry, ArrayInput):
        return paragraph(f"{start}: the array {shown(entry.array)}{_array_scaling(entry)}", hanging=DEEPER)
    steps = " at each step" if described.preprocessing.dataset.sequence is not None else ""
    return [*paragraph(f"{start}: the columns{steps}"), *_columns(entry)]


def output_text(model: Model, output: str, described: Described) -> str:
    """What the numbers of an output mean."""
    coder, classes = described.preprocessing.targets[output], described.classes_of(output)
    logits = model.gives_logits(output)
    if coder.labels == "sequence":
        what = "scores" if logits else "probabilities"
        return f"{what} at each step, of the blank (class 0) and of {classes}[i] (class i + 1)."
    if classes and coder.labels == "binary":
        return f"above 0 for {classes}[1]." if logits else f"the probability of {classes}[1]."
    if classes:
        return f"{'scores' if logits else 'probabilities'} of {classes}."
    text = f"{'above 0 for ' if logits else ''}{', '.join(map(shown, coder.columns))}{_units(coder)}."
    if coder.scale and (coder.shift, coder.scale) != ((0.0,), (coder.divisor,)):
        shift, scale = _one_or_all(coder.shift), _one_or_all(coder.scale)
        text += f" In the units of the data it is {scale} * output + {shift}."
    return text


def target_text(output: str, described: Described) -> str:
    """The shape of an output's targets, and what they are."""
    coder, classes = described.preprocessing.targets[output], described.classes_of(output)
    if coder.labels == "sequence":
        return f"(rows, longest): i + 1 for {classes}[i], each row filled up with 0."
    start = f"{rows(coder.shape)}: "
    if coder.labels == "integer":
        return f"{start}the index of the class in {classes}."
    if coder.labels == "onehot" and classes:
        return f"{start}1 for the class in {classes}, 0 for the others."
    if classes:
        return f"{start}1 for {classes}[1], 0 for {classes}[0]."
    scaled = ", scaled as the output" if coder.scale and coder.divisor == 1 else ""
    return f"{start}{', '.join(map(shown, coder.columns))}{_units(coder)}{scaled}."


def _units(coder: Any) -> str:
    return f", divided by {coder.divisor!r}" if coder.divisor != 1 else ""


def _text(entry: TextInput, words: str) -> str:
    what = "characters" if entry.split == "character" else "words"
    how = f"; {what} are taken in lower case and without punctuation" if entry.lower else ""
    return (f"the column {shown(entry.column)}, as the numbers of its {what}. They count from {FIRST} in the order of "
            f"{words}; 1 is any other, and 0 fills up short texts{how}.")  # fmt: skip


def _columns(entry: TableInput) -> list[str]:
    """A line for each column; one for all that follow each other and are not changed."""
    lines: list[str] = []
    plain: list[str] = []

    def flush() -> None:
        if plain:
            lines.extend(paragraph(f"{listed([*map(shown, plain)])}, unchanged", DEEPER, hanging=DEEPER))
            plain.clear()

    for feature in entry.features:
        if isinstance(feature, Number) and (feature.shift, feature.scale, feature.fill) == (0, 1, None):
            plain.append(feature.name)
            continue
        flush()
        lines += paragraph(f"{shown(feature.name)}: {_encoding(feature)}", DEEPER, hanging=DEEPER)
    flush()
    return lines


def _encoding(feature: Any) -> str:
    """How a column becomes numbers."""
    if isinstance(feature, Category):
        words = ", ".join(map(quoted, feature.words))
        rare = f'; "(rare)" stands for {", ".join(map(quoted, feature.rare))}' if feature.rare else ""
        if feature.encode == "onehot":
            return f"{feature.width} numbers, 1 for the category and 0 for the others, of {words}{rare}"
        return f"1, 2, ... for {words}{rare}, and 0 for any other"
    filled = "" if feature.fill is None else f"; a missing value is {feature.fill!r}"
    if (feature.shift, feature.scale) == (0, 1):
        return f"unchanged{filled}"
    return f"(value - {feature.shift!r}) / {feature.scale!r}{filled}"


def _array_scaling(entry: ArrayInput) -> str:
    """What is done to the values of an array."""
    text = f", divided by {entry.divisor!r}" if entry.divisor != 1 else ""
    if entry.shift != (0.0,) or entry.scale != (1.0,):
        text += (
            f", as (value - shift) / scale with shift {_one_or_all(entry.shift)} and scale {_one_or_all(entry.scale)}"
        )
    if entry.fill is not None:
        text += f"; a missing value is {entry.fill!r} before that"
    return f"{text}{'; 0 in the padding' if entry.lengths else ''}."


def _one_or_all(numbers: tuple[float, ...]) -> str:
    return repr(numbers[0]) if len(numbers) == 1 else str(list(numbers))


def rows(shape: Any) -> str:
    """A shape as (rows, 4)."""
    inside = ", ".join(["rows", *("steps" if n is None else str(n) for n in shape)])
    return f"({inside})" if shape else "(rows,)"


def shown(name: str) -> str:
    """A name as it is, or quoted where it would not be seen to be one."""
    return name if name.isprintable() and name and " " not in name else quoted(name)
