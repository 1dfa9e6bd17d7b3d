"""Connectionist temporal classification: the loss of a label sequence that is not aligned with the time steps."""

import math
import threading
from dataclasses import dataclass

import numpy as np

from nnctl.nn.losses.base import Array, Loss, losses
from nnctl.nn.losses.crossentropy import softmax_into

_RESCALED = 8  # the sums are rescaled every so many steps
# With a class less probable than this, or a sum of paths below that, logarithms are summed instead: float32 and float64
# might lose paths that count.
_SMALLEST_CLASS = 1e-30
_SMALLEST_SUM = 1e-250
_LOG_0 = -1e30  # finite, so that the difference of two of them is not NaN


@losses.register("ctc")
class CTC(Loss):
    """For label sequences that are not aligned with the time steps: -ln of the probability that a path reads y.

    A path has one class for each step; reading it drops repeats, then blanks. Class 0 is the blank; y (rows, longest)
    holds class numbers from 1, each row filled up with 0; the last layer has one unit more than there are labels. It
    ends in softmax or, as in Keras, in logits. The loss of labels that do not fit into the steps is infinite.
    Source: Graves, Fernandez, Gomez and Schmidhuber 2006, "Connectionist Temporal Classification".
    """

    labels = "sequence"
    predicts = "scores"
    fuses = "softmax"
    wants_lengths = True

    def forward(self, y, p, lengths=None, compiled=None):
        return self.forward_logits(y, p.copy(), np.empty_like(p), lengths, compiled)

    def backward(self, saved, dl):
        return self.backward_logits(saved, dl)

    def forward_logits(self, y, z, p, lengths=None, compiled=None):
        lengths = np.full(len(p), p.shape[1]) if lengths is None else lengths
        if compiled:
            log_likelihood, expected = np.empty(len(p)), np.empty_like(p)
            z, y = np.ascontiguousarray(z), np.ascontiguousarray(y)
            compiled.sums(z, y, lengths, p, log_likelihood, expected, _SMALLEST_CLASS, _SMALLEST_SUM)
            if not np.isnan(log_likelihood).any():
                return -log_likelihood.astype(p.dtype), (p, expected, lengths)
        log_sum = softmax_into(z, p)
        states = States.of(y, p.shape[-1])
        if not compiled:
            log_likelihood, expected = sum_over_paths(p, states, lengths)
        if (lost := np.flatnonzero(np.isnan(log_likelihood))).size:
            log_p = z[lost].astype(np.float64) - log_sum[lost]
            with np.errstate(invalid="ignore"):  # NaN in the model's output makes the loss NaN, which stops the run
                sums = sum_over_paths(log_p, states.take(lost), lengths[lost], logs=True)
            log_likelihood[lost], expected[lost] = sums
        return -log_likelihood.astype(p.dtype), (p, expected, lengths)

    def backward_logits(self, saved, dl):
        p, expected, lengths = saved
        dz = p - expected
        if (lengths < p.shape[1]).any():
            dz[np.arange(p.shape[1]) >= lengths[:, None]] = 0
        dz *= dl[:, None, None]
        return dz


@dataclass(frozen=True)
class States:
    """The states that the paths of each row go through: blank, label, blank, ..., label, blank; 2 longest + 1 of them.

    of_class: (rows, classes, states), whether a state has a class; states behind a row's last have none.
    skips: (rows, states), whether a path may skip the blank before: from one label to a different one.
    last: (rows,) the number of the last state.
    """

    of_class: Array
    skips: Array
    last: Array

    @classmethod
    def of(cls, y, classes):
        number = np.zeros((len(y), 2 * y.shape[1] + 1), np.intp)
        number[:, 1::2] = y
        skips = np.zeros(number.shape, bool)
        skips[:, 3::2] = number[:, 3::2] != number[:, 1:-2:2]
        last = 2 * np.count_nonzero(y, axis=1)
        own = np.arange(number.shape[1]) <= last[:, None]
        return cls((number[:, None] == np.arange(classes)[:, None]) & own[:, None], skips, last)

    def take(self, rows):
        """Some of the rows."""
        return States(self.of_class[rows], self.skips[rows], self.last[rows])


