"""Metrics of label sequences: how far what is read at the end is from what should be."""

from typing import Annotated, Literal

import numpy as np

from nnctl.decoding import WIDTH, decode
from nnctl.fields import Field
from nnctl.metrics.base import Metric, add_mean, metrics


class SequenceMetric(Metric):
    """Base of the metrics of texts, which are read from the predictions of all time steps.

    decode: "greedy", by the most probable class of each step, or "beam_search", which weighs all paths of a text and
    keeps the `beam_width` most probable texts. from_logits: predictions are logits; found out where it is left out.
    """

    decode: Literal["greedy", "beam_search"] = "greedy"
    beam_width: Annotated[int, Field(ge=1)] = WIDTH
    from_logits: bool | None = None

    takes = ("sequence",)

    def for_output(self, labels, prediction_shape, logits=False):
        return self.model_copy(update={"from_logits": logits}) if self.from_logits is None else self

    def update(self, state, y, p, weight=None):
        lengths = None
        if weight is not None and weight.ndim == 2:  # of each step, 0 where it is padding
            lengths, weight = np.count_nonzero(weight, axis=1), weight.max(axis=1, initial=0)
        read = decode(p, lengths, self.decode, width=self.beam_width, logits=bool(self.from_logits))
        self.add(state, y, read, weight)

    def add(self, state, y, read, weight):
        """Takes in a batch: what is true and what was read, each (rows, longest) and filled up with 0."""
        raise NotImplementedError


@metrics.register("label_error_rate", "ler")
class LabelErrorRate(SequenceMetric):
    """The labels that would have to be put in, left out or changed, as a share of all true labels.

    sum of edit distances / sum of label counts; for characters, the character error rate.
    """

    better = "min"

    def add(self, state, y, read, weight):
        weight = np.ones(len(y)) if weight is None else weight
        state["total"] += float(weight @ edit_distance(y, read))
        state["count"] += float(weight @ np.count_nonzero(y, axis=1))


@metrics.register("exact_match")
class ExactMatch(SequenceMetric):
    """The share of rows that are read without any mistake."""

    def add(self, state, y, read, weight):
        longer = max(y.shape[1], read.shape[1])
        y, read = (np.pad(each, ((0, 0), (0, longer - each.shape[1]))) for each in (y, read))
        add_mean(state, (y == read).all(axis=1), weight)


def edit_distance(a, b):
    """(rows,) the least number of labels put in, left out or changed that make b of a; rows filled up with 0.

    d(i, j) = min(d(i-1, j) + 1, d(i-1, j-1) + [a_i != b_j], d(i, j-1) + 1), from d(i, 0) = i and d(0, j) = j.
    Row by row of the table, for all pairs at once. Source: Wagner and Fischer 1974.
    """
    ends_a, ends_b = np.count_nonzero(a, axis=1), np.count_nonzero(b, axis=1)
    places = np.arange(b.shape[1] + 1)
    d = np.tile(places, (len(a), 1))
    found = np.where(ends_a == 0, ends_b, 0)
    for i in range(a.shape[1]):
        changed = d[:, :-1] + (a[:, i, None] != b)
        d[:, 0] = i + 1
        np.minimum(d[:, 1:] + 1, changed, out=d[:, 1:])
        # d(i, j-1) + 1 runs on from place to place: the least of d(i, k) + j - k for k up to j
        d = np.minimum.accumulate(d - places, axis=1) + places
        at = np.flatnonzero(ends_a == i + 1)
        found[at] = d[at, ends_b[at]]
    return found
