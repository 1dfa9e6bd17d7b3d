"""Some rows of the split to judge by: the same as those that the run was evaluated on, however they are read."""

import numpy as np
import pytest

from nnctl import config as configs
from nnctl.data import load_dataset
from nnctl.data.load_sample import load_sample
from nnctl.data.preprocessing.fitted import Preprocessing
from nnctl.errors import DataError
from nnctl.training.model import label_kinds

ROWS = [f"{i % 5 if i % 11 else ''},{'uvw'[i % 3]},{i * 0.1:.1f},{'yes' if i % 3 == 1 else 'no'}" for i in range(60)]
TABLE = "a,b,c,y\n" + "\n".join(ROWS) + "\n"
STEPS = "id,t,a,b,y\n" + "".join(
    f"s{i:02},{t},{i + t},{i},{'AB'[i % 2]}\n" for i in range(20) for t in range(1 + i % 3)
)
DENSE = "layers: [{Dense: {units: 1, activation: sigmoid}}]\nloss: binary_crossentropy\nseed: 4\n"
CONFIGS = {
    "a table": DENSE + "dataset: {path: FILE, target: y, missing: {a: median}}",
    "rows dropped": DENSE + "dataset: {path: FILE, target: y, missing: {a: drop}}",
    "by time": DENSE + "dataset: {path: FILE, target: y, missing: {a: mean}, split: {time: c}}",
    "no test": DENSE + "dataset: {path: FILE, target: y, missing: {a: zero}, split: {test: 0}}",
    "train alone": DENSE + "dataset: {path: FILE, target: y, missing: {a: zero}, split: {test: 0, validation: 0}}",
}


def loaded(text, folder, content=TABLE):
    (folder / "rows.csv").write_text(content)
    spec = configs.loads(text.replace("FILE", str(folder / "rows.csv")))
    data = load_dataset(spec.dataset, spec.inputs, label_kinds(spec), spec.seed)
    return data, Preprocessing.from_json(data.preprocessing.to_json())  # as a saved model has it


def same(sample, split, places):
    for name, x in split.inputs.items():
        np.testing.assert_array_equal(np.asarray(sample.split.inputs[name]), np.asarray(x)[places])
    for name, y in split.targets.items():
        np.testing.assert_array_equal(np.asarray(sample.split.targets[name]), np.asarray(y)[places])
    np.testing.assert_array_equal(sample.split.names, split.names[places])


@pytest.mark.parametrize("large", [0, 1 << 30], ids=["in two steps", "at once"])
@pytest.mark.parametrize("case", CONFIGS)
def test_all_rows_of_the_split(case, large, tmp_path):
    data, preprocessing = loaded(CONFIGS[case], tmp_path)
    sample = load_sample(preprocessing, 1000, large=large)
    split = data.test or data.validation or data.train
    assert sample.total == split.rows == sample.split.rows
    assert sample.name == ("test" if data.test else "validation" if data.validation else "train")
    same(sample, split, np.arange(split.rows))


def test_a_sample_is_the_same_in_both_ways(tmp_path):
    data, preprocessing = loaded(CONFIGS["a table"], tmp_path)
    at_once, in_two = (load_sample(preprocessing, 5, large=large) for large in (1 << 30, 0))
    places = np.flatnonzero(np.isin(data.test.names, at_once.split.names))
    assert len(places) == 5 and at_once.total == data.test.rows
    same(at_once, data.test, places)
    same(in_two, data.test, places)
    assert in_two.raw["b"].value(0) == at_once.raw["b"].value(0)


def test_sequences(tmp_path):
    text = "dataset: {path: FILE, target: y, sequence: {id: id, order: t}}\nloss: binary_crossentropy\n"
    text += "layers: [{GRU: {units: 2}}, {Dense: {units: 1, activation: sigmoid}}]"
    data, preprocessing = loaded(text, tmp_path, STEPS)
    sample = load_sample(preprocessing, 2)
    places = np.flatnonzero(np.isin(data.test.names, sample.split.names))
    assert len(places) == 2
    same(sample, data.test, places)
    for name, lengths in data.test.lengths.items():
        np.testing.assert_array_equal(sample.split.lengths.get(name, np.full(2, 3)), lengths[places])


def test_a_bundled_data_set_of_arrays():
    spec = configs.load("digits_cnn")
    data = load_dataset(spec.dataset, spec.inputs, label_kinds(spec), spec.seed)
    sample = load_sample(data.preprocessing, 9)
    same(sample, data.test, np.flatnonzero(np.isin(data.test.names, sample.split.names)))


@pytest.mark.parametrize("large", [0, 1 << 30], ids=["in two steps", "at once"])
def test_data_that_changed_are_refused(tmp_path, large):
    _, preprocessing = loaded(CONFIGS["a table"], tmp_path)
    (tmp_path / "rows.csv").write_text(TABLE + ROWS[0] + "\n" + ROWS[1] + "\n")
    with pytest.raises(DataError, match="changed since the model was trained"):
        load_sample(preprocessing, 10, large=large)
