"""Notes in the language of the reader.

Notes on data and training are sentences in English, as a run's folder keeps them. Here they are recognised by the
patterns they were made from, and shown in the language of whoever reads them. A note without a pattern stays English.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from nnctl.translation import ENGLISH, _, language

_PLACEHOLDER = re.compile(r"{([a-z_]+)}")  # `{rate: 0.3}` in a note is YAML
_LISTS = (re.compile(r", |; "), re.compile(r"(?<=\)), "))  # the entries of the second contain commas
# Placeholders of the user's own words, which stay as they are: a column may be called `test`.
_OWN = {"name", "names", "list", "map", "word", "words", "zero", "one", "classes", "example", "file", "target", "other"}


def translated(note: str) -> str:
    """A note in the language of the reader."""
    if language() == ENGLISH:
        return note
    from nnctl.reports.notes.patterns import NOTES  # imported here: English needs none

    return _by_pattern(note, NOTES) or note


def translated_origin(origin: str) -> str:
    """Where a value of a config comes from: "line 4", "default" or "--set"."""
    if language() == ENGLISH:
        return origin
    from nnctl.reports.notes.patterns import ORIGINS  # imported here: English needs none

    return _by_pattern(origin, ORIGINS) or origin


def environment_words(environment: Mapping[str, Any]) -> dict[str, str]:
    """The environment of a run in words, without what is not known."""
    known = {key: _words(value) for key, value in environment.items() if value not in (None, "", [], {})}
    if isinstance(command := environment.get("command"), list):
        known["command"] = shlex.join(map(str, command))
    return known


def _words(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_words(one)}" for key, one in value.items())
    if isinstance(value, list):
        return ", ".join(map(_words, value))
    return "" if value is None else translated_origin(str(value))


def translated_values(values: str) -> str:
    """The values of a column: "4.3 to 7.9", or names."""
    if language() == ENGLISH:
        return values
    from nnctl.reports.notes.patterns import VALUES  # imported here: English needs none

    return _by_pattern(values, VALUES) or values


def _by_pattern(text: str, patterns: Sequence[str]) -> str | None:
    for pattern in patterns:
        if found := _compiled(pattern).fullmatch(text):
            values = {name: value if name in _OWN else _part(value) for name, value in found.groupdict().items()}
            return _filled(_(pattern), values)
    return None


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda match: values[match[1]], text)


def _part(value: str) -> str:
    """What stands in a placeholder: itself, or translated if it consists of words of nnctl."""
    from nnctl.reports.notes.patterns import PARTS  # imported here: English needs none

    for separator in _LISTS:
        known = [_by_pattern(piece, PARTS) for piece in separator.split(value)]
        if len(known) > 1 and all(known):
            return ", ".join(filter(None, known))
    return _by_pattern(value, PARTS) or value


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts, seen = [], set()
    for i, piece in enumerate(_PLACEHOLDER.split(pattern)):
        if i % 2 == 0:
            parts.append(re.escape(piece))
        else:
            parts.append(f"(?P={piece})" if piece in seen else f"(?P<{piece}>.+?)")
            seen.add(piece)
    return re.compile("".join(parts), re.DOTALL)
