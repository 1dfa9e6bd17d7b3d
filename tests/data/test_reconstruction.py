"""A target that is also an input: an autoencoder learns exactly its input."""

import numpy as np
import pytest

from nnctl.config.types import InputSpec
from nnctl.data import Preprocessing, load_dataset
from nnctl.data.config import DatasetSpec
from nnctl.errors import DataError

X = np.random.default_rng(0).integers(0, 17, size=(40, 4, 4)).astype(np.uint8)


@pytest.fixture
def file(tmp_path):
    np.savez(tmp_path / "x.npz", x=X)
    return str(tmp_path / "x.npz")


def shown(part):
    """The input that the model sees: pixels stay bytes until a batch is made."""
    return part.inputs["input"] / part.divisors.get("input", 1)


def loaded(file, labels="number", shape=None, **settings):
    dataset = DatasetSpec(path=file, target="x", **settings)
    return load_dataset(dataset, {"input": InputSpec(shape=shape)} if shape else {}, {"out": labels}, 0)


@pytest.mark.parametrize("normalize", [None, "standard", "minmax", {"x": "minmax"}])
@pytest.mark.parametrize("shape", [None, (16,), (4, 4, 1)])
def test_the_target_is_encoded_as_the_input(file, normalize, shape):
    data = loaded(file, shape=shape, normalize=normalize)
    for part in (data.train, data.validation, data.test):
        np.testing.assert_allclose(part.targets["out"], shown(part), atol=1e-6)
    assert data.targets["out"].shape == data.input_shapes["input"] == (shape or (4, 4))


@pytest.mark.parametrize("normalize", [None, "standard", "minmax"])
def test_predictions_are_in_the_units_of_the_data(file, normalize):
    data = loaded(file, shape=(16,), normalize=normalize)
    again = Preprocessing.from_json(data.preprocessing.to_json())
    part, _ = again.apply(file, with_targets=True)
    np.testing.assert_allclose(again.decode("out", part.targets["out"]), X.reshape(40, 16), atol=1e-4)


def test_bundled_images_are_divided_as_the_input_is():
    data = load_dataset(DatasetSpec(name="digits_images", target="images"), {}, {"out": "number"}, 0)
    np.testing.assert_allclose(data.train.targets["out"], shown(data.train), atol=1e-6)
    assert data.train.targets["out"].max() == 1 and data.targets["out"].shape == (8, 8, 1)


def test_a_binary_loss_takes_values_from_0_to_1(file):
    data = load_dataset(DatasetSpec(name="digits", target="images"), {}, {"out": "binary"}, 0)
    np.testing.assert_allclose(data.train.targets["out"], shown(data.train), atol=1e-6)
    with pytest.raises(DataError, match="from 0 to 1"):
        loaded(file, "binary", normalize="standard")
