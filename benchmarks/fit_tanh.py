"""Fits the fraction by which kernels/ops/recurrent_cells.py computes tanh; prints its coefficients and largest error.

tanh(x) = x P(x^2) / Q(x^2) with Q(0) = 1, least squares of the relative error, weighted anew until the largest errors
are about equal (Lawson 1961), on |x| <= 9; beyond, tanh is 1 in float32.
"""

import numpy as np

LARGEST, ABOVE, BELOW = 9.0, 6, 3  # degrees of P and Q in x^2


def fit():
    t = LARGEST**2 * (1 - np.cos(np.linspace(0, np.pi, 4001)[1:])) / 2
    x = np.sqrt(t)
    wanted = np.tanh(x) / x
    scaled = t / LARGEST**2  # powers of it do not leave float64
    weights, q = np.ones_like(t), np.ones_like(t)
    best = (np.inf, None, None)
    for _ in range(400):
        # P - wanted Q = 0, relative to wanted and to the Q of the time before
        scale = np.sqrt(weights) / (wanted * q)
        columns = [scaled**i for i in range(ABOVE + 1)] + [-wanted * scaled**i for i in range(1, BELOW + 1)]
        found, *_ = np.linalg.lstsq(np.stack(columns, 1) * scale[:, None], wanted * scale, rcond=None)
        p, low = found[: ABOVE + 1], np.concatenate([[1.0], found[ABOVE + 1 :]])
        q = np.polynomial.polynomial.polyval(scaled, low)
        error = np.abs(np.polynomial.polynomial.polyval(scaled, p) / q / wanted - 1)
        if error.max() < best[0]:
            best = (error.max(), p, low)
        weights *= error / error.max() + 1e-3
        weights /= weights.mean()
    worst, p, low = best
    return worst, p / LARGEST ** (2 * np.arange(ABOVE + 1)), low / LARGEST ** (2 * np.arange(BELOW + 1))


if __name__ == "__main__":
    worst, p, q = fit()
    print(f"largest relative error {worst:.2g}")
    print("P", ", ".join(f"{a:.9g}" for a in p))
    print("Q", ", ".join(f"{a:.9g}" for a in q))
