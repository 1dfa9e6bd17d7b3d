"""What the generated file needs to know of the data: classes, words, lengths, and rows to try the model on."""

from __future__ import annotations

from dataclasses import dataclass

from nnctl.data import Preprocessing
from nnctl.data.preprocessing.inputs import ArrayInput, TableInput
from nnctl.data.preprocessing.text import TextInput
from nnctl.interop.torch_code.builder import Builder
from nnctl.interop.torch_code.python_text import call, escaped, fitted, identifier, literal, paragraph, quoted
from nnctl.nn.layers.embedding import Embedding


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

    def classes_of(self, output: str) -> str | None:
        """The constant with the classes of an output."""
        targets = self.preprocessing.targets
        return _constant("CLASSES", output, list(targets)) if targets[output].classes else None

    def words_of(self, name: str) -> str:
        """The constant with the words of a text."""
        return _constant("WORDS", name, list(self.preprocessing.inputs))

    def constants(self) -> list[str]:
        """The lines that give the constants their values."""
        lines: list[str] = []
        for output, coder in self.preprocessing.targets.items():
            if name := self.classes_of(output):
                lines += fitted(f"{name} = {literal(coder.class_words)}")
        for name, entry in self.preprocessing.inputs.items():
            if isinstance(entry, TextInput):
                lines += _vocabulary(self.words_of(name), entry)
        return lines

    def made_up_rows(self, builder: Builder, dtype: str) -> list[tuple[str, str, str]]:
        """(parameter, code, comment) of two rows that are made up."""
        rows: list[tuple[str, str, str]] = []
        for name, parameter in builder.inputs.items():
            entry = self.preprocessing.inputs[name]
            shape = (2, *(n or 8 for n in builder.graph.shapes[name]))
            if ids := token_ids(builder, name) or entry.numbers:
                value = call("torch.randint", ids, shape)
            else:
                pixels = isinstance(entry, ArrayInput) and entry.divisor != 1
                named = {"dtype": "torch.float64"} if dtype == "float64" else {}
                value = call("torch.rand" if pixels else "torch.randn", *shape, **named)
            rows.append((parameter, value, "" if rows else "two rows, made up"))
            if (lengths := builder.lengths_of.get(name)) in builder.parameters:
                rows.append((str(lengths), f"torch.tensor([{shape[1]}, {max(1, shape[1] // 2)}])", ""))
        return rows


def _constant(kind: str, name: str, names: list[str]) -> str:
    """The constant of one of several inputs or outputs: ORIGIN_CLASSES."""
    if len(names) == 1:
        return kind
    found: list[str] = []
    for each in names[: names.index(name) + 1]:
        found.append(identifier(f"{each.upper()}_{kind}", found))
    return found[-1]


def token_ids(builder: Builder, name: str) -> int | None:
    """The number of token ids of an input that an Embedding takes."""
    sizes = [node.layer.input_dim for node in builder.graph.nodes
             if name in node.sources and isinstance(node.layer, Embedding)]  # fmt: skip
    return min(sizes) if sizes else None


def _vocabulary(name: str, entry: TextInput) -> list[str]:
    """The constant with the words of a text, one after the other, or with its characters."""
    if entry.split == "character":
        return fitted(f"{name} = {quoted(''.join(entry.words))}")
    return [f'{name} = """', *paragraph(escaped(" ".join(entry.words))), '"""']
