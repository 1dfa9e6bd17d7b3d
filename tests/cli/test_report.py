"""nnctl report: real runs, reported in every form."""

import json

import pytest
from small_runs import nnctl, train

IRIS = """
dataset: iris
seed: 1
layers: [{Dense: {units: 8, activation: relu}}, {Dense: {units: 3, activation: softmax}}]
loss: sparse_categorical_crossentropy
optimizer: {adam: {learning_rate: 0.03}}
epochs: 12
"""


@pytest.fixture(scope="module")
def iris(tmp_path_factory):
    return train(tmp_path_factory.mktemp("iris"), IRIS)


def reported(*arguments):
    result = nnctl("report", *arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def iris_report(iris):
    return reported(iris)


def test_the_metrics_are_those_of_eval(iris, iris_report):
    [run] = iris_report["runs"]
    found = json.loads(nnctl("eval", iris, "--json").stdout)
    assert run["evaluation"]["metrics"] == pytest.approx(found["metrics"], rel=1e-5)
    assert run["evaluation"]["recorded"]["test"] == pytest.approx(found["metrics"], rel=1e-4)
    assert run["outputs"][0]["confusion"]["matrix"] == found["confusion"]["species"]
    assert run["missing"] == [] and iris_report["comparison"] is None


def test_the_curves_are_those_of_the_run(iris, iris_report):
    history = iris_report["runs"][0]["history"]
    lines = (iris / "metrics.csv").read_text().splitlines()
    assert history["epochs"] == list(range(1, 13)) and lines[0].split(",")[1:] == list(history["series"])
    assert history["series"]["val_loss"][-1] == pytest.approx(float(lines[-1].split(",")[3]), rel=1e-6)
    assert history["reason_ended"] == "done" and history["learning_rate"] == [0.03] * 12


def test_markdown_has_the_same_figures(iris, iris_report):
    text = nnctl("report", iris, "--markdown").stdout
    run = iris_report["runs"][0]
    assert run["verdict"]["headline"] in text
    assert f"{run['evaluation']['metrics']['loss']:.4f}" in text
    assert "| setosa | 10 | 0 | 0 |" in text


def test_one_form_at_a_time(iris):
    result = nnctl("report", iris, "--json", "--markdown")
    assert result.exit_code == 2 and "choose one of" in result.output


def test_what_is_no_run_is_named(tmp_path):
    (tmp_path / "notes.txt").write_text("no run")
    result = nnctl("report", tmp_path, "--json")
    assert result.exit_code == 2 and "config.yaml is missing" in result.output


def test_the_page_is_written_into_the_runs_folder(iris, iris_report):
    result = nnctl("report", iris)
    assert iris_report["runs"][0]["verdict"]["headline"] in " ".join(result.stdout.split())
    assert result.exit_code == 0 and f"wrote {iris / 'report.html'}" in result.stderr.replace("\n", "")
    assert "<html" in (iris / "report.html").read_text()


def test_a_file_of_the_run_is_not_overwritten(iris):
    before = (iris / "config.yaml").read_bytes()
    result = nnctl("report", iris, "-o", iris / "config.yaml")
    assert result.exit_code == 2 and "never overwritten" in result.output
    assert (iris / "config.yaml").read_bytes() == before
