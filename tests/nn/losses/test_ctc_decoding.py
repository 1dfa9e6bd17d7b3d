"""Decoding of CTC: Keras' texts, and for tiny cases every text and every path."""

import itertools

import numpy as np
import pytest
from golden import read
from hypothesis import given, settings
from hypothesis import strategies as st

from nnctl.nn.losses import losses
from nnctl.nn.losses.ctc_decoding import beam_search, decode, greedy, log_probabilities

GOLDEN = read("ctc")


def filled(rows, longest):
    """Keras' rows, filled up with -1, as ours are, with 0."""
    rows = np.where(rows < 0, 0, rows)
    assert not rows[..., longest:].any()
    return rows[..., :longest]


def read_path(path):
    """The labels of a path: repeats dropped, then blanks."""
    return tuple(label for label, _ in itertools.groupby(path) if label)


def words(rows):
    return [tuple(int(label) for label in row if label) for row in rows]


@pytest.mark.parametrize("case", GOLDEN.cases)
def test_greedy_agrees_with_keras(case):
    read = greedy(GOLDEN[f"{case}/z"], GOLDEN[f"{case}/lengths"])
    np.testing.assert_array_equal(read, filled(GOLDEN[f"{case}/greedy"], read.shape[1]))


@pytest.mark.parametrize("case", GOLDEN.cases)
def test_beam_search_agrees_with_keras(case):
    log_p = log_probabilities(GOLDEN[f"{case}/z"], logits=True)
    texts, scores = beam_search(log_p, GOLDEN[f"{case}/lengths"], width=20, top_paths=2)
    np.testing.assert_allclose(scores, GOLDEN[f"{case}/beam_scores"], rtol=1e-6, atol=1e-6)
    wanted = filled(GOLDEN[f"{case}/beam"].transpose(1, 0, 2), texts.shape[2])
    clear = np.abs(scores[:, 0] - scores[:, 1]) > 1e-5  # of two equally probable texts either may come first
    assert clear.any()
    np.testing.assert_array_equal(texts[clear], wanted[clear])


@st.composite
def outputs(draw):
    """(log_p, lengths) of a few rows of few steps."""
    rows, steps, classes = draw(st.integers(1, 3)), draw(st.integers(1, 5)), draw(st.integers(2, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    z = rng.normal(0, draw(st.sampled_from([0.3, 2.0, 10.0])), (rows, steps, classes))
    return log_probabilities(z, logits=True), rng.integers(0, steps + 1, rows)


def every_text(log_p):
    """{text: the log of the sum over all its paths} of one row."""
    sums = {}
    for path in itertools.product(range(log_p.shape[1]), repeat=len(log_p)):
        text = read_path(path)
        sums[text] = np.logaddexp(sums.get(text, -np.inf), log_p[range(len(log_p)), path].sum())
    return sums


@given(outputs())
@settings(max_examples=60, deadline=None)
def test_a_wide_beam_finds_the_most_probable_texts(given):
    log_p, lengths = given
    texts, scores = beam_search(log_p, lengths, width=400, top_paths=3)
    for row, length in enumerate(lengths):
        sums = every_text(log_p[row, :length])
        best = sorted(sums.values(), reverse=True)[:3]
        np.testing.assert_allclose(scores[row, : len(best)], best, rtol=1e-9, atol=1e-12)
        assert (scores[row, len(best) :] == -np.inf).all()
        for text, score in zip(words(texts[row]), scores[row, : len(best)], strict=False):
            assert sums[text] == pytest.approx(score, rel=1e-9, abs=1e-12)


@given(outputs(), st.integers(1, 5))
@settings(max_examples=60, deadline=None)
def test_a_narrow_beam_never_claims_too_much(given, width):
    log_p, lengths = given
    texts, scores = beam_search(log_p, lengths, width=width)
    for row, length in enumerate(lengths):
        assert scores[row, 0] <= every_text(log_p[row, :length])[words(texts[row])[0]] + 1e-9


@given(outputs())
@settings(max_examples=60, deadline=None)
def test_greedy_reads_the_best_path(given):
    log_p, lengths = given
    paths = [log_p[row, :length].argmax(axis=1) for row, length in enumerate(lengths)]
    assert words(greedy(log_p, lengths)) == [read_path(path) for path in paths]


def test_paths_count_together_in_a_beam():
    """The best path is all blanks; the label is more probable, over all its paths."""
    p = np.array([[[0.6, 0.4], [0.6, 0.4]]])
    assert words(decode(p)) == [()]
    assert words(decode(p, way="beam_search")) == [(1,)]  # 0.24 + 0.24 + 0.16 against 0.36
    assert words(decode(np.log(p) + 7, way="beam_search", logits=True)) == [(1,)]


def test_a_second_label_of_a_class_needs_a_blank():
    p = np.eye(3)[[[1, 1, 0, 1, 2, 2]]]
    assert words(decode(p)) == words(decode(p, way="beam_search")) == [(1, 1, 2)]


@pytest.mark.parametrize("way", ["greedy", "beam_search"])
def test_nothing_to_read(way):
    assert decode(np.ones((2, 4, 3)) / 3, np.array([0, 0]), way).shape == (2, 0)
    assert decode(np.ones((0, 4, 3)) / 3, None, way).shape == (0, 0)


@pytest.mark.parametrize("way", ["greedy", "beam_search"])
def test_beyond_a_rows_length_nothing_is_read(way):
    p = np.eye(4)[[[1, 2, 3, 3], [1, 0, 1, 2]]]
    assert words(decode(p, np.array([2, 4]), way)) == [(1, 2), (1, 1, 2)]


def test_a_beams_score_is_what_the_loss_says():
    rng = np.random.default_rng(0)
    z, lengths = rng.normal(0, 2, (3, 30, 6)), np.array([30, 20, 5])
    texts, scores = beam_search(log_probabilities(z, logits=True), lengths, width=2000)
    cost, _ = losses.build("ctc").forward(texts[:, 0], z, lengths)
    assert (scores[:, 0] <= -cost + 1e-9).all()
    np.testing.assert_allclose(scores[:, 0], -cost, rtol=0.02)
