"""train --profile: where the time of an iteration goes."""

import json

from click.testing import CliRunner

from nnctl import cli


def nnctl(*arguments):
    return CliRunner().invoke(cli.program, list(arguments))


def test_every_layer_and_phase_is_shown_below_the_table_of_epochs(tmp_path):
    done = nnctl("train", "iris", "--profile", "--epochs", "3", "--run", str(tmp_path / "run"))
    assert done.exit_code == 0
    epochs, profile = done.output.split("time per iteration")
    assert "next  nnctl eval" in epochs
    for title in ("batch", "layers", "update", "metrics", "output", "dense.relu", "dense_1", "loss of dense_1"):
        assert any(line.startswith(title + " ") for line in profile.splitlines()), title


def test_as_json_it_is_an_event(tmp_path):
    done = nnctl("train", "iris", "--profile", "--epochs", "3", "--json", "--run", str(tmp_path / "run"))
    [event] = [e for e in map(json.loads, done.stdout.splitlines()) if e["event"] == "profiled"]
    assert event["iterations"] == 18
    assert event["phases"]["layers"] > 0
    assert {name for name, _, _ in event["layers"]} >= {"dense", "dense.relu", "dense_1"}
    layers = sum(forward + backward for _, forward, backward in event["layers"])
    assert 0.1 < layers / event["phases"]["layers"] < 10  # a busy machine interrupts either clock


def test_a_resumed_run_has_no_profile(tmp_path):
    done = nnctl("train", "--resume", str(tmp_path), "--profile")
    assert done.exit_code == 2 and "--profile" in done.output
