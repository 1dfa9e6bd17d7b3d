"""nnctl explain, in the test's process."""

import json

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
