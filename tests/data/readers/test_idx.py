"""IDX files: what was written is read, and headers are not trusted."""

import gzip
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from nnctl import config
from nnctl.api import load
from nnctl.data.catalog.bundled import bundled_path
from nnctl.data.readers.idx import read_idx
from nnctl.data.readers.paths import is_idx
from nnctl.errors import DataError
from nnctl.training import runner

CODES = {"uint8": 8, "int8": 9, "int16": 11, "int32": 12, "float32": 13, "float64": 14}


def idx(values):
    """An array as the bytes of an IDX file."""
    head = bytes([0, 0, CODES[str(values.dtype)], values.ndim]) + struct.pack(f">{values.ndim}I", *values.shape)
    return head + values.astype(values.dtype.newbyteorder(">")).tobytes()


ARRAYS = st.sampled_from(list(CODES)).flatmap(lambda code: arrays.arrays(code, arrays.array_shapes(max_dims=4)))


@given(ARRAYS, st.booleans())
def test_what_was_written_is_read(tmp_path_factory, values, packed):
    path = tmp_path_factory.mktemp("idx") / ("a-idx3-ubyte.gz" if packed else "a-idx3-ubyte")
    path.write_bytes(gzip.compress(idx(values)) if packed else idx(values))
    read = read_idx(path)
    assert read.dtype == values.dtype
    np.testing.assert_array_equal(read, values)


GOOD = idx(np.zeros((3, 2, 2), np.uint8))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not an IDX file"),
        (b"\x89PNG\r\n", "not an IDX file"),
        (GOOD[:10], "of 12 bytes"),
        (GOOD[:-1], "promises 12 bytes"),
        (GOOD + b"x", "has 13"),
        (b"\0\0\x08\x03" + struct.pack(">3I", 2**31, 2**31, 2**31), "promises"),
        (b"\0\0\x08\x05" + b"\0" * 20, "not an IDX file"),
        (idx(np.zeros((0, 2, 2), np.uint8)), "no values"),
        (idx(np.zeros((2, 0), np.uint8)), "no values"),
    ],
)
def test_a_broken_file_is_named(tmp_path, data, words):
    path = tmp_path / "images-idx3-ubyte"
    path.write_bytes(data)
    with pytest.raises(DataError, match=words) as caught:
        read_idx(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("size", [2**20, 2**31])
def test_a_compressed_file_is_read_no_further_than_its_header_says(tmp_path, size):
    path = tmp_path / "images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(GOOD + b"\0" * 10_000_000))
    with pytest.raises(DataError, match="continues"):
        read_idx(path)
    path.write_bytes(gzip.compress(b"\0\0\x08\x01" + struct.pack(">I", size)))
    with pytest.raises(DataError, match=r"promises|ends after"):
        read_idx(path)
    path.write_bytes(gzip.compress(GOOD)[:-9])
    with pytest.raises(DataError, match="truncated"):
        read_idx(path)


def test_names_of_idx_files(tmp_path):
    names = ["train-images-idx3-ubyte.gz", "t10k-labels.idx1-ubyte", "digits.idx", "x.idx3.gz"]
    assert all(is_idx(tmp_path / name) for name in names)
    assert not any(is_idx(tmp_path / name) for name in ["index.csv", "a.npz", "idx.txt"])


CONFIG = """
dataset: {{path: {path}, split: {{validation: 0.25, test: 0.25}}}}
layers: [Flatten, {{Dense: {{units: 10, activation: softmax}}}}]
loss: sparse_categorical_crossentropy
optimizer: {{adam: {{learning_rate: 0.01}}}}
epochs: 30
"""


@pytest.fixture
def folder(tmp_path):
    """The digits as four files like those of MNIST: the first 1,200 for training, the others for test."""
    with np.load(bundled_path("digits")) as file:
        images, labels = file["images"], file["labels"].astype(np.uint8)
    images = np.clip(images.astype(int) * 16, 0, 255).astype(np.uint8)
    for split, rows in (("train", slice(0, 1200)), ("t10k", slice(1200, None))):
        (tmp_path / f"{split}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(images[rows])))
        (tmp_path / f"{split}-labels-idx1-ubyte").write_bytes(idx(labels[rows]))
    return tmp_path


def test_a_folder_like_mnists_trains_and_its_test_files_test(folder, tmp_path):
    checked = config.loads(CONFIG.format(path=folder))
    data = runner.load_data(checked)
    assert data.train.inputs["input"].dtype == np.uint8 and data.input_shapes["input"] == (8, 8, 1)
    assert (data.train.rows, data.validation.rows, data.test.rows) == (900, 300, 597)
    ended = runner.train(checked, folder=tmp_path / "run")
    assert ended.test["accuracy"] > 0.85
    again = load(tmp_path / "run").evaluation(str(folder / "t10k-images-idx3-ubyte.gz"))
    assert again.metrics["accuracy"] == pytest.approx(ended.test["accuracy"])
    said = load(tmp_path / "run").predictions(str(folder / "t10k-images-idx3-ubyte.gz")).columns
    assert len(said["y"]) == 597


def test_images_alone_bring_their_labels(folder):
    data = runner.load_data(config.loads(CONFIG.format(path=folder / "train-images-idx3-ubyte.gz")))
    assert data.train.rows == 600 and len(data.targets["dense"].classes) == 10


@pytest.mark.parametrize(
    "names",
    [
        ["train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte"],
        ["t*-images-idx3-ubyte.gz", "t*-labels-idx1-ubyte"],
        ["t*-images-idx3-ubyte.gz"],
    ],
)
def test_lists_and_globs(folder, names):
    paths = ", ".join(str(folder / name) for name in names)
    data = runner.load_data(config.loads(CONFIG.format(path=f"[{paths}]")))
    assert data.train.rows == (900 if "t*" in names[0] else 600)


@pytest.mark.parametrize("prefix", ["", "emnist-letters-"])
def test_splits_by_name(folder, prefix):
    for path in list(folder.iterdir()):
        path.rename(folder / (prefix + path.name.replace("t10k", "test")))
    assert runner.load_data(config.loads(CONFIG.format(path=folder))).test.rows == 597


def test_files_that_cannot_be_told_apart(folder):
    (folder / "more-images-idx3-ubyte").write_bytes(GOOD)
    with pytest.raises(DataError, match="two files of images for the same split"):
        runner.load_data(config.loads(CONFIG.format(path=folder)))


def test_images_and_labels_of_different_numbers(folder):
    (folder / "train-labels-idx1-ubyte").write_bytes(idx(np.zeros(7, np.uint8)))
    with pytest.raises(DataError, match="1200"):
        runner.load_data(config.loads(CONFIG.format(path=folder)))
