"""The number of parameters is the same everywhere, and a target is named by its column."""

import io
import json

import numpy as np
import pytest

from nnctl import config as spec
from nnctl.api import load
from nnctl.reports.json_output import dumps, jsonable
from nnctl.reports.run_report import JsonReport, PlainReport
from nnctl.reports.summary import show_table
from nnctl.reports.terminal import Terminal
from nnctl.training import dry_run, runner
from nnctl.training.events import RunStarted

PLAIN = "[{Dense: {units: 5, activation: relu}}, {Dense: {units: 3, activation: softmax}}]"
NORMALIZED = "[{Dense: {units: 5, use_bias: false}}, BatchNormalization, {Dense: {units: 3, activation: softmax}}]"
# as Keras' summary: Dense has (inputs + 1) * units; BatchNormalization 2 * units trainable and as many that are not
CASES = {"plain": (PLAIN, 4 * 5 + 5 + 6 * 3, 0), "normalized": (NORMALIZED, 4 * 5 + 2 * 5 + 6 * 3, 2 * 5)}


def piped():
    return Terminal(io.StringIO(), live=False, color=False, unicode=True, width=None)


def text(layers):
    return f"dataset: iris\nlayers: {layers}\nloss: sparse_categorical_crossentropy\n"


@pytest.mark.parametrize("case", CASES)
def test_summary_run_json_and_folder_agree(tmp_path, case):
    layers, trainable, rest = CASES[case]
    total = trainable + rest
    words = f"{total} ({trainable} trainable, {rest} non-trainable)" if rest else str(total)
    summary = dry_run.summary(spec.loads(text(layers)))
    assert (summary.parameters, summary.trainable) == (total, trainable)
    terminal = piped()
    show_table(summary, terminal)
    assert f"parameters     {words}" in terminal.stream.getvalue().splitlines()

    plain, machine, started = piped(), piped(), []
    runner.train(spec.loads(text(layers)), folder=tmp_path / "run",
                 subscribers=[PlainReport(plain), JsonReport(machine), started.append])  # fmt: skip
    assert f"  parameters  {words}" in plain.stream.getvalue().splitlines()
    assert isinstance(started[0], RunStarted)
    first = json.loads(machine.stream.getvalue().splitlines()[0])
    kept = json.loads((tmp_path / "run" / "events.jsonl").read_text().splitlines()[0])
    for found in (first, kept):
        assert (found["parameters"], found["trainable"]) == (total, trainable)


def test_json_calls_the_target_by_its_column(tmp_path):
    """Not by the name that its layer was given."""
    machine = piped()
    runner.train(spec.loads(text(PLAIN)), folder=tmp_path / "run", subscribers=[JsonReport(machine)])
    started = json.loads(machine.stream.getvalue().splitlines()[0])
    assert started["targets"]["species"]["classes"] == ["setosa", "versicolor", "virginica"]
    kept = json.loads((tmp_path / "run" / "events.jsonl").read_text().splitlines()[0])
    assert list(kept["targets"]) == ["species"]
    found = jsonable(load(tmp_path / "run").evaluation())
    assert list(found["targets"]) == list(found["confusion"]) == ["species"]
    assert np.array(found["confusion"]["species"]).shape == (3, 3)
    assert "dense_1" not in machine.stream.getvalue() + dumps(found) + (tmp_path / "run" / "events.jsonl").read_text()


def test_several_targets_are_called_as_the_config_calls_them(tmp_path):
    config = """
    dataset: {name: iris, target: {kind: species, width: petal_width}}
    layers:
      - Dense: {units: 3, activation: softmax, name: kind, from: input}
      - Dense: {units: 1, name: width, from: input}
    outputs: [kind, width]
    inputs: {input: {}}
    loss: {kind: sparse_categorical_crossentropy, width: mse}
    """
    events = []
    runner.train(spec.loads(config), folder=tmp_path / "run", subscribers=[events.append])
    assert {name: target.columns for name, target in events[0].targets.items()} == {
        "kind": ("species",), "width": ("petal_width",)
    }  # fmt: skip
    found = load(tmp_path / "run").evaluation()
    assert (list(found.targets), list(found.confusion)) == (["kind", "width"], ["kind"])
