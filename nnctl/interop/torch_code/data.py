"""What the inputs and outputs of a model are, in words and as constants of the generated file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nnctl.data import Preprocessing
from nnctl.data.preprocessing.features import Category, Number
from nnctl.data.preprocessing.inputs import ArrayInput, TableInput
from nnctl.data.preprocessing.text import FIRST, TextInput
from nnctl.interop.torch_code.builder import Builder
from nnctl.interop.torch_code.python_text import (
    call,
    fitted,
    identifier,
    listed,
    literal,
    names_of_outputs,
    paragraph,
    quoted,
)  # fmt: skip
from nnctl.nn.layers.embedding import Embedding
from nnctl.training.model import Model
from nnctl.version import __version__


@dataclass(frozen=True)
class Described:
    """The data that a model was trained on."""

    preprocessing: Preprocessing

    @property
    def lengths(self) -> set[str]:
        """The inputs that come with the number of real time steps of each row."""
        return {
            name for name, entry in self.preprocessing.inputs.items()
            if (isinstance(entry, ArrayInput) and entry.lengths)
            or (isinstance(entry, TableInput) and self.preprocessing.dataset.sequence is not None)
        }  # fmt: skip

    # Classes

    def classes_of(self, output: str) -> str | None:
        """The constant with the classes of an output."""
        targets = self.preprocessing.targets
        if not targets[output].classes:
            return None
        return "CLASSES" if len(targets) == 1 else f"{identifier(output).upper()}_CLASSES"

    def one_class_a_row(self, output: str) -> bool:
        """Whether the largest number of a row is its class."""
        return self.preprocessing.targets[output].labels in ("integer", "onehot")

    def constants(self) -> list[str]:
        """The lines that give the constants their values."""
        lines: list[str] = []
        for output, coder in self.preprocessing.targets.items():
            if name := self.classes_of(output):
                lines += fitted(f"{name} = {literal(coder.class_words)}")
        for name, entry in self.preprocessing.inputs.items():
            if isinstance(entry, TextInput):
                lines += _vocabulary(f"{identifier(name).upper()}_WORDS", entry)
        return lines

    # Words

    def docstring(self, model: Model, builder: Builder, weights: str) -> list[str]:
        """The lines of the file's docstring. weights: the name of the file beside it."""
        lines = paragraph(f"{model.spec.name} as a PyTorch module; its weights are in {weights}.")
        lines += ["", f"Written by nnctl {__version__}. It needs torch and safetensors.", ""]
        for name, entry in self.preprocessing.inputs.items():
            parameter = builder.inputs[name]
            lines += self._input(parameter, entry, name)
            if (lengths := builder.lengths_of.get(name)) in builder.parameters:
                lines += paragraph(f"{lengths} (rows,): how many steps of each row are real; the others are padding.")
        outputs = names_of_outputs(builder.graph.outputs)
        for output, name in zip(builder.graph.outputs, outputs, strict=True):
            lines += self._output(model, output, name if len(outputs) > 1 else "")
        lines = [_escaped(line) for line in lines]
        return ['"""' + lines[0], *lines[1:], '"""']

    def _input(self, parameter: str, entry: TableInput | TextInput | ArrayInput, name: str) -> list[str]:
        """The lines about an input."""
        start = f"{parameter} {_rows(entry.shape)}"
        if isinstance(entry, TextInput):
            words = f"{identifier(name).upper()}_WORDS"
            how = "in lower case and without punctuation, " if entry.lower else ""
            what = "characters" if entry.split == "character" else "words"
            return paragraph(
                f"{start}: the column {_shown(entry.column)} as token ids. A text is split into {what}, {how}of which "
                f"{words}[i] is i + {FIRST} and any other one 1; 0 fills it up to {entry.length}.", hanging="    "
            )  # fmt: skip
        if isinstance(entry, ArrayInput):
            return paragraph(f"{start}: the array {_shown(entry.array)}{_array_scaling(entry)}", hanging="    ")
        steps = ", of each step" if self.preprocessing.dataset.sequence is not None else ""
        return [*paragraph(f"{start}: the columns{steps}"), *_columns(entry)]

    def _output(self, model: Model, output: str, name: str) -> list[str]:
        """The lines about an output."""
        coder, loss = self.preprocessing.targets[output], model.spec.losses[output]
        start = f"{name or 'The output'} {_rows(model.graph.shapes[output])}"
        classes = self.classes_of(output)
        if coder.labels == "sequence":
            scores = "scores" if model.gives_logits(output) else "probabilities"
            text = f"{start}: {scores} at each step, of the blank (class 0) and of {classes}[i] (class i + 1)."
        elif classes and coder.labels == "binary":
            what = "above 0 for" if model.gives_logits(output) else "the probability of"
            text = f"{start}: {what} {classes}[1]."
        elif classes:
            text = f"{start}: {'scores' if model.gives_logits(output) else 'probabilities'} of {classes}."
        else:
            units = ", ".join(map(_shown, coder.columns))
            text = f"{start}: {'scores of ' if loss.expects() in ('logits', 'margins') else ''}{units}."
            for column, shift, scale in zip(coder.columns, coder.shift, coder.scale, strict=len(coder.scale) > 1):
                text += f" In the units of the data: {_shown(column)} = {scale!r} output + {shift!r}."
        return paragraph(text, hanging="    ")

    def made_up_rows(self, builder: Builder, dtype: str) -> list[tuple[str, str, str]]:
        """(parameter, code, comment) of two rows that are made up."""
        rows: list[tuple[str, str, str]] = []
        for name, parameter in builder.inputs.items():
            entry = self.preprocessing.inputs[name]
            shape = (2, *(n or 8 for n in builder.graph.shapes[name]))
            ids = token_ids(builder, name) or entry.numbers
            if ids:
                value = call("torch.randint", ids, shape)
            else:
                pixels = isinstance(entry, ArrayInput) and entry.divisor != 1
                named = {"dtype": "torch.float64"} if dtype == "float64" else {}
                value = call("torch.rand" if pixels else "torch.randn", *shape, **named)
            rows.append((parameter, value, "" if rows else "two rows, made up"))
            if (lengths := builder.lengths_of.get(name)) in builder.parameters:
                rows.append((str(lengths), f"torch.tensor([{shape[1]}, {max(1, shape[1] // 2)}])", ""))
        return rows


