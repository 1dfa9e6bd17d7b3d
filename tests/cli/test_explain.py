"""nnctl explain, in the test's process."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from nnctl import cli


def nnctl(*arguments):
    return CliRunner().invoke(cli.program, arguments)


def test_without_a_topic_it_lists_them():
    result = nnctl("explain")
    assert result.exit_code == 0
    assert "LSTM" in result.output and "binary_crossentropy" in result.output


def test_a_topic_is_explained():
    result = nnctl("explain", "layer", "relu")
    assert result.exit_code == 0
    assert "Rectifier: y = max(x, 0)" in result.output


def test_json_has_the_same_as_data():
    page = json.loads(nnctl("explain", "tanh", "--json").output)
    assert page["topic"] == "tanh" and page["derivative"] == "1 - y ** 2"
    assert "LSTM" in json.loads(nnctl("explain", "--json").output)["layer"]


def test_html_writes_a_page(tmp_path):
    file = tmp_path / "adam.html"
    result = nnctl("explain", "adam", "--html", str(file))
    assert result.exit_code == 0 and result.output == f"wrote {file}\n"
    assert "race-data" in file.read_text(encoding="utf-8")


def test_html_needs_a_topic(tmp_path):
    assert nnctl("explain", "--html", str(tmp_path / "all.html")).exit_code != 0


def test_an_unknown_topic_suggests_others():
    result = nnctl("explain", "adamm")
    assert result.exit_code == 2 and "did you mean adam" in result.output


def test_the_name_of_a_family_lists_it():
    result = nnctl("explain", "optimizers")
    assert "a step downhill, against the gradient" in result.output and "Flatten" not in result.output
    assert "epoch" in json.loads(nnctl("explain", "ideas", "--json").output)


@pytest.mark.parametrize(("name", "family"), [("layer", "layers"), ("Metric", "metrics"), ("callback", "callbacks"),
                                              ("층", "layers"), ("초기화 방법", "initializers")])  # fmt: skip
def test_other_names_of_families(name, family):
    assert nnctl("explain", name).output == nnctl("explain", family).output


@pytest.mark.parametrize("name", ["loss", "activation", "optimizer", "손실함수", "규제"])
def test_a_topic_goes_before_its_family(name):
    assert "in a sentence" not in nnctl("explain", name).output


def test_a_topic_loads_nothing_heavy():
    code = (
        "import sys; from click.testing import CliRunner; from nnctl import cli\n"
        "assert CliRunner().invoke(cli.program, ['explain', 'relu']).exit_code == 0\n"
        "print({'duckdb', 'numba', 'pydantic', 'yaml', 'nnctl.engine', 'nnctl.training'} & set(sys.modules))\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8")
    assert ran.stdout == "set()\n", ran.stderr
