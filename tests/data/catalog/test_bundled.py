"""The bundled data sets: all load, and generated ones are identical to the output of their scripts."""

import importlib.util

import numpy as np
import pytest

from nnctl.data import bundled_names, describe, load_dataset
from nnctl.data.catalog.bundled import BUNDLED, bundled_path
from nnctl.data.config import DatasetSpec


def script(name):
    path = bundled_path("iris").parent / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", bundled_names())
def test_every_data_set_is_described_and_loads(name):
    shown = describe(name)
    if shown.place != "here":
        assert BUNDLED[name].fetched and shown.rows
        pytest.skip(f"{name} is not on this machine")
    labels = {"classes": "integer", "number": "number", "text": "sequence"}[shown.task]
    drop = {"mpg": "drop", "horsepower": "median"} if name == "cars" else "error"
    data = load_dataset(DatasetSpec(name=name, missing=drop), {}, {"out": labels}, 0)
    assert shown.rows >= sum(split.rows for split in (data.train, data.validation, data.test)) > 0.9 * shown.rows
    assert shown.classes == (data.targets["out"].classes or ())
    assert shown.columns and shown.licence and shown.source


def test_digit_lines_are_what_their_script_makes():
    made = script("make_digit_lines").make()
    with np.load(bundled_path("digit_lines")) as kept:
        assert set(kept) == set(made)
        for name, array in made.items():
            assert kept[name].dtype == array.dtype
            np.testing.assert_array_equal(kept[name], array)
    assert bundled_path("digit_lines").stat().st_size < 1.5e6


def test_no_digit_is_in_a_training_and_in_a_test_line():
    """The middle four columns of each digit are searched at every position of every line."""

    def pieces(x):
        windows = np.lib.stride_tricks.sliding_window_view(x, 8, axis=1)  # (lines, places, pixels, columns)
        return {window.tobytes() for line in windows for window in line}

    with np.load(bundled_path("digits")) as file:
        digits = {np.ascontiguousarray(image).tobytes() for image in file["images"]}
    with np.load(bundled_path("digit_lines")) as lines:
        train, test = (digits & pieces(lines[f"x_{split}"]) for split in ("train", "test"))
    assert len(train) > 1300 and len(test) > 300 and not train & test


def test_japanese_vowels_are_as_published():
    with np.load(bundled_path("japanese_vowels")) as file:
        assert np.bincount(file["y_train"]).tolist() == [30] * 9
        assert np.bincount(file["y_test"]).tolist() == [31, 35, 88, 44, 29, 24, 40, 50, 29]
        for split in ("train", "test"):
            x, lengths = file[f"x_{split}"], file[f"lengths_{split}"]
            assert x.shape[1:] == (29, 12) and lengths.min() == 7
            assert not x[np.arange(29) >= lengths[:, None]].any()
