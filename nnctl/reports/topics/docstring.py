"""A docstring taken apart: the first sentence, the formulas, the remaining sentences and the source."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from nnctl.config.argument_docs import argument_sentences, summary
from nnctl.reports.topics.declarations import paragraphs

_SOURCE = re.compile(r"\s*Source: (.*)$")
_NOT_IN_KERAS = re.compile(r"\s*Not in Keras\.")
# `y = ...`, `w <- ...`, `y[i, j] = ...`, but not `Outside of training y = ...`
_EQUATION = re.compile(r"(?<![a-z] )\b[A-Za-z]\w*(?:\[[^\]]*\]|\([\w, ]*\))*'? (?:=|<-) ")
_OPERATOR = re.compile(r"[-+/^|*]|\blog p")
# Words that may stand in a formula; with any other word of three letters or more, a line is prose and is translated.
_FORMAL = frozenset((
    "abs", "alpha", "argmax", "axis", "batch", "bce", "beta", "ceil", "classes", "clip", "cos", "cosh", "dropped",
    "else", "eps", "epsilon", "exp", "features", "filters", "fraction", "gain", "gamma", "kept", "label", "log",
    "loss", "max", "mean", "min", "momentum", "moving", "none", "otherwise", "power", "probability", "rate", "rho",
    "scale", "scores", "sigmoid", "sign", "sin", "softmax", "softplus", "sqrt", "stddev", "step", "sum", "tanh",
    "threshold", "top", "true", "uniform", "units", "value", "var", "variance", "where", "with",
))  # fmt: skip
_REMARK = re.compile(r" \([^()]*[a-z]{3,} [^()]*\)$")


@dataclass(frozen=True)
class Docstring:
    """summary: the first sentence. formula: lines. notes: sentences without formulas. source: author and year."""

    summary: str
    formula: tuple[str, ...]
    notes: tuple[str, ...]
    source: str


def taken_apart(cls: Any) -> Docstring:
    """The parts of a component's docstring, without the descriptions of its arguments."""
    first = summary(cls)
    formula, notes, sources = [*_formula_in(first)], [], []
    for kind, lines in paragraphs(cls):
        if kind == "formula":
            formula += lines
            continue
        text = lines[0]
        if source := _SOURCE.search(text):
            sources.append(argument_sentences(cls).split(source[1])[0].strip().rstrip(".;"))
            text = text[: source.start()]
        for sentence in _sentences(_NOT_IN_KERAS.sub("", _without_arguments(cls, text))):
            if _EQUATION.search(sentence) or (_OPERATOR.search(sentence) and not is_prose(sentence)):
                formula += _lines(sentence)
            else:
                notes.append(sentence)
    return Docstring(first, tuple(formula), tuple(notes), "; ".join(sources))


def is_prose(line: str) -> bool:
    """Whether a line has words that are not part of a formula, so that it is translated."""
    words = re.findall(r"(?<![\w`])[A-Za-z][a-z]{2,}(?![\w(`])", line)
    return any(word.lower() not in _FORMAL for word in words)


def has_words(line: str) -> bool:
    """Whether a line is translated: prose, or a formula such as `mean of argmax p = y`."""
    return is_prose(line) or " of " in line or line.startswith("If ")


def _formula_in(sentence: str) -> list[str]:
    """The formula in the first sentence, without the words around it."""
    _, colon, rest = sentence.partition(": ")
    return (_formula_of(rest) if colon else []) or _formula_of(sentence)


def _formula_of(text: str) -> list[str]:
    kept = ""
    for separator, clause in _clauses(text):
        clause = _REMARK.sub("", clause)
        if is_prose(clause) or not (kept or _OPERATOR.search(clause) or _EQUATION.search(clause)):
            if kept:
                break
        else:
            kept += (separator if kept else "") + clause
    return [_trimmed(kept)] if kept else []


def _clauses(text: str) -> list[tuple[str, str]]:
    """The parts of a sentence between , : ; outside of brackets, each with the separator before it."""
    found, depth, start, separator, i = [], 0, 0, "", 0
    while i < len(text):
        depth += (text[i] in "([") - (text[i] in ")]")
        if text[i] in ",;:" and text[i + 1 : i + 2] == " " and not depth:
            found.append((separator, text[start:i]))
            separator, start = text[i : i + 2], i + 2
        i += 1
    return [*found, (separator, text[start:])]


def _lines(sentence: str) -> list[str]:
    """A sentence with one formula, or the formulas of `v <- ...;  w <- ...`, each on its own line."""
    parts = re.split(r";\s+", sentence)
    if sum(bool(_EQUATION.search(part)) for part in parts) > 1:
        return [_trimmed(part) for part in parts]
    return [_trimmed(sentence)]


def _trimmed(text: str) -> str:
    return text if text.endswith("...") else text.rstrip(".;: ")


def _without_arguments(cls: Any, text: str) -> str:
    """A paragraph without its sentences about arguments, which the table has."""
    start = argument_sentences(cls).search(text)
    return text[: start.start()].strip() if start else text


def _sentences(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"(?<=[^.]\.)\s+(?=\S)", text) if part.strip()]
