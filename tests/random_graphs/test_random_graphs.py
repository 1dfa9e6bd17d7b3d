"""Random graphs agree with the same models in Keras: outputs, losses, gradients, moving figures."""

import os
import warnings
from collections import Counter
from importlib.util import find_spec

import pytest
from contract import check_rows
from golden import not_in_keras
from hypothesis import HealthCheck, assume, given, settings

from nnctl.nn.layers import layers
from random_graphs import arrays, compare, rows, strategy

CASES = compare.read()
# Layers without a row, besides those that Keras does not have.
WITHOUT = {
    "RandomBrightness": "random",
    "RandomContrast": "random",
    "RandomFlip": "random",
    "RandomRotation": "random",
    "RandomTranslation": "random",
    "RandomZoom": "random",
}


WHERE = (
    "ROWS in tests/random_graphs/rows.py, and run make_cases.py there; "
    "if Keras does not have it, to LAYERS in tests/golden/not_in_keras.py instead"
)


@pytest.mark.parametrize("number", range(len(CASES)))
def test_a_stored_case(number):
    model, expected = CASES[number]
    for run in compare.RUNS:
        assert not compare.differences(model, expected, run), (run, model)


def test_there_are_two_hundred_cases():
    assert len(CASES) >= 200
    assert sum(bool(model["losses"]) for model, _ in CASES) >= 30
    assert sum(len(model["outputs"]) > 1 and len(model["inputs"]) > 1 for model, _ in CASES) >= 50
    assert sum(any("shared" in next(iter(entry.values())) for entry in model["layers"]) for model, _ in CASES) >= 50


def test_every_layer_has_a_row():
    without = {layers.build(row.config).kind for row in not_in_keras.LAYERS.values()} | set(WITHOUT)
    check_rows(layers, rows.ROWS, WHERE, without)


def test_every_kind_of_layer_is_in_some_cases():
    counts = Counter(kind for model, _ in CASES for kind in set(arrays.kinds_of(model["layers"])))
    assert {kind: counts[kind] for kind in rows.ROWS if counts[kind] < 3} == {}


@pytest.mark.slow
@pytest.mark.skipif(find_spec("keras") is None, reason="Keras is not installed")
@settings(
    max_examples=int(os.environ.get("NNCTL_RANDOM_GRAPHS", "300")), deadline=None, database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
@given(model=strategy.models())
def test_a_new_case(model):
    from random_graphs import in_keras

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras tells of masks that end and of softmax over one unit
        try:
            expected = in_keras.figures(model)
        except Exception as error:
            if not compare.refused_by_keras(error):
                raise
            return
    assume(compare.tame(model, expected))
    for run in compare.RUNS:
        assert not compare.differences(model, expected, run)
