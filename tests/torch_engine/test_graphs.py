"""Random graphs: both engines agree in predictions, losses, gradients and moving averages."""

import pytest

pytest.importorskip("torch")

import numpy as np
from random_graphs import compare, in_nnctl
from torch_engine.engines import torch_executor

CASES = compare.read()
CLOSE = {np.float64: 1e-10, np.float32: 1e-4}  # of an array's largest number, or of 1


@pytest.mark.parametrize("number", range(len(CASES)))
def test_a_graph(number):
    model, _ = CASES[number]
    for dtype, close in CLOSE.items():
        expected = in_nnctl.figures(model, dtype=dtype)
        found = in_nnctl.figures(model, dtype=dtype, engine=torch_executor, fuse=("loss",))
        assert found.keys() == expected.keys()
        for key, wanted in expected.items():
            error = np.abs(found[key] - wanted).max(initial=0) / max(1, np.abs(wanted).max(initial=0))
            assert found[key].shape == wanted.shape and error < close, (key, error, dtype)
