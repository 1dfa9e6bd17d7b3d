"""Runs go on with the other engine: checkpoints, optimizer state and the order of the data are the same."""

import pytest

pytest.importorskip("torch")

import numpy as np
from safetensors.numpy import load_file

from nnctl import config
from nnctl.training import runner

CONFIGS = {
    "dense": """{dataset: iris, seed: 3, layers: [{Dense: {units: 8, activation: tanh}}, {Dropout: {rate: 0.2}},
        {Dense: {units: 3, activation: softmax}}], loss: scce, optimizer: {nadam: {clipnorm: 1.0}}, epochs: 6,
        batch_size: 16, metrics: [accuracy, auc]}""",
    "sequences": """{dataset: japanese_vowels, layers: [{Bidirectional: {layer: {LSTM: {units: 6, dropout: 0.2}}}},
        BatchNormalization, {Dense: {units: 9, activation: softmax}}], loss: scce,
        optimizer: {adam: {weight_decay: 0.01}}, epochs: 4, batch_size: 32}""",
    "images": """{dataset: digits_images, layers: [{RandomTranslation: {height_factor: 0.1, width_factor: 0.1}},
        {Conv2D: {filters: 4, kernel_size: 3, activation: tanh}}, MaxPooling2D, Flatten,
        {Dense: {units: 10, activation: softmax}}], loss: scce, optimizer: {rmsprop: {momentum: 0.5}}, epochs: 2,
        batch_size: 64, callbacks: [{EarlyStopping: {patience: 5}}]}""",
}


def train(name, engine, folder, epochs=None):
    more = [f"epochs={epochs}"] if epochs else []
    spec = config.loads(CONFIGS[name], "c.yaml", [f"engine.backend={engine}", "engine.dtype=float64", *more])
    return runner.train(spec, folder=folder)


@pytest.mark.parametrize(("first", "second"), [("numpy", "torch"), ("torch", "numpy")])
@pytest.mark.parametrize("name", CONFIGS)
def test_a_run_goes_on_with_the_other_engine(name, first, second, tmp_path):
    whole = train(name, first, tmp_path / "whole")
    train(name, first, tmp_path / "both", whole.epochs // 2)
    ended = runner.resume(tmp_path / "both", overrides=[f"engine.backend={second}", f"epochs={whole.epochs}"])
    assert ended.epochs == whole.epochs
    one, other = (load_file(tmp_path / folder / "model.safetensors") for folder in ("whole", "both"))
    assert one.keys() == other.keys()
    for key, w in one.items():
        np.testing.assert_allclose(other[key], w, rtol=1e-9, atol=1e-9, err_msg=key)
    for key, value in whole.test.items():
        assert ended.test[key] == pytest.approx(value, abs=1e-9)
