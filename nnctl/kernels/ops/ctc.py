"""CTC's sums over all paths, compiled, row by row. The NumPy reference, nn/losses/ctc.py, says what is summed.

Every step's sums are divided by their total, whose logarithms add up to the log of the likelihood.
"""

import numpy as np

from nnctl.kernels.toolchain.jit import kernel


@kernel
def sums(z, y, lengths, p, log_likelihood, expected, smallest_class, smallest_sum):
    """p = softmax(z), (rows, steps, classes); log_likelihood (rows), NaN where float64 cannot hold the sums or a class
    is less probable than `smallest_class`; expected, as p: the fraction of the paths that have each class at each
    step."""
    rows, steps, _ = z.shape
    most = 2 * y.shape[1] + 1
    number = np.empty(most, np.int64)  # the class of each state
    before = np.empty((steps, most))  # paths from the beginning to a state, its step included
    after, next_ = np.empty(most), np.empty(most)  # paths from behind a state to the end
    for r in range(rows):
        for t in range(steps):
            _softmax(z[r, t], p[r, t])
        expected[r] = 0
        labels = 0
        while labels < y.shape[1] and y[r, labels] != 0:
            labels += 1
        states = 2 * labels + 1
        for s in range(states):
            number[s] = y[r, s // 2] if s % 2 else 0
        if lengths[r] == 0:
            log_likelihood[r] = -np.inf if labels else 0.0
            continue
        log_likelihood[r] = _row(p[r], number, states, lengths[r], before, after, next_, expected[r], smallest_class,
                                 smallest_sum)  # fmt: skip


@kernel
def _softmax(z, p):
    largest = z[0]
    for c in range(z.size):
        largest = z[c] if z[c] > largest or z[c] != z[c] else largest
    total = np.float32(0)
    for c in range(z.size):
        p[c] = np.exp(z[c] - largest)
        total += p[c]
    for c in range(z.size):
        p[c] /= total


@kernel
def _row(p, number, states, steps, before, after, next_, expected, smallest_class, smallest_sum):
    """One row's log likelihood; adds to expected (steps, classes)."""
    log = 0.0
    for t in range(steps):
        total = 0.0
        for s in range(states):
            if t == 0:
                reached = 1.0 if s < 2 else 0.0
            else:
                reached = before[t - 1, s]
                if s > 0:
                    reached += before[t - 1, s - 1]
                if s > 2 and s % 2 and number[s] != number[s - 2]:
                    reached += before[t - 1, s - 2]
            probability = p[t, number[s]]
            if not probability >= smallest_class:
                return np.nan
            before[t, s] = reached * probability
            total += before[t, s]
        if not total >= smallest_sum:
            return np.nan
        for s in range(states):
            before[t, s] /= total
        log += np.log(total)
    for s in range(states):
        after[s] = 1.0 if s >= states - 2 else 0.0
    for t in range(steps - 1, -1, -1):
        total = 0.0
        for s in range(states):
            total += before[t, s] * after[s]
        if not total >= smallest_sum:
            return np.nan
        if t == steps - 1:
            log += np.log(total)
        for s in range(states):
            expected[t, number[s]] += before[t, s] * after[s] / total
        total = 0.0
        for s in range(states):
            reached = after[s] * p[t, number[s]]
            if s + 1 < states:
                reached += after[s + 1] * p[t, number[s + 1]]
            if s % 2 and s + 2 < states and number[s] != number[s + 2]:
                reached += after[s + 2] * p[t, number[s + 2]]
            next_[s] = reached
            total += reached
        for s in range(states):
            after[s] = next_[s] / total
    return log
