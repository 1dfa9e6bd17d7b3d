"""Every layer's output, mask and gradients are those of the NumPy engine, by table."""

import numpy as np
import pytest

pytest.importorskip("torch")

from cases import CASES
from passes import Case, agree, by_numpy, by_torch

from nnctl.nn.layers import layers
from nnctl.torch_engine.lowering.table import LAYERS

LOWERED = [name for name, (entry, *_) in CASES.items() if LAYERS.find(type(layers.build(entry)))]
EXACT, SINGLE = {"rtol": 1e-10, "atol": 1e-10}, {"rtol": 1e-4, "atol": 1e-4}


def inputs(entry, shapes, words=None, rows=7):
    rng = np.random.default_rng(3)
    for shape, n in zip(shapes, words or [0] * len(shapes), strict=True):
        x = rng.normal(size=(rows, *shape))
        yield rng.integers(0, n, (rows, *shape)) if n else x + 0.05 * np.sign(x)


def case_of(name, *masks, training=True):
    xs = list(inputs(*CASES[name]))
    return Case.of(CASES[name][0], xs, training=training)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", LOWERED)
def test_agrees_with_the_numpy_engine(name, training):
    case = case_of(name, training=training)
    agree(by_numpy(case), by_torch(case), **EXACT)
