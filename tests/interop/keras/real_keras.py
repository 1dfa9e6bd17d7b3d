"""Real Keras, on torch: loads what nnctl exports, and saves what nnctl imports."""

import os
import sys

os.environ.setdefault("KERAS_BACKEND", "torch")

import numpy as np
import pytest

keras = pytest.importorskip("keras")
pytest.importorskip("h5py")
from absl import logging  # noqa: E402  (it comes with Keras)

# Its handler closes its stream when another program sets logging up anew, and that must not be pytest's.
logging.get_absl_handler().python_handler.stream = sys.__stderr__


def outputs(model, xs):
    """The model's outputs outside of training, as a list of NumPy arrays."""
    given = [np.asarray(x) for x in xs]
    ys = model(given if len(given) > 1 else given[0], training=False)
    ys = list(ys.values()) if isinstance(ys, dict) else ys if isinstance(ys, list | tuple) else [ys]
    return [keras.ops.convert_to_numpy(y) for y in ys]


def close(found, expected, tolerance=1e-5):
    """Whether two arrays agree up to a part of the largest number, or of 1."""
    assert found.shape == expected.shape
    error = np.abs(found - expected).max(initial=0) / max(1, np.abs(expected).max(initial=0))
    assert error <= tolerance, error
