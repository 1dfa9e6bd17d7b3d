"""The commands, in the test's process, or in a process of their own where that matters."""

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from nnctl import cli
from nnctl import config as spec
from nnctl.data.catalog.bundled import bundled_path
from nnctl.data.catalog.download import FETCHED, find
from nnctl.training.batch_plan import Plan

CONFIGS = Path(__file__).parents[2] / "configs"


def nnctl(*arguments):
    return CliRunner().invoke(cli.program, [str(a) for a in arguments])


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "iris"
    result = nnctl("train", CONFIGS / "iris.yaml", "--run", folder, "--epochs", 30)
    assert result.exit_code == 0, result.output
    return folder


def test_train_prints_epochs_and_test_metrics_beside_the_baseline(tmp_path):
    result = nnctl("train", "iris", "--run", tmp_path / "r", "--epochs", 3)
    assert result.exit_code == 0
    for words in ("baseline", "3 epochs × 6 iterations", "accuracy", "test", f"nnctl eval {tmp_path / 'r'}"):
        assert words in result.output
    assert "\x1b" not in result.output


def test_train_json_prints_one_event_per_line(tmp_path):
    result = nnctl("train", "iris", "--run", tmp_path / "r", "--epochs", 2, "--json")
    events = [json.loads(line) for line in result.stdout.splitlines()]
    names = [event["event"] for event in events]
    assert names[0] == "run_started" and names[-1] == "run_ended"
    assert names.count("epoch_ended") == 2 and names.count("iteration_ended") == 12


def test_train_quiet_is_one_line(tmp_path):
    result = nnctl("train", "iris", "--run", tmp_path / "r", "--epochs", 2, "--quiet")
    assert len(result.stdout.splitlines()) == 1 and "accuracy" in result.stdout


