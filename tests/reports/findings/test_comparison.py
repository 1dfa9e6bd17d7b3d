"""Several runs side by side."""

import copy

import pytest
from trained_kinds import trained, write_data

import nnctl
from nnctl.reports.findings import findings_of
from nnctl.reports.findings.comparison import comparison_of, short_names
from nnctl.reports.report_markdown import markdown_of


@pytest.fixture(scope="module")
def document(tmp_path_factory):
    folder = tmp_path_factory.mktemp("several")
    write_data(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        first = trained("classes", folder)
        nnctl.train("c.yaml", folder=folder / "longer", epochs=9, overrides={"optimizer.adam.learning_rate": 0.03})
        return findings_of([first, folder / "longer", first])


def test_what_differs(document):
    found = document["comparison"]
    differ = {row["key"]: row["values"] for row in found["config_differences"]}
    assert differ == {"epochs": ["3", "9", "3"], "optimizer.adam.learning_rate": ["0.001", "0.03", "0.001"]}
    assert found["comparable"] and found["sentences"] == []


def test_the_best_run(document):
    found, runs = document["comparison"], document["runs"]
    rows = {row["name"]: row for row in found["metrics"]}
    accuracies = [run["evaluation"]["metrics"]["accuracy"] for run in runs]
    assert rows["accuracy"]["values"] == accuracies and rows["accuracy"]["best_index"] == 1
    assert rows["loss"]["better"] == "min" and rows["epochs"]["values"] == [3, 9, 3]
    assert rows["seconds"]["best_index"] is None
    assert found["verdict"].startswith(f"By accuracy, {found['names'][1]} is best")
    assert {"loss", "val_loss", "accuracy"} <= set(found["charts"])
    assert "optimizer.adam.learning\\_rate" in markdown_of(document)


def test_equal_runs(document):
    runs = [document["runs"][0], document["runs"][2]]
    assert comparison_of(runs)["verdict"].count("equally good") == 2  # by accuracy, and by the loss
    better = copy.deepcopy(runs)
    better[1]["evaluation"]["metrics"]["loss"] -= 0.1
    verdict = comparison_of(better)["verdict"]
    assert verdict.startswith("By accuracy, all runs are equally good") and "By loss, classes (2) is best" in verdict


def test_runs_that_cannot_be_compared(document):
    other = copy.deepcopy(document["runs"][1])
    other["environment"]["data"] = "other rows"
    other["evaluation"]["split"] = "validation"
    found = comparison_of([document["runs"][0], other])
    assert not found["comparable"] and len(found["sentences"]) == 2
    other["evaluation"] = None
    found = comparison_of([document["runs"][0], other])
    assert any("could not be evaluated" in text for text in found["sentences"])
    accuracy = next(row for row in found["metrics"] if row["name"] == "accuracy")
    assert accuracy["values"][1] == other["history"]["series"]["val_accuracy"][-1]


@pytest.mark.parametrize(
    ("folders", "names"),
    [
        (["runs/a", "runs/b"], ["a", "b"]),
        (["one/run/", "two/run"], ["one/run", "two/run"]),
        (["runs/a", "runs/a"], ["a (1)", "a (2)"]),
    ],
)
def test_short_names(folders, names):
    assert short_names(folders) == names
