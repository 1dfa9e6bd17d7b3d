"""Layers agree with Keras: outputs, gradients, moving averages."""

import numpy as np
import pytest
from contract import check_rows, golden
from golden import read
from harness import collect, inference, prepare, run

from nnctl import kernels
from nnctl.nn.layers import layers

GOLDEN = read("layers", "images", "sequences", "tokens")
# what is drawn at random: tests/nn/layers/test_layers.py and test_augmentation.py have its statistics
DRAWN = {
    "AlphaDropout", "Dropout", "GaussianDropout", "GaussianNoise", "RandomContrast", "RandomFlip", "SpatialDropout1D",
    "SpatialDropout2D",
}  # fmt: skip
cases = pytest.mark.parametrize("case", GOLDEN.cases)
CLOSE = {"rtol": 1e-5, "atol": 1e-6}  # Keras' tanh stays in float32


def given(case):
    xs = [GOLDEN[f"{case}/x/{i}"] for i in range(len(GOLDEN.under(f"{case}/x")))]
    weights = GOLDEN.under(f"{case}/w") | {"moving_mean": 0.0, "moving_variance": 1.0}
    return GOLDEN.cases[case], xs, weights


def test_every_layer_has_a_golden_case():
    covered = {layers.build(config).kind for config in GOLDEN.cases.values()}
    check_rows(layers, covered, golden("layers"), without=DRAWN)


@cases
def test_forward_and_backward(case):
    config, xs, weights = given(case)
    ran = run(config, xs, weights=weights, r=GOLDEN[f"{case}/r"])
    np.testing.assert_allclose(ran.y, GOLDEN[f"{case}/y"], **CLOSE)
    gradients = list(GOLDEN.under(f"{case}/dx").values())
    for dx, expected in zip(ran.dx, gradients, strict=True):
        np.testing.assert_allclose(dx, expected, **CLOSE)
    assert ran.dw.keys() == GOLDEN.under(f"{case}/dw").keys()
    for name, dw in ran.dw.items():
        np.testing.assert_allclose(dw, GOLDEN[f"{case}/dw/{name}"], **CLOSE)


@pytest.mark.skipif(not kernels.installed(), reason="Numba is not installed")
@cases
def test_forward_and_backward_with_compiled_kernels(case):
    """In float32, which is what they are for: within 1e-5 of the largest."""
    config, xs, weights = given(case)
    ran = run(config, xs, weights=weights, r=GOLDEN[f"{case}/r"], dtype=np.float32, compiled=True)
    pairs = [(ran.y, GOLDEN[f"{case}/y"]), *zip(ran.dx, GOLDEN.under(f"{case}/dx").values(), strict=True)]
    pairs += [(dw, GOLDEN[f"{case}/dw/{name}"]) for name, dw in ran.dw.items()]
    for found, expected in pairs:
        largest = max(1.0, np.abs(expected).max()) if expected.size else 1.0
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5 * largest)


@pytest.mark.parametrize("case", [case for case in GOLDEN.cases if GOLDEN.under(f"{case}/state")])
def test_moving_averages_after_three_steps(case):
    config, xs, weights = given(case)
    ran = prepare(config, xs, weights=weights)
    for step in range(3):
        result = ran.executor.train_step(ran.batch, step)
    ran = collect(ran, result)
    for name, value in GOLDEN.under(f"{case}/state").items():
        np.testing.assert_allclose(ran.state[name], value, **CLOSE)


@cases
def test_outside_of_training(case):
    config, xs, weights = given(case)
    weights |= GOLDEN.under(f"{case}/state")
    np.testing.assert_allclose(inference(config, xs, weights=weights), GOLDEN[f"{case}/inference"], **CLOSE)
