"""Augmentation: what it does to real images in training, and that it does nothing outside of it."""

import numpy as np
import pytest
from harness import inference, prepare

from nnctl.data.catalog.bundled import bundled_path
from nnctl.nn.layers.padding import mixture

LAYERS = [
    "RandomFlip",
    {"RandomTranslation": {"height_factor": 0.3, "width_factor": 0.3}},
    {"RandomRotation": {"factor": 0.1}},
    {"RandomZoom": {"height_factor": 0.3}},
    {"RandomContrast": {"factor": 0.5}},
    {"RandomBrightness": {"factor": 0.5}},
]
each = pytest.mark.parametrize("entry", LAYERS, ids=str)


def digits(rows=200):
    with np.load(bundled_path("digits")) as file:
        return file["images"][:rows, ..., None] / 16.0


def augmented(entry, x, *, step=0, seed=0, shard_rows=None):
    ran = prepare(entry, [x], shifted=False, seed=seed, shard_rows=shard_rows)
    y = ran.executor.train_step(ran.batch, step).outputs["layer"].copy()
    ran.executor.close()
    return y


@each
def test_nothing_happens_outside_of_training(entry):
    np.testing.assert_array_equal(inference(entry, [digits()], shifted=False), digits())


@each
def test_it_follows_from_seed_step_and_row(entry):
    x = digits()
    y = augmented(entry, x)
    np.testing.assert_array_equal(augmented(entry, x), y)
    np.testing.assert_array_equal(augmented(entry, x, shard_rows=64), y)
    assert np.mean(np.all(augmented(entry, x, step=1) == y, axis=(1, 2, 3))) < 0.5
    assert np.mean(np.all(augmented(entry, x, seed=1) == y, axis=(1, 2, 3))) < 0.5


def test_half_of_the_images_are_flipped():
    x = digits(1000)
    y = augmented({"RandomFlip": {"mode": "horizontal"}}, x)
    same, turned = (np.all(y == z, axis=(1, 2, 3)) for z in (x, x[:, :, ::-1]))
    assert np.all(same | turned)
    assert np.mean(turned & ~same) == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("fill", ["constant", "nearest", "reflect", "wrap"])
def test_a_shift_by_whole_pixels_is_numpys_pad(fill):
    x = digits(4)
    y = augmented(
        {"RandomTranslation": {"height_factor": [0.25, 0.25], "width_factor": [0.0, 0.0], "fill_mode": fill}}, x
    )
    mode = {"nearest": "edge", "reflect": "symmetric"}.get(fill, fill)
    np.testing.assert_allclose(y, np.pad(x, ((0, 0), (2, 0), (0, 0), (0, 0)), mode=mode)[:, :8], atol=1e-12)


def test_a_quarter_turn_is_numpys_rot90():
    x = digits(4)
    y = augmented({"RandomRotation": {"factor": [0.25, 0.25], "interpolation": "nearest"}}, x)
    np.testing.assert_allclose(y, np.rot90(x, axes=(1, 2)), atol=1e-12)


def test_zooming_out_by_two_shows_the_image_at_half_its_size():
    x = np.zeros((1, 8, 8, 1))
    x[:, 2:6, 2:6] = 1  # a square half as wide as the image
    y = augmented({"RandomZoom": {"height_factor": [1.0, 1.0], "fill_mode": "constant"}}, x)
    assert y.sum() == pytest.approx(4, abs=1e-9)
    assert y[0, 3:5, 3:5].min() == 1


def test_contrast_keeps_the_mean_and_brightness_moves_it():
    x = digits()
    contrast = augmented({"RandomContrast": {"factor": 0.5, "value_range": [-9, 9]}}, x)
    np.testing.assert_allclose(contrast.mean(axis=(1, 2)), x.mean(axis=(1, 2)), atol=1e-12)
    ratio = contrast.std(axis=(1, 2)) / x.std(axis=(1, 2))
    assert 0.5 <= ratio.min() < 0.6 and 1.4 < ratio.max() <= 1.5
    bright = augmented({"RandomBrightness": {"factor": [0.2, 0.2], "value_range": [0, 1]}}, x)
    np.testing.assert_allclose(bright, np.clip(x + 0.2, 0, 1), atol=1e-12)


def test_bilinear_mixtures_sum_to_one():
    np.testing.assert_allclose(mixture(5, 3, np.float64).sum(axis=1), 1)
