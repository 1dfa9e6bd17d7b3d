"""What a declared class and each of its arguments do, in sentences: from its docstring, `argument_texts` and
`component_argument_texts`.

A docstring of a plug-in describes an argument by a sentence that begins with its name and a colon
("patience: epochs to wait."), or with several names ("validation, test: fractions of all rows.").
"""

from __future__ import annotations

import inspect
import re

from nnctl.components.registry import Declared
from nnctl.config.argument_texts import OF_CLASS
from nnctl.config.component_argument_texts import COMMON, OF_COMPONENT


def summary(cls: type[Declared]) -> str:
    """The first sentence of the class's docstring."""
    text = " ".join(inspect.cleandoc(cls.__doc__ or "").split("\n\n")[0].split())
    return re.split(r"(?<=[.;])\s(?=[A-Z`])", text, maxsplit=1)[0]


def descriptions(cls: type[Declared]) -> dict[str, str]:
    """argument -> what it does."""
    documented: dict[str, str] = {}
    for home in reversed(cls.__mro__):
        if home is not Declared and issubclass(home, Declared):
            documented |= _of_docstring(home, cls)
    found = COMMON | documented if _is_foreign(cls) else documented | COMMON
    for home in reversed(cls.__mro__):
        found |= OF_CLASS.get(home.__name__, {}) | OF_COMPONENT.get(home.__name__, {})
    return {name: found.get(name, "") for name in cls.model_fields}


def argument_sentences(cls: type[Declared]) -> re.Pattern[str]:
    """Where sentences about arguments begin in the class's docstring; the group holds the names."""
    one = "|".join(sorted(map(re.escape, cls.model_fields), key=len, reverse=True)) or "(?!)"
    return re.compile(rf"(?:^|(?<=[.;:] ))((?:{one})(?:(?:, | and )(?:{one}))*): ")


def _is_foreign(cls: type[Declared]) -> bool:
    """Whether a plug-in declares the class, whose docstring then knows best."""
    return not cls.__module__.startswith("nnctl.")


def _of_docstring(home: type[Declared], cls: type[Declared]) -> dict[str, str]:
    found: dict[str, str] = {}
    for paragraph in inspect.cleandoc(home.__dict__.get("__doc__") or "").split("\n\n"):
        _, *rest = argument_sentences(cls).split(" ".join(paragraph.split()))
        for names, text in zip(rest[::2], rest[1::2], strict=True):
            sentence = re.sub(r" ?Source: .*", "", text).strip().rstrip(";")
            for name in re.split(", | and ", names):
                found[name] = sentence[:1].upper() + sentence[1:] + ("" if sentence.endswith(".") else ".")
    return found
