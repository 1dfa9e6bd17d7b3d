"""nnctl explain CONFIG, in the test's process."""

import json

import pytest
from click.testing import CliRunner

from nnctl import cli


def explained(*arguments):
    return CliRunner().invoke(cli.program, ["explain", *arguments])


@pytest.mark.parametrize("name", ["iris", "configs/iris.yaml"])
def test_a_config_is_explained(name):
    result = explained(name)
    assert result.exit_code == 0
    assert " 13 │ batch_size: 16" in result.output and "split into 6 batches" in result.output


def test_json_has_every_line():
    found = json.loads(explained("iris", "--json").output)
    assert found["lines"][3] == {"line": 4, "text": "seed: 1", "meaning": found["lines"][3]["meaning"]}
    assert found["parameters"] == 131 and found["iterations"] == 300


def test_a_mistake_in_a_config_is_one_message(tmp_path):
    file = tmp_path / "c.yaml"
    file.write_text("dataset: iris\nlayers: [Dense: {units: 3}]\nloss: mze\n", encoding="utf-8")
    result = explained(str(file))
    assert result.exit_code == 2 and result.output.count("error:") == 1 and "did you mean" in result.output
    assert "no such config file" in explained(str(tmp_path / "other.yaml")).output
