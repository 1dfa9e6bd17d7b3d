"""nnctl runs: the runs of a folder, the newest first, with those that are not finished."""

import json

import pytest
from small_runs import nnctl, train

CONFIG = """
name: {name}
dataset: {dataset}
layers: [{{Dense: {{units: 8, activation: relu}}}}, {{Dense: {{units: 8, activation: relu}}}}, {{Dense: {last}}}]
loss: {loss}
epochs: 3
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("runs")
    flowers = CONFIG.format(name="flowers", dataset="iris", last="{units: 3, activation: softmax}",
                            loss="sparse_categorical_crossentropy")  # fmt: skip
    train(place, flowers, "flowers")
    train(place, CONFIG.format(name="sugar", dataset="diabetes", last="{units: 1}", loss="mse"), "sugar")
    stopped = place / "stopped"
    stopped.mkdir()
    (stopped / "config.yaml").write_text((place / "flowers" / "config.yaml").read_text())
    lines = (place / "flowers" / "events.jsonl").read_text().splitlines()
    (stopped / "events.jsonl").write_text("\n".join([*lines[:3], lines[3][:40]]))  # killed while it wrote a line
    return place


def listed(*arguments):
    result = nnctl("runs", *arguments, "--json")
    assert result.exit_code == 0, result.output
    return {run["folder"].rpartition("/")[2]: run for run in json.loads(result.stdout)}


def test_the_newest_comes_first(folder):
    assert list(listed(folder)) == ["sugar", "flowers", "stopped"]


def test_what_a_run_is(folder):
    run = listed(folder)["flowers"]
    evaluated = json.loads(nnctl("eval", folder / "flowers", "--json").stdout)["metrics"]
    assert run["dataset"] == "iris" and run["model"] == "Dense 8 × 2, Dense 3" and run["state"] == "finished"
    assert (run["epochs"], run["planned_epochs"], run["metric"]) == (3, 3, "accuracy")
    assert run["test"] == pytest.approx(evaluated["accuracy"]) and 0 <= run["value"] <= 1


def test_a_run_that_was_killed(folder):
    run = listed(folder)["stopped"]
    assert (run["state"], run["epochs"], run["planned_epochs"], run["test"]) == ("stopped", 2, 3, None)


def test_the_table(folder):
    result = nnctl("runs", folder)
    lines = result.stdout.splitlines()
    assert lines[1].split()[:2] == ["sugar", "diabetes"] and lines[3].split()[0] == "stopped"
    assert "2/3" in lines[3] and f"nnctl report {folder}/sugar" in result.stdout


def test_no_runs(tmp_path):
    result = nnctl("runs", tmp_path)
    assert result.exit_code == 0 and "no runs in" in result.stdout
    assert nnctl("runs", tmp_path / "nowhere").exit_code == 2


def test_the_folder_of_one_run(folder):
    result = nnctl("runs", folder / "sugar")
    assert result.exit_code == 2 and "nnctl report" in result.output
