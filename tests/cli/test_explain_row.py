"""nnctl explain RUN --row N, in the test's process."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import nnctl
from nnctl import cli
from nnctl.reports.walkthrough.numbers import number


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return nnctl.train("iris", epochs=2, folder=tmp_path_factory.mktemp("explained") / "iris")


def explained(*arguments):
    return CliRunner().invoke(cli.program, ["explain", *map(str, arguments)])


def test_a_row_is_explained(run):
    result = explained(run.folder, "--row", 2, "--split", "train")
    assert result.exit_code == 0
    assert "Row 2 of the train split" in result.output and "One step of the optimizer" in result.output


def test_one_layer_is_shown_whole(run):
    result = explained(run.folder, "--row", 1, "--layer", "dense_1")
    assert result.exit_code == 0
    assert "more rows" not in result.output and "dense: Dense" not in result.output
    kernel = run.model.program.view("dense_1/kernel")
    assert all(number(value) in result.output for value in kernel.reshape(-1))


def test_json_has_all_numbers(run):
    found = json.loads(explained(run.folder, "--row", 5, "--json").output)
    *values, species = Path(found["source"]).read_text(encoding="utf-8").splitlines()[found["name"]].split(",")
    assert found["targets"]["dense_1"] == run.classes.index(species)
    features = {name: [float(value)] for name, value in zip(run.features, values, strict=True)}
    p = run.predict_proba(features)
    np.testing.assert_allclose(found["outputs"]["dense_1"], p[0], rtol=1e-6)
    before, new = (np.array(found["optimizer"][key]["dense/kernel"]) for key in ("weights", "new_weights"))
    assert np.abs(new - before).max() == pytest.approx(0.01, rel=1e-3)
    assert (
        found["optimizer"]["loss_after"]
        < found["loss"]
        == pytest.approx(-np.log(p[0, found["targets"]["dense_1"]]), rel=1e-4)
    )


def test_json_of_one_layer_has_its_steps_only(run):
    every = json.loads(explained(run.folder, "--row", 5, "--json").output)
    found = json.loads(explained(run.folder, "--row", 5, "--json", "--layer", "dense_1").output)
    assert found["steps"] == every["steps"][2:] and found["name"] == every["name"] and "outputs" not in found
    assert [step["name"] for step in found["steps"]] == ["dense_1", "dense_1.softmax"]
    assert "layers: dense, dense_1" in explained(run.folder, "--row", 5, "--json", "--layer", "dens").output


@pytest.mark.parametrize("arguments, code, message", [
    ([], 2, "which row of its data? For example: nnctl explain"),
    (["--row", 31], 2, "a number from 1 to 30"),
    (["--row", 1, "--layer", "dens"], 2, "layers: dense, dense_1"),
    (["--row", 31, "--split", "validation"], 2, "there is no row 31 in the validation split"),
    (["more", "--row", 1], 2, "give one RUN"),
])  # fmt: skip
def test_what_does_not_exist_is_one_message(run, arguments, code, message):
    result = explained(run.folder, *arguments)
    assert (result.exit_code, result.output.count("error:")) == (code, 1)
    assert message in result.output


def test_a_page_is_written(run, tmp_path):
    file = tmp_path / "row.html"
    result = explained(run.folder, "--row", 2, "--html", file)
    assert result.exit_code == 0 and result.output == f"wrote {file}\n"
    assert "Row 2 of the test split" in file.read_text(encoding="utf-8")


def test_a_page_and_json_are_written_together(run, tmp_path):
    file = tmp_path / "row.html"
    assert json.loads(explained(run.folder, "--row", 2, "--html", file, "--json").output)["row"] == 2
    assert file.read_text(encoding="utf-8").startswith("<!doctype html>")
    config = tmp_path / "config.html"
    assert json.loads(explained("iris", "--html", config, "--json").output)["lines"] and config.is_file()


def test_options_of_a_row_need_one():
    assert "work only with --row" in explained("relu", "--layer", "dense").output
