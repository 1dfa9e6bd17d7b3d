"""Languages: which one a command speaks, and that the catalogues are complete."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from nnctl import cli, translation
from nnctl.translation import _, language, language_of_locale, plural, use_language


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


def test_every_language_has_a_catalogue():
    folders = {path.name for path in (translation.CATALOGUES).iterdir()}
    assert folders == set(translation.LANGUAGES) - {"en"}
