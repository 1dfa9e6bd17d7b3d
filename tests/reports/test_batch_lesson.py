"""The texts of `explain-batches` for learners, with the numbers of the run."""

import json

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from screens import lines, screen

from nnctl import cli
from nnctl.reports.batch_lesson import methods, notes, show_lesson
from nnctl.reports.batch_mix_ups import mix_ups
from nnctl.reports.batch_sizes import Setup
from nnctl.training.batch_plan import Plan


@pytest.mark.parametrize(
    ("plan", "text"),
    [
        (Plan(60_000, 8, 1), "batch_size: 8 does not mean 8 batches. Each batch has 8 samples, so an epoch has 7,500"
                             " batches. For 8 batches, it would be batch_size: 7500."),
        (Plan(60_000, 1, 1), "batch_size: 1 does not mean 1 batch. Each batch has 1 sample, so an epoch has 60,000"
                             " batches; for 1 batch, it would be batch_size: 60000."),
        (Plan(10, 32, 1), "batch_size: 32 does not mean 32 batches. All samples (10) fit into one batch, so an epoch"
                          " has 1 batch."),
        (Plan(64, 8, 1), "batch_size: 8 does not mean 8 batches. Each batch has 8 samples, so an epoch has 8 batches."
                         " That the two numbers are the same here is a coincidence."),
        (Plan(10, 6, 1), "batch_size: 6 does not mean 6 batches. Each batch has 6 samples, so an epoch has 2 batches."),
    ],
)  # fmt: skip
def test_batch_size_is_not_the_number_of_batches(plan, text):
    assert mix_ups(plan)[0] == text


def test_the_progress_bar_counts_batches():
    text = mix_ups(Plan(1079, 32, 30))[1]
    assert "34/34 here, not at 1,079/1,079" in text
    assert "60,000 images and batch size 32, it ends at 1,875/1,875" in text


def test_updates_and_the_last_batch():
    *_, updates, last = mix_ups(Plan(1079, 32, 30))
    assert "34 × 30 = 1,020" in updates
    assert "23 instead of 32" in last and "1/23 in that update instead of 1/32" in last
    assert len(mix_ups(Plan(64, 32, 1))) == 3  # no batch is smaller


def test_the_methods_have_the_numbers_of_the_run():
    found = dict(methods(Plan(1079, 32, 30)))
    assert "all 1,079 samples: 1 update per epoch" in found["gradient descent"]
    assert "1,079 updates per epoch" in found["stochastic gradient descent (SGD)"]


def test_the_rules_name_their_sources():
    linear, root = (" ".join(notes(Setup(3, 0.1, rule))) for rule in ("linear", "square root"))
    assert "Goyal et al. 2017" in linear and "Malladi" not in linear and "Malladi et al. 2022" in root
    assert "schedule" in " ".join(notes(Setup(3, None, "linear", True)))


def test_the_table_marks_this_run_and_the_config():
    terminal = screen(80)
    show_lesson(Plan(1079, 64, 30), Setup(32, 0.01), terminal)
    rows = {line.split("  ")[0]: line.split() for line in lines(terminal)}
    assert rows["this run"][2:] == ["64", "17", "55", "510", "0.02"]
    assert rows["the config"][2:] == ["32", "34", "23", "1,020", "0.01"]
    assert rows["SGD"][1:4] == ["1", "1,079", "1"] and rows["all samples"][2:4] == ["1,079", "1"]


@given(samples=st.integers(1, 10**9), size=st.integers(1, 10**9), width=st.integers(40, 130))
def test_a_terminal_of_any_width_holds_every_line(samples, size, width):
    terminal = screen(width)
    show_lesson(Plan(samples, size, 3), Setup(size), terminal)
    assert all(len(line) <= width for line in lines(terminal))


def test_json_has_the_table():
    found = json.loads(CliRunner().invoke(cli.program, ["explain-batches", "iris", "--json"]).stdout)
    own = next(row for row in found["batch_sizes"] if row["batch_size"] == 16)
    assert found["learning_rate_rule"] == "square root"
    assert own.pop("memory") > 1000
    assert own == {"batch_size": 16, "iterations_per_epoch": 6, "last_batch": 10, "weight_updates": 300,
                   "learning_rate": 0.01, "learning_rate_factor": 1.0}  # fmt: skip


def test_a_model_that_cannot_be_built_has_no_memory_column(tmp_path):
    broken = tmp_path / "c.yaml"
    broken.write_text("dataset: iris\nlayers: [Conv1D: {filters: 4, kernel_size: 3}, "
                      "Dense: {units: 3, activation: softmax}]\n"
                      "loss: sparse_categorical_crossentropy\noptimizer: sgd\nepochs: 2\n")  # fmt: skip
    result = CliRunner().invoke(cli.program, ["explain-batches", str(broken)])
    assert result.exit_code == 0 and "memory" not in result.stdout and "this run" in result.stdout
