"""Texts for people in their own language: English, which stands in the source, or a translation from nnctl/locale/.

A text is a whole sentence, and its placeholders are filled in after the translation:

    _("{n} rows were read").format(n=n)
    plural("{n} row", "{n} rows", n).format(n=n)

The library speaks English unless a program calls use_language; the command line calls it by --lang and the locale.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gettext import NullTranslations

ENGLISH = "en"
LANGUAGES = {ENGLISH: "English", "ko": "한국어"}
VARIABLE = "NNCTL_LANG"
CATALOGUES = Path(__file__).parent / "locale"

# The language and its catalogue, replaced as one, so that another thread never sees one without the other.
_chosen: tuple[str, NullTranslations | None] = (ENGLISH, None)


def _(text: str) -> str:
    """The translation of a text; the text itself in English, or if it has none."""
    catalogue = _chosen[1]
    return catalogue.gettext(text) if catalogue and text else text


def N_(text: str) -> str:
    """The text itself. It marks a text of a table for translation, which `_` translates where it is shown."""
    return text


def plural(one: str, many: str, n: int) -> str:
    """The translation of `one` or `many`, as the number needs it; English has `one` for 1 only."""
    catalogue = _chosen[1]
    if catalogue:
        return catalogue.ngettext(one, many, n)
    return one if n == 1 else many


def language() -> str:
    """The code of the language in use: "en" or "ko"."""
    return _chosen[0]


def use_language(name: str) -> None:
    """Chooses the language of the whole process. Raises ValueError for a language that has no translation."""
    global _chosen
    code = known_language(name)
    if code is None:
        raise ValueError(f"unknown language {name!r}; allowed: {', '.join(LANGUAGES)}")
    _chosen = (code, _catalogue(code) if code != ENGLISH else None)


def known_language(name: str) -> str | None:
    """The code in LANGUAGES that a name stands for ("ko_KR.UTF-8" and "ko-KR" for "ko"), or None."""
    code = name.replace("-", "_").partition(".")[0].partition("@")[0].partition("_")[0].strip().lower()
    return code if code in LANGUAGES else None


def language_of_locale(environment: Mapping[str, str] = os.environ) -> str:
    """The language that the locale asks for, by gettext's rules; English if it is none of LANGUAGES.

    The locale is LC_ALL, LC_MESSAGES or LANG, whichever is set first. LANGUAGE, a list such as `ko:en`, goes before it,
    except in the locale C.
    """
    locale = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := environment.get(name))), "C")
    if locale.partition(".")[0] in ("C", "POSIX"):
        return ENGLISH
    wanted = (environment.get("LANGUAGE") or locale).split(":")
    return next((code for name in wanted if (code := known_language(name))), ENGLISH)


@lru_cache
def _catalogue(code: str) -> NullTranslations:
    from gettext import translation  # imported here, so that English does not need it

    return translation("nnctl", CATALOGUES, [code])
