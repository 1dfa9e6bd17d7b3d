"""Metrics of label sequences: the distance between the decoded labels and the true ones."""

from typing import Annotated, Literal

import numpy as np

from nnctl.components.fast_checks import Field
from nnctl.nn.losses.ctc_decoding import WIDTH, decode
from nnctl.nn.metrics.base import Metric, add_mean, metrics

AT_ONCE = 1 << 20  # entries of the tables of edit distances, 4 bytes each


class SequenceMetric(Metric):
    """Base of the metrics of texts, which are decoded from the predictions of all time steps.

    decode: "greedy", by the most probable class of each step, or "beam_search", which sums over the paths of a text and
    keeps the `beam_width` most probable texts. from_logits: predictions are logits; by default it follows from the
    model.
    """

    decode: Literal["greedy", "beam_search"] = "greedy"
    beam_width: Annotated[int, Field(ge=1)] = WIDTH
    from_logits: bool | None = None

    takes = ("sequence",)
    shares = True

    def for_output(self, labels, prediction_shape, logits=False, margins=False):
        return self.model_copy(update={"from_logits": logits}) if self.from_logits is None else self

    def update(self, state, y, p, weight=None, shared=None):
        lengths = None
        if weight is not None and weight.ndim == 2:  # of each step, 0 where it is padding
            lengths, weight = np.count_nonzero(weight, axis=1), weight.max(axis=1, initial=0)
        shared, way = {} if shared is None else shared, (self.decode, self.beam_width, self.from_logits)
        if way not in shared:
            shared[way] = decode(p, lengths, self.decode, width=self.beam_width, logits=bool(self.from_logits))
        self.add(state, y, shared[way], weight)

    def add(self, state, y, read, weight):
        """Adds a batch: the true labels and the decoded ones, each (rows, longest) and filled up with 0."""
        raise NotImplementedError


@metrics.register("label_error_rate", "ler")
class LabelErrorRate(SequenceMetric):
    """The number of labels to insert, delete or change, divided by the number of true labels.

    sum of edit distances / sum of label counts; for characters, the character error rate.
    """

    better = "min"

    def add(self, state, y, read, weight):
        weight = np.ones(len(y)) if weight is None else weight
        state["total"] += float(weight @ edit_distance(y, read))
        state["count"] += float(weight @ np.count_nonzero(y, axis=1))


@metrics.register("exact_match")
class ExactMatch(SequenceMetric):
    """The fraction of rows that are decoded without a mistake."""

    better = "max"

    def add(self, state, y, read, weight):
        both = min(y.shape[1], read.shape[1])
        longer = y if y.shape[1] > both else read
        same = (y[:, :both] == read[:, :both]).all(axis=1) & ~longer[:, both:].any(axis=1)
        add_mean(state, same, weight)


def edit_distance(a, b):
    """(rows,) the smallest number of insertions, deletions and changes that make b from a; rows filled up with 0.

    d(i, j) = min(d(i-1, j) + 1, d(i-1, j-1) + [a_i != b_j], d(i, j-1) + 1), from d(i, 0) = i and d(0, j) = j.
    Row by row of the table, for all pairs at once. Source: Wagner and Fischer 1974.
    """
    ends_a, ends_b = np.count_nonzero(a, axis=1), np.count_nonzero(b, axis=1)
    many = max(1, AT_ONCE // ((a.shape[1] + 1) * (b.shape[1] + 1)))
    if len(a) > many:
        parts = range(0, len(a), many)
        return np.concatenate([edit_distance(a[first : first + many], b[first : first + many]) for first in parts])
    a, b = a[:, : ends_a.max(initial=0)], b[:, : ends_b.max(initial=0)]
    # the table holds d(i, j) - j, where d(i, j-1) + 1 is the entry one place before
    table = np.zeros((a.shape[1] + 1, len(a), b.shape[1] + 1), np.int32)
    same = -(a.T[:, :, None] == b).astype(np.int32)
    for above, here, moved in zip(table, table[1:], same, strict=False):
        np.add(above, 1, out=here)
        np.add(above[:, :-1], moved, out=moved)
        np.minimum(here[:, 1:], moved, out=here[:, 1:])
        np.minimum.accumulate(here, axis=1, out=here)
    return table[ends_a, np.arange(len(a)), ends_b] + ends_b