def sum_over_paths(p, states, lengths, logs=False):
    """The log of the sum over all paths, (rows,), and the fraction of it with each class at each step, (rows, steps,
    classes). The log is NaN where float64 cannot hold the sums, which does not happen with `logs`.

    p: (rows, steps, classes) probabilities; with `logs` their logarithms, and every sum is kept as its logarithm.

        reached(t, s)   = passed(t-1, s) + passed(t-1, s-1) + passed(t-1, s-2), the last where s skips
        passed(t, s)    = reached(t, s) p(t, class of s)

    The sums over the paths from a state to the end are the same with steps and states reversed; one pass makes both.
    """
    times, zero = (np.add, _LOG_0) if logs else (np.multiply, 0.0)
    rows, steps, _ = p.shape
    number = np.arange(states.skips.shape[1])
    count, own = len(number), number <= states.last[:, None]
    # a state has the probability of its class; a product selects it faster than an index
    both_ways = np.concatenate([states.of_class, states.of_class[:, :, ::-1]], axis=2)
    emitted = (p @ both_ways.astype(p.dtype)).transpose(1, 0, 2)  # (steps, rows, states forward and backward)
    if logs:
        emitted = emitted + np.where(np.concatenate([own, own[:, ::-1]], axis=1), 0, zero)

    # Lines: each row forward, then each row reversed. The first two columns stay empty, so that the states before, s-1
    # and s-2, are slices of flat memory.
    passed, reached, shares = _scratch(steps, 2 * rows, count + 2)
    passed[:, :, :2] = zero
    passed[:, :rows, 2:] = emitted[:, :, :count]
    passed[:, rows:, 2:] = emitted[::-1, :, count:]
    scale = _walk(passed, reached, states, lengths, logs)

    shares = shares.reshape(-1)[: steps * rows * count].reshape(steps, rows, count)
    times(passed[:, :rows, 2:], reached[::-1, rows:, :1:-1], out=shares)
    if logs:
        total = np.logaddexp.reduce(shares, axis=2)
        log_sum = np.where(total[0] < 0.1 * _LOG_0, -np.inf, total[0])
        shares -= total[..., None]
        np.exp(shares, out=shares)
        total[...] = 1
    else:
        total = shares @ np.ones(count)
        sure = total >= _SMALLEST_SUM
        if np.min(p, initial=1) < _SMALLEST_CLASS:
            sure &= np.where(own, emitted[:, :, :count], 1).min(axis=2) >= _SMALLEST_CLASS
        sure |= np.arange(steps)[:, None] >= lengths
        total[total == 0] = 1
        log_sum = np.where(sure.all(axis=0), np.log(total[0]) + scale[rows:], np.nan)
    log_sum[lengths == 0] = np.where(states.last[lengths == 0] > 0, -np.inf, 0)
    expected = shares.transpose(1, 0, 2) @ states.of_class.transpose(0, 2, 1).astype(np.float64)
    expected /= total.T[..., None]
    return log_sum, expected.astype(p.dtype, copy=False)


def _walk(passed, reached, states, lengths, logs):
    """Fills in `reached`, and `passed`, which holds the probabilities; (steps, lines, 2 + states). Returns the log of
    the number that each line was divided by, which keeps the sums in the range of float64."""
    add, times, zero, one = (np.logaddexp, np.add, _LOG_0, 0.0) if logs else (np.add, np.multiply, 0.0, 1.0)
    steps, lines, columns = passed.shape
    rows, number = lines // 2, np.arange(columns - 2)
    skips, begin = np.full((2, lines, columns), zero)
    skips[:rows, 2:][states.skips] = one
    skips[rows:, 4:][states.skips[:, :1:-1]] = one
    begin[:rows, 2:4] = one
    ends = (number == states.last[:, None]) | (number == states.last[:, None] - 1)
    begin[rows:, 2:][ends[:, ::-1]] = one
    reached[0] = begin
    # reversed, a row begins where its padding ends
    late = {step: rows + np.flatnonzero(steps - lengths == step) for step in {*(steps - lengths).tolist()} - {0}}
    for begins in late.values():
        reached[0, begins] = zero

    scale = np.zeros(lines)
    passed[0] = times(passed[0], reached[0])
    flat, flat_reached, flat_skips = passed.reshape(steps, -1), reached.reshape(steps, -1), skips.reshape(-1)[2:]
    skipped = np.empty(flat_skips.shape)
    views = zip(flat[:-1, 2:], flat[:-1, 1:-1], flat[:-1, :-2], flat_reached[1:, 2:], flat[1:, 2:], strict=True)
    for step, (same, one_back, two_back, reach, emit) in enumerate(views, start=1):
        add(same, one_back, out=reach)
        times(two_back, flat_skips, out=skipped)
        add(reach, skipped, out=reach)
        if step in late:
            reached[step, late[step]] = begin[late[step]]
        times(reach, emit, out=emit)
        if step % _RESCALED == 0 and step < steps - 1 and not logs:
            total = np.add.reduce(passed[step], axis=1)
            total[total == 0] = 1
            passed[step] /= total[:, None]
            scale += np.log(total)
    return scale


_kept = threading.local()


def _scratch(*shape):
    """Three float64 arrays, kept by the thread from call to call: new memory would cost more than all the sums."""
    size = math.prod(shape)
    if getattr(_kept, "size", -1) < size:
        _kept.size, _kept.memory = size, np.empty((3, size))
    return (part[:size].reshape(shape) for part in _kept.memory)
