"""Metrics of label sequences: edit distances by definition, batches, weights, lengths."""

import functools
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from nnctl.nn.metrics import dump, load, metrics, resolve
from nnctl.nn.metrics.sequences import edit_distance

TEXT = st.lists(st.integers(1, 3), max_size=6)
NAMES = ["label_error_rate", "exact_match"]


def filled(texts, more=0):
    rows = np.zeros((len(texts), max(map(len, texts), default=0) + more), np.int32)
    for row, text in enumerate(texts):
        rows[row, : len(text)] = text
    return rows


def by_definition(a, b):
    @functools.cache
    def d(i, j):
        if not i or not j:
            return i + j
        return min(d(i - 1, j) + 1, d(i, j - 1) + 1, d(i - 1, j - 1) + (a[i - 1] != b[j - 1]))

    return d(len(a), len(b))


@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=8), st.integers(0, 2), st.integers(0, 2))
@settings(max_examples=100, deadline=None)
def test_edit_distance_is_its_definition(pairs, more_a, more_b):
    a, b = zip(*pairs, strict=True)
    wanted = [by_definition(*pair) for pair in pairs]
    assert edit_distance(filled(a, more_a), filled(b, more_b)).tolist() == wanted
    assert edit_distance(filled(b, more_b), filled(a, more_a)).tolist() == wanted


def test_many_rows_are_compared_part_by_part(monkeypatch):
    rng = np.random.default_rng(0)
    a, b = ([list(rng.integers(1, 4, size=rng.integers(0, 6))) for _ in range(23)] for _ in range(2))
    monkeypatch.setattr("nnctl.nn.metrics.sequences.AT_ONCE", 100)
    assert edit_distance(filled(a), filled(b)).tolist() == [by_definition(*pair) for pair in zip(a, b, strict=True)]


def saying(texts, steps, classes=4):
    """Predictions that read as these texts: each label for two steps, then a blank."""
    p = np.tile(np.eye(classes)[0], (len(texts), steps, 1))
    for row, text in enumerate(texts):
        for at, label in enumerate(text):
            p[row, 3 * at : 3 * at + 2] = np.eye(classes)[label]
    return p


TRUE = [[1, 2, 3], [1, 1], [], [2, 3, 2, 3], [3]]
SAID = [[1, 2, 3], [1], [2], [2, 3, 3], [1, 3]]  # right; one left out; one put in; one left out; one put in
Y, P = filled(TRUE), saying(SAID, 14)


def value_of(config, y=Y, p=P, weight=None, **flags):
    metric = resolve(metrics.build(config), "sequence", p.shape[1:], **flags)
    state = metric.start()
    metric.update(state, y, p, weight)
    return metric.result(state)


@pytest.mark.parametrize("way", ["greedy", "beam_search"])
def test_values_of_known_texts(way):
    assert value_of({"label_error_rate": {"decode": way}}) == pytest.approx(4 / 10)
    assert value_of({"exact_match": {"decode": way}}) == pytest.approx(1 / 5)


@pytest.mark.parametrize("name", NAMES)
@given(cuts=st.sets(st.integers(1, 4)))
def test_batches_give_the_value_of_one_pass(name, cuts):
    weight = np.array([1.0, 2.0, 0.5, 1.0, 3.0])
    metric = metrics.build(name)
    state = metric.start()
    for first, last in zip([0, *sorted(cuts)], [*sorted(cuts), 5], strict=True):
        metric.update(state, Y[first:last], P[first:last], weight[first:last])
        state = load(json.loads(json.dumps(dump(state))))
    assert metric.result(state) == pytest.approx(value_of(name, weight=weight))


@pytest.mark.parametrize("name", NAMES)
def test_a_weight_of_two_is_the_row_twice(name):
    times = np.array([2, 0, 1, 3, 1])
    repeated = value_of(name, np.repeat(Y, times, axis=0), np.repeat(P, times, axis=0))
    assert value_of(name, weight=times.astype(float)) == pytest.approx(repeated)