def token_ids(builder: Builder, name: str) -> int | None:
    """The number of token ids of an input that an Embedding takes."""
    sizes = [node.layer.input_dim for node in builder.graph.nodes
             if name in node.sources and isinstance(node.layer, Embedding)]  # fmt: skip
    return min(sizes) if sizes else None


def _columns(entry: TableInput) -> list[str]:
    """A line for each column; one for all that follow each other and are not changed."""
    lines: list[str] = []
    plain: list[str] = []

    def flush() -> None:
        if plain:
            lines.extend(paragraph(f"{listed([*map(_shown, plain)])}, as they are" if len(plain) > 1
                                   else f"{_shown(plain[0])}, as it is", "    ", hanging="    "))  # fmt: skip
            plain.clear()

    for feature in entry.features:
        if isinstance(feature, Number) and (feature.shift, feature.scale, feature.fill) == (0, 1, None):
            plain.append(feature.name)
            continue
        flush()
        lines += paragraph(f"{_shown(feature.name)}: {_encoding(feature)}", "    ", hanging="    ")
    flush()
    return lines


def _encoding(feature: Any) -> str:
    """How a column becomes numbers."""
    if isinstance(feature, Category):
        words = ", ".join(map(quoted, feature.words))
        rare = f'; "(rare)" stands for {", ".join(map(quoted, feature.rare))}' if feature.rare else ""
        if feature.encode == "onehot":
            return f"{feature.width} numbers, of which one is 1 and the others 0, for {words}{rare}"
        return f"a number from 1 for {words}{rare}, and 0 for any other word"
    filled = "" if feature.fill is None else f"; a missing value is {feature.fill!r}"
    if (feature.shift, feature.scale) == (0, 1):
        return f"as it is{filled}"
    return f"(value - {feature.shift!r}) / {feature.scale!r}{filled}"


def _array_scaling(entry: ArrayInput) -> str:
    """What is done to the values of an array."""
    text = f", each value divided by {entry.divisor!r}" if entry.divisor != 1 else ""
    if entry.fill is not None:
        text += f", a missing value being {entry.fill!r}"
    if entry.shift != (0.0,) or entry.scale != (1.0,):
        shift, scale = (repr(each[0]) if len(each) == 1 else str(list(each)) for each in (entry.shift, entry.scale))
        text += f", then (value - shift) / scale with shift = {shift} and scale = {scale}"
    return f"{text}{'; 0 in the padding' if entry.lengths else ''}."


def _vocabulary(name: str, entry: TextInput) -> list[str]:
    """The constant with the words of a text."""
    if entry.split == "character":
        return fitted(f"{name} = {quoted(''.join(entry.words))}")
    return [f'{name} = """', *paragraph(_escaped(" ".join(entry.words))), '""".split()']


def _rows(shape: Any) -> str:
    return "(" + ", ".join(["rows", *("steps" if n is None else str(n) for n in shape)]) + ")"


def _shown(name: str) -> str:
    """A name as it is, or quoted where it would not be seen to be one."""
    return name if name.isprintable() and name and " " not in name else quoted(name)


def _escaped(line: str) -> str:
    """A line for a text in three quotes."""
    return line.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
