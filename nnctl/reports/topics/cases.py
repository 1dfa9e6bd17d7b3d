"""Formulas with two cases, such as `1 where x > 0, else 0`, in the language of the command."""

from __future__ import annotations

import re

from nnctl.translation import _


def derivative_line(formula: str) -> str:
    """The line of a derivative, `dy/dx = ...`."""
    return in_cases(formula if formula.startswith("dy") else f"dy/dx = {formula}")


def in_cases(line: str) -> str:
    """A formula with the words for its cases in the language of the command."""
    cases = {
        "where": _("{value} where {condition}, else {other}"),
        "for": _("{value} for {condition}, else {other}"),
        "with probability": _("{value} with probability {condition}, else {other}"),
    }
    for word, text in cases.items():
        if found := re.fullmatch(rf"(?P<value>.+?) {word} (?P<condition>.+?), else (?P<other>.+)", line):
            return text.format(value=found["value"], condition=found["condition"], other=in_cases(found["other"]))
    return line
