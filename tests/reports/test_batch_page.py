"""The page of `explain-batches --html` without a browser; tests/browser/ opens it in one."""

import json
import re

from click.testing import CliRunner

from nnctl import cli


def test_a_page_is_written_and_needs_nothing_else(tmp_path):
    file = tmp_path / "lesson.html"
    result = CliRunner().invoke(cli.program, ["explain-batches", "iris", "--html", str(file)])
    assert result.exit_code == 0 and f"wrote {file}" in result.stdout
    text = file.read_text(encoding="utf-8")
    assert not re.search(r"(src|href)=\"(?!data:)|@import|url\(", text)
    data = json.loads(re.search(r'id="lesson-data">(.*?)</script>', text)[1])
    assert (data["samples"], data["size"], data["epochs"]) == (90, 16, 50)
    assert data["learning_rate"] == 0.01 and data["rule"] == "square root" and data["memory"][1] > 0


def test_json_stays_json_beside_a_page(tmp_path):
    arguments = ["explain-batches", "--samples", "9", "--html", str(tmp_path / "a.html"), "--json"]
    assert json.loads(CliRunner().invoke(cli.program, arguments).stdout)["samples"] == 9
    assert (tmp_path / "a.html").exists()


def test_the_config_is_never_overwritten(tmp_path):
    config = tmp_path / "c.yaml"
    config.write_text("dataset: iris\nlayers: []\nloss: mse\n")
    result = CliRunner().invoke(cli.program, ["explain-batches", str(config), "--html", str(config)])
    assert result.exit_code == 2 and config.read_text().startswith("dataset: iris")
