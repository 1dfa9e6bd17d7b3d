"""Languages: which one a command speaks, and that the catalogues are complete."""

import ast
import gettext
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from nnctl import cli, translation
from nnctl.translation import _, language, language_of_locale, plural, use_language

sys.path.insert(0, str(Path(__file__).parents[1] / "docs"))

import translation_texts  # it lies beside the script that uses it


@pytest.fixture(autouse=True)
def english_again():
    yield
    use_language("en")


@pytest.mark.parametrize("environment, expected", [
    ({}, "en"),
    ({"LANG": "ko_KR.UTF-8"}, "ko"),
    ({"LANG": "ko"}, "ko"),
    ({"LANG": "ko_KR.eucKR@x"}, "ko"),
    ({"LANG": "de_DE.UTF-8"}, "en"),
    ({"LANG": "ko_KR.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, "en"),
    ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "ko_KR.UTF-8"}, "ko"),
    ({"LC_ALL": "C", "LANG": "ko_KR.UTF-8"}, "en"),
    ({"LC_ALL": "", "LANG": "ko_KR.UTF-8"}, "ko"),
    ({"LANG": "en_US.UTF-8", "LANGUAGE": "ko"}, "ko"),
    ({"LANG": "en_US.UTF-8", "LANGUAGE": "de:ko:en"}, "ko"),
    ({"LANG": "ko_KR.UTF-8", "LANGUAGE": "en:ko"}, "en"),
    ({"LANG": "C.UTF-8", "LANGUAGE": "ko"}, "en"),
    ({"LANGUAGE": "ko"}, "en"),
])  # fmt: skip
def test_the_language_of_a_locale(environment, expected):
    assert language_of_locale(environment) == expected


def test_english_texts_stay_as_they_are():
    assert language() == "en" and _("a text") == "a text" and _("") == ""
    assert [plural("{n} row", "{n} rows", n) for n in (0, 1, 2)] == ["{n} rows", "{n} row", "{n} rows"]


def test_korean():
    use_language("ko-KR")
    assert language() == "ko"
    assert _("Show a traceback when an error occurs.") == "오류가 나면 트레이스백을 보여 줍니다."
    assert _("no such text in the catalogue") == "no such text in the catalogue" and _("") == ""


def test_an_unknown_language_is_refused():
    with pytest.raises(ValueError, match=r"'fr'; allowed: en, ko"):
        use_language("fr")
    assert language() == "en"


@pytest.mark.parametrize("arguments, environment, expected", [
    (["--lang", "ko"], {}, "ko"),
    (["--lang=ko"], {}, "ko"),
    (["datasets", "--lang", "ko"], {}, "ko"),
    (["--lang", "ko", "datasets"], {}, "ko"),
    (["--lang", "en", "datasets", "--lang", "ko"], {}, "ko"),
    (["datasets", "--help", "--lang", "ko"], {}, "ko"),
    (["datasets"], {"NNCTL_LANG": "ko"}, "ko"),
    (["datasets"], {"NNCTL_LANG": "", "LC_ALL": "", "LC_MESSAGES": "", "LANG": "ko_KR.UTF-8"}, "ko"),
    (["datasets", "--lang", "en"], {"NNCTL_LANG": "ko"}, "en"),
    (["datasets"], {"NNCTL_LANG": "en", "LANG": "ko_KR.UTF-8"}, "en"),
])  # fmt: skip
def test_the_language_of_a_command(arguments, environment, expected):
    assert CliRunner(env=environment).invoke(cli.program, arguments).exit_code == 0
    assert language() == expected


@pytest.mark.parametrize("arguments, environment, source", [
    (["datasets", "--lang", "fr"], {}, "--lang"),
    (["--lang", "fr", "datasets"], {}, "--lang"),
    (["datasets"], {"NNCTL_LANG": "fr"}, "NNCTL_LANG"),
])  # fmt: skip
def test_an_unknown_language_is_named_with_the_choices(arguments, environment, source):
    done = CliRunner(env=environment).invoke(cli.program, arguments)
    assert done.exit_code == 2
    assert f"error: {source}: there is no translation into 'fr'; languages: en (English), ko (한국어)" in done.output


def test_english_loads_no_catalogue():
    code = "import sys, nnctl; assert 'nnctl.translation' not in sys.modules; import nnctl.translation as t; " \
           "t.use_language('en'); assert t._('x') == 'x' and 'gettext' not in sys.modules"  # fmt: skip
    subprocess.run([sys.executable, "-c", code], check=True)


CATALOGUES = sorted(translation.CATALOGUES.rglob("*.po"))
TEXTS = translation_texts.texts()


def test_every_language_has_a_catalogue():
    assert {path.parents[1].name for path in CATALOGUES} == set(translation.LANGUAGES) - {"en"}


def entries(path):
    """(flags, the text or its singular and plural, the translations) of each entry of a .po file."""
    for block in path.read_text(encoding="utf-8").strip().split("\n\n")[1:]:
        flags = re.findall(r"^#(?:, .*fuzzy|[~|]).*", block, re.MULTILINE)
        fields = re.findall(r'^(msg\w+)(?:\[\d\])? ((?:".*"\n?)+)', block, re.MULTILINE)
        values = [(key, "".join(map(ast.literal_eval, lines.splitlines()))) for key, lines in fields]
        yield flags, *(tuple(text for key, text in values if key.startswith(start)) for start in ("msgid", "msgstr"))


def placeholders(text):
    return sorted(set(re.findall(r"{\w*(?:![rs])?(?::[^{}]*)?}", text)))


@pytest.mark.parametrize("path", CATALOGUES, ids=str)
def test_a_catalogue_translates_every_text_and_nothing_else(path):
    told = "see docs/make_translations.py"
    found = {text: translated for _flags, text, translated in entries(path) if translated[0]}
    assert not [text for text in TEXTS if not all(found.get(text, [""]))], f"without a translation; {told}"
    assert not [text for text in found if text not in TEXTS], f"no longer in the source; {told}"
    assert not [text for flags, text, _translated in entries(path) if flags], f"marked fuzzy or obsolete; {told}"


@pytest.mark.parametrize("path", CATALOGUES, ids=str)
def test_translations_have_the_placeholders_of_their_texts(path):
    for _flags, text, translated in entries(path):
        for one in filter(None, translated):
            assert placeholders(one) == placeholders(text[-1]), text


@pytest.mark.parametrize("path", CATALOGUES, ids=str)
def test_the_compiled_catalogue_is_current(path):
    with path.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    found = {text[0]: translated[0] for _flags, text, translated in entries(path) if translated[0]}
    assert compiled._catalog.keys() - {""} == {text if text in compiled._catalog else (text, 0) for text in found}
    assert {text: compiled.ngettext(text, text, 2) if (text, 0) in compiled._catalog else compiled.gettext(text)
            for text in found} == found, "run `python docs/make_translations.py`"  # fmt: skip
