"""From the outputs of a CTC model at each time step to labels: by the best path, or by a search for the best text.

Class 0 is the blank. Labels come out as (rows, longest) class numbers, each row filled up with 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray

WIDTH = 10  # how many texts a beam search keeps by default


@dataclass(frozen=True)
class Reading:
    """How CTC's predictions are decoded: `way` and `width` are those of `decode`."""

    way: str = "greedy"
    width: int | None = None

    def arguments(self) -> dict[str, Any]:
        """The same as arguments of a metric."""
        return {"decode": self.way} | ({"beam_width": self.width} if self.width else {})


def decode(p: Array, lengths: Array | None = None, way: str = "greedy", *, width: int = WIDTH,
           logits: bool = False) -> Array:  # fmt: skip
    """The labels of each row. p: (rows, steps, classes) probabilities, or logits. lengths: (rows,) the number of time
    steps before the padding, or None where there is none."""
    if way == "greedy":
        return greedy(p, lengths)
    return beam_search(log_probabilities(p, logits), lengths, width=width)[0][:, 0]


def log_probabilities(p: Array, logits: bool) -> Array:
    """(rows, steps, classes) float64; a probability of 0 counts as the smallest positive number."""
    p = p.astype(np.float64)
    if not logits:
        return np.log(np.maximum(p, np.finfo(np.float64).tiny))
    p -= p.max(axis=-1, keepdims=True)
    return p - np.log(np.exp(p).sum(axis=-1, keepdims=True))


def greedy(p: Array, lengths: Array | None = None) -> Array:
    """The labels of the best path: the most probable class of each step, repeats dropped, then blanks."""
    best = p.argmax(axis=-1)
    kept = best != 0
    kept[:, 1:] &= best[:, 1:] != best[:, :-1]
    if lengths is not None:
        kept &= np.arange(best.shape[1]) < lengths[:, None]
    return packed(best, kept)


def packed(labels: Array, kept: Array) -> Array:
    """The labels that are kept, moved to the front of their rows, (rows, longest)."""
    counts = np.count_nonzero(kept, axis=1)
    rows = np.zeros((len(labels), counts.max(initial=0)), np.int32)
    rows[np.arange(rows.shape[1]) < counts[:, None]] = labels[kept]
    return rows


def beam_search(log_p: Array, lengths: Array | None = None, *, width: int = WIDTH,
                top_paths: int = 1) -> tuple[Array, Array]:  # fmt: skip
    """The most probable texts, (rows, top_paths, longest), and the log probability of each, (rows, top_paths).

    A text's probability is the sum over all paths that read as this text. Step by step the `width` most probable
    prefixes are kept, each with two sums: of the paths that end in a blank, and of those that end in its last label,
    since a second label of the same class begins only after a blank. The search is exact if all texts are kept.
    Source: Graves 2012, "Supervised Sequence Labelling with Recurrent Neural Networks", section 7.5.3.
    """
    rows, steps, _ = log_p.shape
    width = max(width, top_paths)
    beam = _Beam(rows, width)
    came, label = np.empty((2, steps, rows, width), np.int32)
    came[...], label[...] = np.arange(width), 0  # beyond a row's length nothing changes
    for step in range(steps if lengths is None else min(steps, lengths.max(initial=0))):
        going = np.arange(rows) if lengths is None else np.flatnonzero(lengths > step)
        came[step, going], label[step, going] = beam.advance(going, log_p[going, step])
    score = beam.score()
    best = np.argsort(-score, axis=1, kind="stable")[:, :top_paths]
    read = np.zeros((rows, top_paths, steps), np.int32)
    at, each = best, np.arange(rows)[:, None]
    for step in reversed(range(steps)):
        read[:, :, step] = label[step][each, at]
        at = came[step][each, at]
    texts = packed(read.reshape(rows * top_paths, steps), read.reshape(rows * top_paths, steps) > 0)
    return texts.reshape(rows, top_paths, texts.shape[1]), np.take_along_axis(score, best, axis=1)


class _Beam:
    """The prefixes of each row's text that are kept: (rows, width) each.

    blank, label: log of the sum over paths that end in a blank, in the last label. last: that label, 0 at the start.
    name: a hash of all labels in 64 bits, which tells texts apart; an empty place has a hash that no text has.
    """

    def __init__(self, rows: int, width: int):
        self.blank, self.label = np.full((2, rows, width), -np.inf)
        self.blank[:, 0] = 0
        self.last = np.zeros((rows, width), np.int32)
        self.name = np.tile(_nobody(width), (rows, 1))
        self.name[:, 0] = 1

    def score(self) -> Array:
        return np.logaddexp(self.blank, self.label)

    def advance(self, rows: Array, log_p: Array) -> tuple[Array, Array]:
        """One step of some rows; log_p (len(rows), classes). Returns from which prefix each text that is kept comes,
        and the label that was added, or 0."""
        blank, last, name = self.blank[rows], self.last[rows], self.name[rows]
        width, classes = blank.shape[1], log_p.shape[1]
        both = np.logaddexp(blank, self.label[rows])
        stays_blank = both + log_p[:, :1]
        stays_label = self.label[rows] + np.take_along_axis(log_p, last, axis=1)
        grows = both[:, :, None] + log_p[:, None, :]
        np.put_along_axis(grows, last[:, :, None], (blank + np.take_along_axis(log_p, last, axis=1))[:, :, None], 2)
        grows[:, :, 0] = -np.inf

        # a longer text may be one that is kept already: the two are the same
        names = _grown(name[:, :, None], np.arange(classes, dtype=np.uint64))
        grown = np.take_along_axis(names, last[:, None], axis=2)  # (rows, parents, children) by the children's labels
        row, parent, child = np.nonzero(grown == name[:, None])
        joining = row, parent, last[row, child]
        stays_label[row, child] = np.logaddexp(stays_label[row, child], grows[joining])
        grows[joining] = -np.inf

        grown = grows.reshape(len(rows), width * classes)
        score = np.concatenate([np.logaddexp(stays_blank, stays_label), grown], axis=1)
        kept = np.argpartition(-score, width - 1, axis=1)[:, :width]
        stays = kept < width
        came, label = np.divmod(np.maximum(kept - width, 0), classes)
        came, label = np.where(stays, kept, came), np.where(stays, 0, label)
        each = np.arange(len(rows))[:, None]
        self.blank[rows] = np.where(stays, stays_blank[each, came], -np.inf)
        self.label[rows] = np.where(stays, stays_label[each, came], grows[each, came, label])
        self.last[rows] = np.where(stays, last[each, came], label)
        name = np.where(stays, name[each, came], names[each, came, label])
        self.name[rows] = np.where(np.take_along_axis(score, kept, axis=1) > -np.inf, name, _nobody(width))
        return came, label


def _grown(name: Array, label: Array) -> Array:
    """The hash of a text after one more label (Fowler, Noll and Vo's hash, modulo 2^64)."""
    return (name ^ label) * np.uint64(0x100000001B3) + np.uint64(0x9E3779B97F4A7C15)


def _nobody(width: int) -> Array:
    return np.arange(width, dtype=np.uint64) + np.uint64(1 << 63)
