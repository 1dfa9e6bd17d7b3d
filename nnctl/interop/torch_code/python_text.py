"""Python as text: literals, names and long lines, formatted as `ruff format` does."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from textwrap import wrap
from typing import Any

WIDTH = 88
INDENT = "    "

# What a variable or an attribute of a module must not be called: words of Python, and what the generated file uses.
RESERVED = frozenset((
    *keyword.kwlist, *keyword.softkwlist, *dir(builtins), "self", "torch", "nn", "F", "Path", "load_file", "x", "y",
    "load", "train", "model", "learning_rate", "math", "lengths",
))  # fmt: skip
# Neither must an input or an output be called so, which are variables of the function `train`.
IN_TRAINING = frozenset((
    "optimizer", "schedule", "epochs", "batch_size", "epoch", "total", "rows", "row", "loss", "each", "mask", "weight",
    "count", "class_weight", "sample_weight", "w", "p", "z",
))  # fmt: skip


def literal(value: Any) -> str:
    """A value as Python writes it, texts in double quotes."""
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, float):
        return re.sub(r"e([-+])0*", lambda m: "e" + m[1].replace("+", ""), repr(value))
    if isinstance(value, tuple | list):
        inside = ", ".join(map(literal, value))
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    return repr(value)


def quoted(text: str) -> str:
    """A text as a literal, in double quotes unless it has more of them than single ones."""
    quote = "'" if text.count('"') > text.count("'") else '"'
    inside = ("\\" + char if char == quote else char if char in "'\"" else repr(char)[1:-1] for char in text)
    return quote + "".join(inside) + quote


def call(function: str, *values: Any, **named: Any) -> str:
    """A call: values are code if they are texts, otherwise literals; named ones that are None are left out."""
    given = [value if isinstance(value, str) else literal(value) for value in values]
    given += [f"{name}={value if isinstance(value, str) else literal(value)}"
              for name, value in named.items() if value is not None]  # fmt: skip
    return f"{function}({', '.join(given)})"


def identifier(text: str, taken: Iterable[str] = RESERVED) -> str:
    """A name like the text that Python takes, and that is not taken."""
    name = re.sub(r"\W", "_", text)
    if not name.isidentifier() or name.startswith("_"):  # those would be private
        name = f"layer_{name}"
    taken = set(taken)
    number, free = 0, name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free


def class_name(text: str) -> str:
    """digits_cnn -> DigitsCnn."""
    words = re.split(r"[\W_]+", text)
    name = "".join(word[:1].upper() + word[1:] for word in words)
    return name if name.isidentifier() and name not in RESERVED else f"Model{name}"


def paragraph(text: str, indent: str = "", *, hanging: str = "") -> list[str]:
    """A text in lines. hanging: what further lines are indented by."""
    return wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent + hanging,
                break_long_words=False, break_on_hyphens=False)  # fmt: skip


def commented(line: str, comment: str, indent: str) -> list[str]:
    """The line with its comment behind it, or above it where it would be too long."""
    if not comment:
        return fitted(line, indent)
    if not line:
        return paragraph(f"# {comment}", indent, hanging="# ")
    if len(indent) + len(line) + len(comment) + 4 <= WIDTH:
        return [f"{indent}{line}  # {comment}"]
    return [*(f"{indent}# {part}" for part in paragraph(comment)), *fitted(line, indent)]


def fitted(line: str, indent: str = "") -> list[str]:
    """A statement in lines that are not too long: what its last bracket holds is moved to lines of its own."""
    if len(indent) + len(line) <= WIDTH:
        return [indent + line]
    inner = indent + INDENT
    start, operands = _operands(line)
    bracket = _last_bracket(line)
    if len(operands) > 1 or bracket is None:
        body = " ".join(operands)
        lines = [inner + body] if len(inner) + len(body) <= WIDTH else [inner + operand for operand in operands]
        return [f"{indent}{start}(", *lines, f"{indent})"] if start else [indent + line]
    opening, closing = bracket
    head, body, tail = indent + line[: opening + 1], line[opening + 1 : closing], indent + line[closing:]
    if len(inner) + len(body) <= WIDTH:
        return [head, inner + body, tail]
    parts = split_at_commas(body)
    if len(parts) == 1:
        return [head, *fitted(body, inner), tail]
    lines = [head]
    for part in parts:
        *first, last = fitted(part, inner)
        lines += [*first, last + ","]
    return [*lines, tail]


def split_at_commas(text: str) -> list[str]:
    """The parts between the commas that are in no bracket and in no text."""
    at = [-1, *(place for place, char, depth in _outside_of_texts(text) if char == "," and not depth), len(text)]
    parts = [text[first + 1 : last].strip() for first, last in pairwise(at)]
    return parts if parts[-1] else parts[:-1]


def listed(names: Sequence[str]) -> str:
    """a, b and c."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _operands(line: str) -> tuple[str, list[str]]:
    """("return " or "x = ", the operands of what follows, each with the operator before it)."""
    start = re.match(r"return |[\w., ()]+ = |", line)
    assert start is not None
    value = line[start.end() :]
    at = [place for place, char, depth in _outside_of_texts(value)
          if not depth and char in "+-*/|<" and value[place - 1 : place + 2] == f" {char} "]  # fmt: skip
    return start[0], [value[first:last].strip() for first, last in pairwise([0, *at, len(value)])]


def _last_bracket(line: str) -> tuple[int, int] | None:
    """Where the bracket that ends last in the line begins and ends."""
    open_, found = [], None
    for place, char, _ in _outside_of_texts(line):
        if char in "([{":
            open_.append(place)
        elif char in ")]}":
            found = open_.pop(), place
    return found


def _outside_of_texts(code: str) -> Iterator[tuple[int, str, int]]:
    """(place, character, how many brackets are open before it) of all characters that are in no literal text."""
    depth, quote, escaped = 0, "", False
    for place, char in enumerate(code):
        if quote:
            quote = "" if char == quote and not escaped else quote
            escaped = char == "\\" and not escaped
        elif char in "\"'":
            quote = char
        else:
            depth -= char in ")]}"
            yield place, char, depth
            depth += char in "([{"


def escaped(line: str) -> str:
    """A line for a text in three quotes."""
    return line.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
