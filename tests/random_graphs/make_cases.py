"""Writes cases.npz: random models with Keras' figures, which CI replays without Keras.

    python tests/random_graphs/make_cases.py [CASES]

Run by hand where nnctl, hypothesis, Keras 3 and JAX are installed, when layers are added or Keras changes. The same
versions give the same file. It stops at the first case on which nnctl and Keras disagree.
"""

import json
import sys
from collections import Counter
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[0] = str(TESTS)

from hypothesis import HealthCheck, Phase, given, seed, settings  # noqa: E402

from random_graphs import arrays, compare, in_keras, rows, strategy  # noqa: E402

EACH = 3  # cases that a kind of layer is in, at least


def drawn(number):
    """A few models; hypothesis begins each seed with the simplest and goes on to variations of what it found."""
    found = []

    @seed(number)
    @settings(max_examples=6, database=None, deadline=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(strategy.models())
    def collect(model):
        found.append(model)

    collect()
    return found[1:]


def worth(model, counts):
    """How many of a model's kinds are still rare; a model of none is taken only for being large."""
    return sum(counts[kind] < EACH for kind in arrays.kinds_of(model["layers"]))


def main(wanted):
    keras = in_keras.keras
    print(f"Keras {keras.__version__} on {keras.backend.backend()}")
    counts, models, figures = Counter(), [], []
    number = 0
    while len(models) < wanted:
        number += 1
        # of every third case the losses count, too: by chance alone they would be few
        best = max(drawn(number), key=lambda model: (worth(model, counts), number % 3 == 0 and bool(model["losses"]),
                                                     len(model["layers"])))  # fmt: skip
        try:
            keras_figures = in_keras.figures(best)
        except Exception as error:
            if not compare.refused_by_keras(error):
                raise
            continue
        if not compare.tame(best, keras_figures):
            continue
        for run in compare.RUNS:
            if differs := compare.differences(best, keras_figures, run):
                sys.exit(f"{json.dumps(best)}\n{differs}")
        models.append(best)
        figures.append(keras_figures)
        counts.update(set(arrays.kinds_of(best["layers"])))
        if len(models) % 50 == 0:
            print(f"{len(models)} cases, seed {number}", flush=True)
            in_keras.jax.clear_caches()
    rare = {kind: counts[kind] for kind in rows.ROWS if counts[kind] < EACH}
    if rare:
        sys.exit(f"too rare: {rare}")
    path = compare.write(f"{keras.__version__} on {keras.backend.backend()}", models, figures)
    print(f"{path.name}: {len(models)} cases, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 220)
