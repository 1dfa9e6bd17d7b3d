"""The drawing of an epoch and the formulas agree with the plan of the training loop, for any numbers."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from screens import lines, screen

from nnctl.reports.batch_arithmetic import drawing, explain, formulas, terms
from nnctl.training.batch_plan import Plan

numbers = st.one_of(st.integers(1, 200), st.integers(1, 10**9))


def test_a_thousand_samples_a_hundred_a_batch_twenty_epochs():
    terminal = screen()
    explain(Plan(1000, 100, 20), terminal)
    text = terminal.stream.getvalue()
    assert text.startswith("1,000 samples, batch size 100, 20 epochs\n")
    for formula in (
        "iterations per epoch\n  = ceil(samples / batch size)\n  = ceil(1,000 / 100)\n  = 10\n",
        "  because 1,000 = 10 × 100\n",
        "samples in the last batch\n  = 100 samples: every batch is full\n",
        "total iterations = weight updates\n  = iterations per epoch × epochs\n  = 10 × 20\n  = 200\n",
        "samples seen\n  = samples × epochs\n  = 1,000 × 20\n  = 20,000\n",
    ):
        assert formula in text


@pytest.mark.parametrize(
    ("samples", "last"),
    [
        (1797, "= 1,797 - 56 × 32 = 5: a partial batch"),
        (10, "= 10 samples: the only batch, smaller than the batch size"),
        (1, "= 1 sample: the only batch, smaller than the batch size"),
        (64, "= 32 samples: every batch is full"),
    ],
)
def test_the_last_batch_is_explained(samples, last):
    assert dict(formulas(Plan(samples, 32, 1)))["samples in the last batch"] == [last]


@pytest.mark.parametrize(
    ("batch_size", "kind"),
    [(1, "stochastic"), (4, "mini-batch"), (8, "mini-batch"), (9, "(full-batch)"), (99, "(full-batch)")],
)
def test_the_kind_of_gradient_descent_is_named(batch_size, kind):
    assert kind in dict(terms(Plan(9, batch_size, 1)))["here"]


def test_a_small_epoch_is_drawn_whole():
    assert drawing(Plan(10, 4, 1), 60) == [
        "┌───────────┬───────────┬───────────┐",
        "│  batch 1  │  batch 2  │  batch 3  │",
        "│    1–4    │    5–8    │   9–10    │",
        "│ 4 samples │ 4 samples │ 2 samples │",
        "└───────────┴───────────┴───────────┘",
    ]


def test_batches_that_do_not_fit_are_counted():
    middle = drawing(Plan(1000, 100, 1), 60)[2]
    assert middle == "│    1–100    │   101–200   │   7 more    │  901–1,000  │"


@given(samples=numbers, size=numbers, epochs=numbers, width=st.integers(38, 200))
def test_drawing_and_formulas_agree_with_the_plan(samples, size, epochs, width):
    plan = Plan(samples, size, epochs)
    drawn = drawing(plan, width)
    assert len({len(line) for line in drawn}) == 1 and len(drawn[0]) <= width
    text = "\n".join(drawn)

    def found(pattern):
        return [int(number.replace(",", "")) for number in re.findall(pattern, text)]

    batches = found(r"batch ([\d,]+)")
    hidden = sum(found(r"([\d,]+) more"))
    assert batches[0] == 1 and batches[-1] == plan.iterations_per_epoch
    assert len(batches) + hidden == plan.iterations_per_epoch
    sizes = found(r"([\d,]+) samples?")
    assert sizes == [size if number < plan.iterations_per_epoch else plan.last_batch for number in batches]
    assert sum(sizes) + hidden * size == samples
    totals = [lines_[2] for title, lines_ in formulas(plan) if title != "samples in the last batch"]
    assert totals == [f"= {plan.iterations_per_epoch:,}", f"= {plan.total_iterations:,}", f"= {plan.samples_seen:,}"]


@given(samples=numbers, size=numbers)
def test_a_narrow_terminal_holds_every_line(samples, size):
    terminal = screen(40)
    explain(Plan(samples, size, 3), terminal)
    assert all(len(line) <= 40 for line in lines(terminal))