def test_the_run_folder_has_all_its_files(run):
    names = {path.name for path in run.iterdir()}
    assert names == {
        "config.yaml",
        "model.safetensors",
        "checkpoints",
        "metrics.csv",
        "events.jsonl",
        "environment.json",
    }
    text = (run / "config.yaml").read_text()
    assert "units: 16  # line 7" in text and "# --set" in text and "# default" in text
    with open(run / "metrics.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 30 and set(rows[0]) == {"epoch", "loss", "accuracy", "val_loss", "val_accuracy"}


def test_an_existing_run_folder_is_not_overwritten(run):
    result = nnctl("train", "iris", "--run", run)
    assert result.exit_code == 2 and "not empty" in result.stderr and "--resume" in result.stderr


def test_resuming_a_finished_run_says_so(run):
    result = nnctl("train", "--resume", run)
    assert result.exit_code == 2 and "finished" in result.stderr and "--epochs 60" in result.stderr


def test_eval_shows_metrics_confusion_and_classes(run):
    result = nnctl("eval", run)
    assert result.exit_code == 0
    for word in ("accuracy", "setosa", "versicolor", "virginica", "precision", "recall"):
        assert word in result.output
    found = json.loads(nnctl("eval", run, "--json").stdout)
    assert found["rows"] == 30 and found["metrics"]["accuracy"] >= 0.9
    assert np.array(found["confusion"]["species"]).sum() == 30


def test_eval_on_a_file_agrees_with_the_splits(run):
    whole = json.loads(nnctl("eval", run, "--data", bundled_path("iris"), "--json").stdout)
    parts = [json.loads(nnctl("eval", run, "--split", s, "--json").stdout) for s in ("train", "validation", "test")]
    assert whole["rows"] == sum(part["rows"] for part in parts) == 150
    hits = sum(part["metrics"]["accuracy"] * part["rows"] for part in parts)
    assert whole["metrics"]["accuracy"] * 150 == pytest.approx(hits)


def test_predict_gives_one_row_per_row_in_every_format(run, tmp_path):
    result = nnctl("predict", run, bundled_path("iris"))
    rows = list(csv.DictReader(result.stdout.splitlines()))
    assert len(rows) == 150 and rows[0]["species"] == "setosa"
    assert sum(float(rows[7][f"probability_{s}"]) for s in ("setosa", "versicolor", "virginica")) == pytest.approx(1)
    for form in ("csv", "tsv", "json", "jsonl", "parquet", "npz"):
        out = tmp_path / f"out.{form}"
        assert nnctl("predict", run, bundled_path("iris"), "-o", out).exit_code == 0
    assert [row["species"] for row in json.loads((tmp_path / "out.json").read_text())] == [r["species"] for r in rows]
    with np.load(tmp_path / "out.npz", allow_pickle=False) as arrays:
        assert arrays["species"].tolist() == [row["species"] for row in rows]
    import duckdb

    read = duckdb.sql(f"select species from '{tmp_path / 'out.parquet'}'").fetchall()
    assert [word for (word,) in read] == [row["species"] for row in rows]


def test_predict_needs_no_target_and_names_a_missing_column(run, tmp_path):
    table = tmp_path / "new.csv"
    table.write_text("sepal_length,sepal_width,petal_length,petal_width\n5.1,3.5,1.4,0.2\n")
    assert "setosa" in nnctl("predict", run, table).stdout
    table.write_text("sepal_length,sepal_width,petal_length\n5.1,3.5,1.4\n")
    result = nnctl("predict", run, table)
    assert result.exit_code == 2 and "petal_width" in result.stderr


def test_text_that_a_spreadsheet_would_run_is_escaped():
    from nnctl.reports.predictions import pieces

    columns = {"kind": np.array(["=cmd", "+1", "-x", "@y", "plain"], dtype=object), "n": np.array([-1.5, 2, 3, 4, 5])}
    lines = b"".join(pieces(columns, "csv")).decode().splitlines()
    assert lines[1:] == ["'=cmd,-1.5", "'+1,2.0", "'-x,3.0", "'@y,4.0", "plain,5.0"]


def test_summary_counts_parameters():
    found = json.loads(nnctl("summary", CONFIGS / "digits.yaml", "--json").stdout)
    assert found["parameters"] == 64 * 128 + 128 + 128 * 64 + 64 + 64 * 10 + 10
    assert "(None, 128)" in nnctl("summary", CONFIGS / "digits.yaml").stdout


@pytest.mark.parametrize("config", sorted(path.stem for path in CONFIGS.glob("*.yaml")))
def test_check_passes_every_ready_config(config):
    name = spec.load(CONFIGS / f"{config}.yaml").dataset.name
    if name in FETCHED and find(name) is None:
        pytest.skip(f"{name} is not on this machine, and no test goes to the network")
    result = nnctl("check", CONFIGS / f"{config}.yaml")
    assert result.exit_code == 0 and "\nok\n" in result.output


@pytest.mark.parametrize("name", ["config.json", "CONFIG.JSON"])
def test_a_config_may_be_json(name, tmp_path):
    layers = [{"Dense": {"units": 3, "activation": "softmax"}}]
    config = {"dataset": "iris", "layers": layers, "loss": "sparse_categorical_crossentropy"}
    (tmp_path / name).write_text(json.dumps(config), encoding="utf-8")
    result = nnctl("check", tmp_path / name)
    assert result.exit_code == 0, result.output


def test_check_compiles_nothing(monkeypatch):
    def compiles(*arguments):
        raise AssertionError("kernels are chosen")

    monkeypatch.setenv("NNCTL_KERNELS", "numba")
    monkeypatch.setattr("nnctl.training.engines.choose", compiles)
    assert nnctl("check", CONFIGS / "digits_cnn.yaml").exit_code == 0


@pytest.mark.parametrize("template", ["classify", "regress", "digits", "two_inputs"])
def test_init_writes_a_valid_file_and_never_overwrites_one(template, tmp_path):
    path = tmp_path / "mine.yaml"
    assert nnctl("init", template, "-o", path).exit_code == 0
    assert nnctl("check", path).exit_code == 0
    assert nnctl("init", template, "-o", path).exit_code == 2
    assert nnctl("init", template, "-o", path, "--force").exit_code == 0


def test_datasets_lists_and_shows():
    assert {entry["name"] for entry in json.loads(nnctl("datasets", "--json").stdout)} >= {"iris", "cars", "digits"}
    shown = nnctl("datasets", "cars").stdout
    assert "horsepower" in shown and "6 missing" in shown and "StatLib" in shown
    assert nnctl("datasets", "irsi").exit_code == 2


def test_the_schema_contains_every_layer():
    schema = json.loads(nnctl("schema").stdout)
    text = json.dumps([schema["$defs"]["entry"], schema["$defs"]["entry.Dense"]])
    assert '"Dense"' in text and '"units"' in text and '"from"' in text


def test_explain_batches_shows_the_calculation():
    result = nnctl("explain-batches", "--samples", 1000, "--batch-size", 100, "--epochs", 20)
    assert "= ceil(1,000 / 100)" in result.stdout and "= 10 × 20" in result.stdout and "= 200" in result.stdout
    assert "23" in nnctl("explain-batches", "digits").stdout  # the last, partial batch of 1,079 rows
    assert nnctl("explain-batches", "--samples", 0, "--batch-size", 10).exit_code == 2


@settings(max_examples=60, deadline=None)
@given(samples=st.integers(1, 10**9), batch=st.integers(1, 10**9), epochs=st.integers(1, 10**6))
def test_explain_batches_agrees_with_the_plan_of_the_training_loop(samples, batch, epochs):
    plan = Plan(samples, batch, epochs)
    options = ["--samples", samples, "--batch-size", batch, "--epochs", epochs]
    found = json.loads(nnctl("explain-batches", *options, "--json").stdout)
    assert found["iterations_per_epoch"] == plan.iterations_per_epoch
    assert (plan.iterations_per_epoch - 1) * batch + found["last_batch"] == samples
    assert found["total_iterations"] == plan.iterations_per_epoch * epochs
    assert f"{plan.total_iterations:,}" in nnctl("explain-batches", *options).stdout


def test_a_mistyped_command_gets_a_suggestion():
    result = nnctl("trian", "iris")
    assert result.exit_code == 2 and "did you mean train" in result.stderr


def test_a_diverging_loss_stops_with_one_message_and_keeps_the_weights(tmp_path):
    result = nnctl("train", "diabetes", "--run", tmp_path / "r", "--set", "optimizer={sgd: {learning_rate: 1.0e+30}}")
    assert result.exit_code == 1
    message = " ".join(result.stderr.split())
    assert "epoch 1, iteration 1: after its update, weight" in message and "has overflowed" in message
    assert "learning_rate" in message
    assert "Traceback" not in result.output
    assert (tmp_path / "r" / "model.safetensors").exists()


@pytest.mark.parametrize("arguments", [["--help"], ["explain-batches", "--samples", "10", "--batch-size", "3"]])
def test_light_commands_import_nothing_heavy(arguments):
    heavy = "numpy duckdb numba torch pydantic yaml rich" if arguments == ["--help"] else "duckdb numba torch pydantic"
    code = f"import sys; sys.argv = ['nnctl', *{arguments}]\nfrom nnctl.cli import main\ntry:\n    main()\nfinally:\n"
    code += f"    print([name for name in '{heavy}'.split() if name in sys.modules], file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr.strip().endswith("[]")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_saves_the_run_and_it_can_be_resumed(tmp_path, number, code):
    folder = tmp_path / "r"
    command = [sys.executable, "-m", "nnctl", "train", "iris", "--run", str(folder), "--json"]
    process = subprocess.Popen([*command, "--epochs", "100000"], stdout=subprocess.PIPE, text=True)
    for line in process.stdout:
        if '"epoch_ended"' in line:
            break
    os.kill(process.pid, number)
    process.stdout.read()
    assert process.wait(timeout=60) == code
    done = len((folder / "metrics.csv").read_text().splitlines()) - 1
    result = nnctl("train", "--resume", folder, "--epochs", done + 2)
    assert result.exit_code == 0, result.output
    assert len((folder / "metrics.csv").read_text().splitlines()) == done + 3


def test_a_missing_engine_is_refused_before_anything_is_written(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)  # as if it were not installed
    folder = tmp_path / "r"
    assert nnctl("train", "iris", "--run", folder, "--epochs", 1, "--engine", "torch").exit_code == 2
    assert not folder.exists()
    assert nnctl("train", "iris", "--run", folder, "--epochs", 1).exit_code == 0
    before = (folder / "config.yaml").read_bytes()
    refused = nnctl("train", "--resume", folder, "--set", "engine.backend=torch", "--set", "epochs=2")
    assert refused.exit_code == 2 and "pip install 'nnctl[torch]'" in refused.output
    assert (folder / "config.yaml").read_bytes() == before
