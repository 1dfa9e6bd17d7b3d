"""What a model takes and gives without its preprocessing, in words: raw rows must be turned into this first."""

from __future__ import annotations

from collections.abc import Iterator

from nnctl.data import Preprocessing
from nnctl.data.preprocessing.features import Category, Feature, Number
from nnctl.data.preprocessing.inputs import ArrayInput, TableInput
from nnctl.data.preprocessing.targets import TargetCoder
from nnctl.data.preprocessing.text import TextInput

MOST = 12  # columns that a note names one by one


def described(preprocessing: Preprocessing) -> list[str]:
    """A sentence for each input and each output."""
    inputs = [f"the input {name!r} takes {_input(entry)}" for name, entry in preprocessing.inputs.items()]
    targets = [f"the output {name!r} gives {_output(coder)}" for name, coder in preprocessing.targets.items()]
    return inputs + targets


def _input(entry: TableInput | TextInput | ArrayInput) -> str:
    if isinstance(entry, TableInput):
        columns = [part for feature in entry.features for part in _feature(feature)]
        more = f" and {len(columns) - MOST} more" if len(columns) > MOST else ""
        return f"these columns, in this order: {'; '.join(columns[:MOST])}{more}"
    if isinstance(entry, TextInput):
        return (f"the first {entry.length} token ids of {entry.column!r}: 1 for unknown words, 2 and up for the "
                f"{len(entry.words)} known ones, 0 for padding")  # fmt: skip
    steps = []
    if entry.divisor != 1:
        steps.append(f"divided by {entry.divisor:g}")
    if any(entry.shift) or any(scale != 1 for scale in entry.scale):
        each = "" if len(entry.shift) == 1 else ", feature by feature"
        steps.append(f"minus {_numbers(entry.shift)}, divided by {_numbers(entry.scale)}{each}")
    return f"the array {entry.array!r}, {list(entry.shape)} for each row{''.join(f', {step}' for step in steps)}"


def _feature(feature: Feature) -> Iterator[str]:
    if isinstance(feature, Number):
        scaled = (feature.shift, feature.scale) != (0, 1)
        yield f"{feature.name}, minus {feature.shift:.6g}, divided by {feature.scale:.6g}" if scaled else feature.name
    elif isinstance(feature, Category) and feature.encode == "onehot":
        yield from (f"1 if {feature.name} is {word!r}, else 0" for word in feature.words)
    elif isinstance(feature, Category):
        yield f"the place of {feature.name} among {', '.join(map(repr, feature.words[:MOST]))}, counted from 1"


def _output(coder: TargetCoder) -> str:
    if coder.labels == "sequence":
        return f"scores of the labels {', '.join(coder.class_words[:MOST])} from 1, and of the blank, 0, at each step"
    if coder.classes is not None and coder.labels == "binary" and len(coder.columns) == 1 and len(coder.classes) == 2:
        return f"a score for {coder.classes[1]!r} against {coder.classes[0]!r}"
    if coder.classes is not None and len(coder.columns) == 1:
        more = ", ..." if len(coder.classes) > MOST else ""
        return f"a score for each of {', '.join(map(repr, coder.classes[:MOST]))}{more}, in this order"
    columns = ", ".join(coder.columns[:MOST])
    if coder.target.scaled:
        return f"{columns} minus {_numbers(coder.shift)}, divided by {_numbers(coder.scale)}"
    return columns


def _numbers(values: tuple[float, ...]) -> str:
    shown = ", ".join(f"{value:.6g}" for value in values[:MOST])
    return shown if len(values) == 1 else f"[{shown}{', ...' if len(values) > MOST else ''}]"
