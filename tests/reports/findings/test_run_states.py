"""Runs that are not whole: stopped, killed, still training, without data or model. The report shows what there is."""

import json
import shutil

import pytest
from trained_kinds import trained, write_data

import nnctl
from nnctl.reports.findings import findings_of
from nnctl.reports.findings.run_files import read_run
from nnctl.reports.report_markdown import markdown_of
from nnctl.training.atomic_files import Lock


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("states")
    write_data(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        trained("classes", folder)
    return folder


@pytest.fixture
def run(finished, tmp_path, monkeypatch):
    """A copy of the run, whose data are where they were, in the current folder."""
    shutil.copytree(finished, tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here" / "classes"


@pytest.fixture
def with_data(run):
    """A run with data of its own, in the folder above."""
    return nnctl.train("c.yaml", folder=run.parent / "again").folder


def report(run):
    document = findings_of([run])
    json.dumps(document, allow_nan=False)
    markdown_of(document)
    return document["runs"][0]


def events(run, keep):
    lines = (run / "events.jsonl").read_text().splitlines()
    (run / "events.jsonl").write_text("\n".join(line for line in lines if keep(json.loads(line))) + "\n")


def test_the_data_are_gone(with_data):
    (with_data.parent / "t.csv").unlink()
    found = report(with_data)
    assert len(found["missing"]) == 1 and "could not be read" in found["missing"][0] and "t.csv" in found["missing"][0]
    assert found["evaluation"] is None and found["outputs"] == [] and found["importance"] is None
    assert found["weights"] and found["history"]["epochs"] == [1, 2, 3] and found["graph_svg"] and found["batches"]
    assert found["verdict"]["grade"] == "unknown"


def test_the_data_have_changed(with_data):
    with (with_data.parent / "t.csv").open("a") as file:
        file.write("1,1,r,yes,x,1,1,1,1,0.5,1\n" * 9)
    [missing] = report(with_data)["missing"]
    assert "the data have changed since the model was trained" in missing


def test_values_of_the_data_have_changed(with_data):
    """As many rows as before are evaluated, and the report says that they are not those of then."""
    assert "data_changed" not in [each["rule"] for each in report(with_data)["verdict"]["sentences"]]
    table = with_data.parent / "t.csv"
    table.write_text(table.read_text().replace(",x,", ",z,"))
    found = report(with_data)
    [changed] = [each for each in found["verdict"]["sentences"] if each["rule"] == "data_changed"]
    assert f"{found['evaluation']['recorded']['test']['loss']:.4f}; now it is" in changed["text"]


@pytest.mark.parametrize("damage", ["missing", "damaged"])
def test_the_model_is_not_there(run, damage):
    model = run / "model.safetensors"
    model.unlink() if damage == "missing" else model.write_bytes(model.read_bytes()[:-9])
    found = report(run)
    [missing] = found["missing"]
    assert damage in missing and found["weights"] == [] and found["history"] and found["config"]
    assert found["facts"]["model"] == "Dense 8, Dense 3"


def test_a_run_that_was_killed(run):
    events(run, lambda event: event["event"] != "RunEnded" and event.get("epoch") != 3)
    with (run / "events.jsonl").open("a") as file:
        file.write('{"event": "EpochEn')
    found = report(run)
    assert found["state"] == "stopped" and found["history"]["reason_ended"] is None
    assert "cut off after 2 of 3 epochs" in found["history"]["ended"]
    [resume] = [each for each in found["verdict"]["suggestions"] if each["rule"] == "interrupted"]
    assert f"nnctl train --resume {run}" in resume["text"]


def test_a_run_that_still_trains(run):
    events(run, lambda event: event["event"] != "RunEnded")
    (run / "model.safetensors").unlink()
    with Lock(run):
        found = report(run)
    assert found["state"] == "running" and "still running" in found["history"]["ended"]
    assert found["missing"] and "when the run ends" in found["missing"][0]
    assert "still training" in found["verdict"]["headline"]
    assert not any(each["rule"] == "interrupted" for each in found["verdict"]["sentences"])


def test_a_run_whose_loss_was_no_number(run):
    text = (run / "events.jsonl").read_text().replace('"reason": "done"', '"reason": "nan"')
    (run / "events.jsonl").write_text(text)
    found = report(run)
    assert found["verdict"]["grade"] == "poor" and found["verdict"]["sentences"][0]["rule"] == "diverged"
    assert "learning_rate: 0.0001" in found["verdict"]["suggestions"][0]["yaml"]


@pytest.mark.parametrize("gone", ["events.jsonl", "environment.json", "metrics.csv", "checkpoints"])
def test_a_file_of_the_run_is_gone(run, gone):
    place = run / gone
    shutil.rmtree(place) if place.is_dir() else place.unlink()
    found = report(run)
    assert found["evaluation"]["metrics"]["accuracy"] >= 0 and found["missing"] == []
    assert (found["history"] is None) == (gone == "events.jsonl")


def test_a_config_that_this_version_does_not_know(run):
    text = (run / "config.yaml").read_text()
    (run / "config.yaml").write_text("of_the_future: 1\n" + text)
    found = report(run)
    assert found["facts"]["dataset"] is None and found["history"] and found["config"][0]["key"] == "of_the_future"


def test_a_run_on_rows_in_memory(tmp_path):
    rows = {"x": [0.1 * i for i in range(40)], "y": [0.2 * i for i in range(40)]}
    config = {"dataset": {"target": "y"}, "layers": [{"Dense": {"units": 1}}], "loss": "mse", "epochs": 2}
    nnctl.train(config, data=rows, folder=tmp_path / "run")
    [missing] = report(tmp_path / "run")["missing"]
    assert "rows that a program passed" in missing


def test_a_resumed_run_counts_each_epoch_once(run):
    nnctl.resume(run, epochs=5)
    found = read_run(run)
    assert [event["epoch"] for event in found.epochs] == [1, 2, 3, 4, 5] and found.started["first_epoch"] == 4
    assert report(run)["history"]["epochs"] == [1, 2, 3, 4, 5]


def test_the_time_of_a_resumed_run_is_that_of_all_its_parts(run):
    before = read_run(run)
    nnctl.resume(run, epochs=5)
    after = read_run(run)
    parts = sum(epoch["seconds"] for epoch in before.epochs), after.ended["seconds"]
    assert report(run)["facts"]["seconds"] == pytest.approx(sum(parts), rel=1e-6) and min(parts) > 0


def test_epochs_that_were_trained_twice(run):
    lines = [json.loads(line) for line in (run / "events.jsonl").read_text().splitlines()]
    started = {**lines[0], "first_epoch": 2}
    again = {**next(line for line in lines if line.get("epoch") == 2), "seconds": 77.0}
    (run / "events.jsonl").write_text("".join(json.dumps(line) + "\n" for line in [*lines[:4], started, again]))
    found = read_run(run)
    assert [event["epoch"] for event in found.epochs] == [1, 2] and found.epochs[1]["seconds"] == 77.0


def test_the_model_stands_for_its_folder(run):
    assert report(run / "model.safetensors")["folder"] == str(run)


def test_a_run_of_the_torch_engine_needs_no_torch(run):
    """Its model is computed by nnctl's own engine."""
    text = (run / "config.yaml").read_text()
    (run / "config.yaml").write_text(text.replace("backend: numpy", "backend: torch"))
    found = report(run)
    assert found["missing"] == [] and found["evaluation"]["metrics"]["accuracy"] >= 0
    assert {"key": "engine.backend", "value": "torch"}.items() <= next(
        each for each in found["config"] if each["key"] == "engine.backend"
    ).items()


def test_a_column_that_gives_the_target_away(run):
    """p is 1 where the target is yes; the name of the other column is no markup."""
    config = """
    dataset: {path: t.csv, target: yes, features: [p, b, <script>]}
    layers: [{Dense: {units: 1, activation: sigmoid}}]
    loss: binary_crossentropy
    optimizer: {adam: {learning_rate: 0.3}}
    epochs: 30
    """
    (run.parent / "leak.yaml").write_text(config)
    nnctl.train("leak.yaml", folder="leak")
    found = report(run.parent / "leak")
    assert found["importance"]["columns"][0]["column"] == "p"
    assert {each["column"] for each in found["importance"]["columns"]} == {"p", "b", "<script>"}
    assert "leakage" in [each["rule"] for each in found["verdict"]["sentences"]]
    [advice] = [each for each in found["verdict"]["suggestions"] if each["rule"] == "leakage"]
    assert 'features: [b, "<script>"]' in advice["yaml"]
