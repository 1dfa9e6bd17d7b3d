"""CTC of one row: the best path, how it is read, the best path that reads the target, and the sum over all paths."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nnctl.data.preprocessing.label_sequences import to_text
from nnctl.nn.losses.ctc_decoding import greedy, log_probabilities
from nnctl.reports.walkthrough.numbers import number
from nnctl.reports.walkthrough.page import Page
from nnctl.reports.walkthrough.trace import TracedLoss
from nnctl.translation import _

Array = np.ndarray
BLANK = "·"
SMALL = 200  # numbers of a lattice that is printed
MOST_STATES = 11


def probabilities_of(traced: TracedLoss) -> Array:
    """(steps, classes) float64 of the steps that are not padding."""
    p: Array = np.exp(log_probabilities(traced.p[:1], logits=not traced.objective.fused))[0]
    return p if traced.mask is None else p[traced.mask[0]]


def states_of(labels: Sequence[int]) -> list[int]:
    """The classes that a path goes through: blank, label, blank, ..., label, blank."""
    states = [0]
    for label in labels:
        states += [label, 0]
    return states


def lattice(p: Array, labels: Sequence[int]) -> Array:
    """(steps, states): the probability of all beginnings of paths that are in a state at a step."""
    states = states_of(labels)
    sums = np.zeros((len(p), len(states)))
    sums[0, :2] = p[0, states[:2]]
    for t in range(1, len(p)):
        for s, state in enumerate(states):
            sums[t, s] = sums[t - 1, _sources(states, s)].sum() * p[t, state]
    return sums


def _sources(states: Sequence[int], s: int) -> list[int]:
    """The states that a path may come from to a state: itself, the one before, and the label before over a blank."""
    skips = s > 1 and states[s] != 0 and states[s] != states[s - 2]
    return [s, *([s - 1] if s else []), *([s - 2] if skips else [])]


def best_alignment(p: Array, labels: Sequence[int]) -> tuple[list[int], float]:
    """The class of each step on the most probable path that reads the labels, and the logarithm of its probability,
    which is too small for a float where there are many steps."""
    states = states_of(labels)
    with np.errstate(divide="ignore"):
        log_p = np.log(p)
    best, before = np.full((len(p), len(states)), -np.inf), np.zeros((len(p), len(states)), int)
    best[0, :2] = log_p[0, states[:2]]
    for t in range(1, len(p)):
        for s, state in enumerate(states):
            sources = _sources(states, s)
            before[t, s] = sources[int(best[t - 1, sources].argmax())]
            best[t, s] = best[t - 1, before[t, s]] + log_p[t, state]
    s = int(best[-1, -2:].argmax()) + best.shape[1] - 2 if best.shape[1] > 1 else 0
    logarithm, path = float(best[-1, s]), []
    for t in range(len(p) - 1, -1, -1):
        path.append(states[s])
        s = int(before[t, s])
    return path[::-1], logarithm


def _probability(logarithm: float) -> str:
    """A probability in numbers, from its logarithm."""
    p = np.exp(logarithm)
    return number(p) if p > 0 else f"exp({number(logarithm)})"


def write_ctc(traced: TracedLoss, coder: Any, left: str, page: Page) -> None:
    """left: the name of the loss in its formula."""
    p, labels = probabilities_of(traced), [int(n) for n in traced.y[0] if n > 0]
    best = p.argmax(axis=-1)
    read = to_text(greedy(p[None])[0], coder.class_words)
    page.text(_("A path has one class for each time step. This is the path of the most probable classes, where {blank} "
                "is the blank:").format(blank=BLANK))  # fmt: skip
    _write_path(best, coder, page)
    page.text(_("It is read without repetitions, and then without blanks: {text}. The target is {target}.")
              .format(text=read or _("(nothing)"), target=to_text(labels, coder.class_words)))  # fmt: skip
    if not np.isfinite(traced.unweighted):
        page.text(_("No path reads the target: it needs more time steps than there are."))
        return
    path, logarithm = best_alignment(p, labels)
    page.text(_("Of the paths that read the target, this is the most probable, with a probability of {p}:")
              .format(p=_probability(logarithm)))  # fmt: skip
    _write_path(path, coder, page)
    sums = lattice(p, labels)
    if sums.size <= SMALL and sums.shape[1] <= MOST_STATES:
        states = " ".join(BLANK if state == 0 else coder.class_words[state - 1] for state in states_of(labels))
        page.array(_("sums"), sums, _("a row for each time step, a column for each of {states}").format(states=states))
        page.text(_("Each number is the probability of all beginnings of paths that are there at that step. The last "
                    "two of the last row are the paths that have read the target."))  # fmt: skip
    page.text(_("The loss is that of all paths that read the target together, whose probabilities add up to P:"))
    page.formula(left, "-log P", f"-log {_probability(-traced.unweighted)}", number(traced.unweighted))


def _write_path(path: Sequence[int] | Array, coder: Any, page: Page) -> None:
    words = [BLANK if c == 0 else coder.class_words[c - 1] for c in path]
    between = " " if any(len(word) > 1 for word in words) else ""
    page.formula("", between.join(words))