@pytest.mark.parametrize("name", NAMES)
def test_weights_of_steps_say_where_a_row_ends(name):
    """As they come where the data have lengths: the mask times the row's weight."""
    p = P.copy()
    p[:, 12:] = np.eye(4)[1]  # what stands in the padding is not read
    mask = np.arange(14) < np.full((5, 1), 12)
    weight = np.array([1.0, 2.0, 0.5, 1.0, 0.0])
    assert value_of(name, p=p, weight=mask) == pytest.approx(value_of(name))
    assert value_of(name, p=p, weight=mask * weight[:, None]) == pytest.approx(value_of(name, weight=weight))


@pytest.mark.parametrize("name", NAMES)
def test_without_rows_the_value_is_0(name):
    metric = metrics.build(name)
    assert metric.result(metric.start()) == 0
    assert value_of(name, weight=np.zeros(5)) == 0
    assert value_of(name, np.zeros((0, 3), int), np.zeros((0, 4, 3))) == 0


def test_the_error_rate_may_exceed_1():
    assert value_of("label_error_rate", filled([[1]]), saying([[2, 3, 2]], 9)) == 3


def test_logits_follow_from_the_model():
    p = np.array([[[0.6, 0.4], [0.6, 0.4]]])  # blank by the best path; 1 by all paths together
    beam = {"exact_match": {"decode": "beam_search", "beam_width": 3}}
    y = np.array([[1]])
    assert value_of("exact_match", y, p) == 0
    assert value_of(beam, y, p) == 1
    assert value_of(beam, y, np.log(p) - 5, logits=True) == 1


@pytest.mark.parametrize("arguments", [{"decode": "best"}, {"beam_width": 0}])
def test_refuses_arguments_out_of_range(arguments):
    with pytest.raises(ValidationError):
        metrics.build({"label_error_rate": arguments})


@pytest.mark.parametrize(("name", "margin"), [("accuracy", 1.0), ("precision", 1.0), ("recall", 1.0)])
def test_margins_and_logits_say_yes_above_0(name, margin):
    """0.2 under a hinge loss means yes; a probability of 0.2 means no."""
    y, p = np.array([[1.0], [0.0]]), np.array([[0.2], [-0.2]])
    for logits, wanted in ((True, margin), (False, 0.5 if name == "accuracy" else 0.0)):
        metric = resolve(metrics.build(name), "binary", (1,), logits)
        state = metric.start()
        metric.update(state, y, p)
        assert metric.result(state) == pytest.approx(wanted)


@pytest.mark.parametrize("given", [None, True, False])
@pytest.mark.parametrize("logits", [True, False])
def test_how_predictions_are_decoded(given, logits, monkeypatch):
    """By the arguments of the metric; without from_logits, by the loss."""
    told = []

    def decode(p, lengths, way, *, width, logits):
        told.append((way, width, logits, None if lengths is None else lengths.tolist()))
        return np.array([[1, 2, 0], [3, 0, 0]])

    monkeypatch.setattr("nnctl.nn.metrics.sequences.decode", decode)
    arguments = {"decode": "beam_search", "beam_width": 7, "from_logits": given}
    metric = metrics.build({"exact_match": {k: v for k, v in arguments.items() if v is not None}})
    metric = metric.for_output("sequence", (None, 4), logits)
    state, y = metric.start(), np.array([[1, 2], [1, 0]])
    metric.update(state, y, np.zeros((2, 3, 4)))
    metric.update(state, y, np.zeros((2, 3, 4)), np.array([[1, 1, 0], [2, 0, 0]]))
    way = ("beam_search", 7, logits if given is None else given)
    assert told == [(*way, None), (*way, [2, 1])]
    assert (state["total"], state["count"]) == (2.0, 5.0)  # the first row is right, and weighs 1 each time


def test_by_default_predictions_are_probabilities_decoded_greedily():
    metric = metrics.build("label_error_rate")
    assert (metric.decode, metric.better, metric.shares) == ("greedy", "min", True)
    assert metric.for_output("sequence", (None, 4)).from_logits is False
