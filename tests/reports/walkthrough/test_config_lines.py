"""A config is explained line by line, with its own numbers."""

import io
import re
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from nnctl.config.config_files import bundled_configs
from nnctl.config.loader import KEYS
from nnctl.config.types import EngineSpec
from nnctl.data.config import (
    DatasetSpec,
    ImageSpec,
    InputSpec,
    MissingRule,
    NormalizeRule,
    SequenceSpec,
    SplitSpec,
    TextSpec,
)
from nnctl.errors import NnctlError
from nnctl.reports.terminal import Terminal
from nnctl.reports.walkthrough.config_lines import data_keys, keys
from nnctl.reports.walkthrough.config_lines.context import context_of
from nnctl.reports.walkthrough.config_lines.defaults import defaults
from nnctl.reports.walkthrough.config_lines.explained import config_as_data, explain_config
from nnctl.reports.walkthrough.config_lines.nested import nested_sentence


@pytest.fixture(scope="module")
def iris():
    return context_of("iris")


def explained(config, width=80):
    stream = io.StringIO()
    explain_config(str(config), Terminal(stream, False, False, True, width))
    return stream.getvalue()


def flowing(text):
    """Without line breaks."""
    return re.sub(r"\s+", " ", text)


def test_iris_is_explained_with_its_numbers():
    text = explained("iris")
    assert max(map(len, text.splitlines())) <= 80
    for sentence in (
        "iris, with 150 rows: 90 train, 30 validation, 30 test.",
        "16 neurons, each of which takes all 4 values of its input: 4 × 16 weights + 16 biases = 80 parameters.",
        "split into 6 batches of 16 rows, the last of 10; the weights are updated after each batch, 6 times an epoch.",
        "50 passes over the 90 training rows, which makes 300 updates of the weights in all.",
        "2 layers with 131 parameters learn from 90 rows",
    ):
        assert sentence in flowing(text), sentence


def test_every_line_of_the_file_is_there_with_its_comments():
    file = bundled_configs()["residual_cnn"]
    lines = config_as_data(str(file))["lines"]
    assert [each["text"] for each in lines] == file.read_text(encoding="utf-8").splitlines()
    said = {each["line"] for each in lines if each["meaning"]}
    empty = {each["line"] for each in lines if not each["text"].split("#")[0].strip()}
    assert {each["line"] for each in lines} - said - empty == {32}  # `adam:`, which `optimizer:` explains


def test_every_top_level_key_has_a_sentence(iris):
    assert set(keys.KEYS) == set(KEYS)
    for key, sentences in keys.KEYS.items():
        assert all(sentence[-1] in ".:" for sentence in sentences(iris)), key
        assert sentences(iris), key


@pytest.mark.parametrize("cls, path", [
    (DatasetSpec, ("dataset",)),
    (SplitSpec, ("dataset", "split")),
    (SequenceSpec, ("dataset", "sequence")),
    (TextSpec, ("dataset", "text")),
    (ImageSpec, ("dataset", "image")),
    (InputSpec, ("inputs", "one")),
    (EngineSpec, ("engine",)),
])  # fmt: skip
def test_every_key_of_the_data_and_the_engine_has_a_sentence(iris, cls, path):
    for key in cls.model_fields:
        assert nested_sentence(iris, (*path, key), None).endswith("."), key


@pytest.mark.parametrize("path, value, begins", [
    (("layers", 0, "Dense", "activation"), "relu", "Rectified linear unit"),
    (("layers", 0, "Dense", "use_bias"), False, "Whether the layer adds a bias"),
    (("layers", 0, "Dense", "kernel_regularizer", "l2"), 0.1, "l2 sum w^2"),
    (("layers", 0, "Bidirectional", "layer", "LSTM", "units"), 3, "The number of outputs"),
    (("layers", 0, "Dense", "from"), ["a", "b"], "It takes the output of a, b."),
    (("optimizer", "adam", "learning_rate"), 0.1, "How far each update goes"),
    (("optimizer", "sgd", "learning_rate", "CosineDecay"), {}, "Goes down half a cosine wave"),
    (("optimizer", "sgd", "learning_rate", "CosineDecay", "decay_steps"), 9, "The number of iterations"),
    (("callbacks", 0, "EarlyStopping"), {}, "Stops"),
    (("callbacks", 0, "EarlyStopping", "patience"), 3, "The number of epochs"),
    (("callbacks", 0), "TerminateOnNaN", "Stops"),
    (("metrics", 0), "mae", "Mean absolute error"),
    (("loss",), "mse", "Mean squared error"),
    (("dataset", "path"), ["a.csv", "b.csv"], "The data are read from a.csv, b.csv."),
    (("dataset", "target"), {"one": ["a", "b"]}, "What the model learns to predict, by output: one: a, b."),
    (("dataset", "normalize"), "minmax", "Numbers are scaled to the range from 0 to 1"),
    (("dataset", "missing"), {"a": "median", "b": "drop"}, "a: A missing value is replaced by the median"),
    (("dataset", "split", "test"), 0.2, "30 of the 150 rows are for the test"),
])  # fmt: skip
def test_sentences_of_nested_keys(iris, path, value, begins):
    assert nested_sentence(iris, path, value).startswith(begins)


