"""The arithmetic of several processes: each line is an equation that holds, or a sentence."""

import pytest

from nnctl.reports.batch_arithmetic import formulas_of_ranks
from nnctl.training.batch_plan import Plan


@pytest.mark.parametrize("samples, size, ranks, lines", [
    (12, 4, 2, ["= batch size / ranks = 4 / 2", "= 2 samples on each rank"]),
    (11, 8, 3, ["= batch size / ranks = 8 / 3", "= 2 or 3 samples on each rank", "in the last batch: 3 / 3 = 1"]),
    (10, 4, 3, ["= batch size / ranks = 4 / 3", "= 1 or 2 samples on each rank",
                "the last batch of 2 samples has fewer than one for each rank: every rank computes all of it"]),
    (8, 4, 6, ["a batch of 4 samples has fewer than one for each rank: every rank computes all of it"]),
    (10, 32, 3, ["in the last batch: 10 / 3 = 3 or 4"]),
    (10, 32, 20, ["the last batch of 10 samples has fewer than one for each rank: every rank computes all of it"]),
])  # fmt: skip
def test_how_ranks_share_a_batch(samples, size, ranks, lines):
    [(title, found), (_title, iterations)] = formulas_of_ranks(Plan(samples, size, 1), ranks)
    assert title == "batch size of a rank" and found == lines
    assert "share" not in iterations[-1]  # which the ranks have none of, if every one computes all of a batch


def test_the_largest_batch_has_no_more_rows_than_there_are():
    assert Plan(10, 32, 1).share(4) == (2, 3) and Plan(10, 32, 1).largest_batch == 10
    assert Plan(100, 32, 1).share(3) == (10, 11) and Plan(100, 32, 1).largest_batch == 32
