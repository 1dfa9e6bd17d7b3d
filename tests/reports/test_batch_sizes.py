"""The table of batch sizes: arithmetic done by hand, and the same numbers as the plan of the training loop."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnctl.config import loads
from nnctl.nn.optimizers.adam import Adam
from nnctl.nn.optimizers.sgd import SGD
from nnctl.reports.batch_sizes import Setup, batch_size_for, rows, sizes
from nnctl.training.batch_plan import Plan
from nnctl.training.dry_run import summary, training_memory
from nnctl.training.model import Model, load_data

# 1,079 rows, 30 epochs, 32 rows a batch: batch size, iterations, last batch, updates, factor by the linear rule
DIGITS = [
    (1, 1079, 1, 32370, 1 / 32),
    (8, 135, 7, 4050, 1 / 4),
    (16, 68, 7, 2040, 1 / 2),
    (32, 34, 23, 1020, 1),
    (64, 17, 55, 510, 2),
    (128, 9, 55, 270, 4),
    (256, 5, 55, 150, 8),
    (1024, 2, 55, 60, 32),
    (1079, 1, 1079, 30, 1079 / 32),
]


def test_the_rows_are_those_done_by_hand():
    found = [
        (row.plan.batch_size, row.plan.iterations_per_epoch, row.plan.last_batch, row.plan.total_iterations, row.factor)
        for row in rows(Plan(1079, 32, 30), Setup(32))
    ]
    assert found == DIGITS


def test_the_square_root_rule_and_the_learning_rate():
    found = {row.plan.batch_size: row for row in rows(Plan(1079, 32, 30), Setup(32, 0.01, "square root"))}
    assert found[128].factor == 2 and found[128].learning_rate == 0.02
    assert found[8].learning_rate == pytest.approx(0.005)
    assert found[32].learning_rate == 0.01


def test_each_optimizer_has_its_rule():
    assert SGD().scaling_rule == "linear" and Adam().scaling_rule == "square root"


def test_memory_is_that_of_summary_and_grows_by_the_activations():
    text = "dataset: iris\nlayers: [Dense: {units: 4}, Dense: {units: 3, activation: softmax}]\nbatch_size: 16\n" \
           "loss: sparse_categorical_crossentropy\noptimizer: sgd\n"  # fmt: skip
    spec = loads(text, "c.yaml")
    data = load_data(spec)
    model = Model.build(spec, data.input_shapes, data.targets)
    # 35 weights with their gradients; for a row the 3 + 4 outputs, softmax's in place, with their gradients
    assert training_memory(model, 0) == 4 * 2 * 35
    assert training_memory(model, 16) - training_memory(model, 0) == 4 * 2 * 16 * (4 + 3)
    assert summary(spec).memory == training_memory(model, 16)
    found = rows(Plan(90, 16, 1), Setup.of(spec, 90, model), ranks=2)
    assert {row.plan.batch_size: row.memory for row in found}[64] == training_memory(model, 32)


@pytest.mark.parametrize(
    ("samples", "batches", "size"),
    [(1079, 32, 34), (60_000, 32, 1875), (10, 6, None), (10, 5, 2), (7, 7, 1), (7, 1, 7)],
)
def test_the_batch_size_for_a_number_of_batches(samples, batches, size):
    assert batch_size_for(samples, batches) == size


@given(samples=st.integers(1, 10**9), own=st.integers(1, 10**9))
def test_sizes_are_within_the_samples_and_few(samples, own):
    found = sizes(samples, own)
    assert found == sorted(set(found)) and found[0] >= 1 and found[-1] == samples
    assert min(own, samples) in found and len(found) <= 13


@given(samples=st.integers(1, 10**6), batches=st.integers(1, 10**6))
def test_the_batch_size_for_a_number_of_batches_gives_that_number(samples, batches):
    size = batch_size_for(samples, batches)
    if size is not None:
        assert Plan(samples, size, 1).iterations_per_epoch == batches