def test_every_rule_has_a_sentence():
    for rules, allowed in ((data_keys.NORMALIZE, NormalizeRule), (data_keys.MISSING, MissingRule)):
        assert set(rules) == set(get_args(allowed))


def test_a_config_with_a_mistake_is_one_message(tmp_path):
    file = tmp_path / "c.yaml"
    file.write_text("dataset: iris\nlayers: [Dense: {units: 3, activaton: relu}]\nloss: mse\n", encoding="utf-8")
    with pytest.raises(NnctlError, match="activaton"):
        explained(file)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(bundled_configs()))
def test_every_bundled_config_is_explained(name):
    if name.startswith("fashion"):
        pytest.skip("its data are downloaded")
    text = explained(Path("configs") / f"{name}.yaml")
    assert "In all" in text and max(map(len, text.splitlines())) <= 80


def test_splits_that_the_data_came_with_are_no_default():
    """digit_pairs has validation and test rows of its own, 1,000 of 5,500 for the test."""
    at = context_of("siamese")
    assert at.data.given == ("validation", "test")
    assert not [
        key for key, _value, _meaning in defaults(at) if key in ("dataset.split.validation", "dataset.split.test")
    ]


def test_a_target_of_several_numbers():
    assert "The target images is 64 numbers." in keys.dataset(context_of("autoencoder"))


def test_a_shared_layer_says_where_it_is_used(iris):
    path = ("layers", 3, "shared")
    assert nested_sentence(iris, (*path, "from"), "right") == "It takes the output of right."
    assert nested_sentence(iris, (*path, "name"), "other") == "It is called other."


def test_grouped_filters_see_the_channels_of_their_group(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.zeros((20, 6, 4), np.float32), y=np.arange(20) % 2)
    file = tmp_path / "c.yaml"
    file.write_text(
        f"dataset: {{path: {(tmp_path / 'a.npz').as_posix()}, target: y}}\n"
        "layers:\n  - Conv1D: {filters: 6, kernel_size: 3, groups: 2}\n  - Flatten\n"
        "  - Dense: {units: 1, activation: sigmoid}\nloss: binary_crossentropy\n", encoding="utf-8",
    )  # fmt: skip
    text = flowing(explained(file))
    assert "6 filters look at windows of 3 positions in the channels of their group (2)." in text
    assert "3 × 2 × 6 + 6 = 42 parameters" in text


def test_an_alias_repeats_no_sentence(tmp_path):
    file = tmp_path / "c.yaml"
    file.write_text(
        "# 붓꽃\ndataset: iris\nlayers:\n  - Dense: &hidden\n      units: 8\n      activation: relu\n"
        "  - Dense: *hidden\n  - Dense: {units: 3, activation: softmax}\nloss: sparse_categorical_crossentropy\n",
        encoding="utf-8",
    )  # fmt: skip
    lines = config_as_data(str(file))["lines"]
    assert [len(each["meaning"]) for each in lines[4:7]] == [1, 1, 2]
    assert lines[0]["text"] == "# 붓꽃" and lines[6]["meaning"][0].startswith("A layer of 8 neurons")


def test_a_config_without_validation_rows(tmp_path):
    file = tmp_path / "c.yaml"
    file.write_text(
        "dataset: {name: iris, split: {validation: 0}}\nlayers: [Dense: {units: 3, activation: softmax}]\n"
        "loss: sparse_categorical_crossentropy\ncallbacks: []\n", encoding="utf-8",
    )  # fmt: skip
    text = flowing(explained(file))
    assert "validation: No rows are for validation." in text and "No callback acts at the end of each epoch." in text
    assert "use the weights of the last epoch; there are no validation rows to find the best." in text


def test_rows_that_are_split_by_a_column_are_not_shuffled(tmp_path):
    table, file = tmp_path / "a.csv", tmp_path / "c.yaml"
    table.write_text("day,x,y\n" + "".join(f"{n},{n % 3},{n % 5}\n" for n in range(40)), encoding="utf-8")
    file.write_text(
        f"dataset: {{path: {table.as_posix()}, target: y, split: {{time: day}}}}\nlayers: [Dense: {{units: 1}}]\n"
        "loss: mse\n", encoding="utf-8",
    )  # fmt: skip
    keys_of_defaults = [key for key, _value, _meaning in defaults(context_of(str(file)))]
    assert "dataset.split.order" not in keys_of_defaults and "dataset.split.test" in keys_of_defaults
