"""Rows of labels, as CTC needs them: texts and class numbers to label numbers from 1, and back."""

import itertools

import numpy as np
import pytest
from data.files import KEEP, again, loaded
from hypothesis import given, settings
from hypothesis import strategies as st

from nnctl.data.preprocessing.label_sequences import fewest_steps, text_numbers, to_text, to_texts, unalignable
from nnctl.data.table import Column
from nnctl.errors import DataError

TEXTS = ["ab", "b", "cab", "aab", "ca", "b", "abc", "c", "bca", "a"]
X = np.zeros((10, 4, 2))
NUMBERS = np.array([[3, 1, 0], [2, 0, 0], [3, 3, 1], [1, 0, 0], [4, 2, 0]] * 2)


@pytest.fixture
def save(tmp_path):
    def write(y, name="d.npz", **more):
        path = tmp_path / name
        np.savez(path, x=X[: len(y)], y=y, **more)
        return path

    return write


def rows_of(data):
    return [data.preprocessing.targets["out"].text(row)
            for split in (data.train, data.validation, data.test) for row in split.targets["out"]]  # fmt: skip


def test_texts_of_an_npz(save):
    data = loaded(save(np.array(TEXTS)), "sequence", split=KEEP)
    target = data.targets["out"]
    assert (target.labels, target.classes, target.shape) == ("sequence", ("a", "b", "c"), (3,))
    y = data.train.targets["out"]
    assert y.dtype == np.int32
    np.testing.assert_array_equal(y[:4], [[1, 2, 0], [2, 0, 0], [3, 1, 2], [1, 1, 2]])
    assert rows_of(data) == TEXTS
    assert any("3 classes ('abc')" in note and "4 units" in note for note in data.notes)


def test_texts_of_a_table_keep_their_leading_zeros(tmp_path):
    words = ["007", "12", "0", "90", "09", "1", "2", "10", "77", "5"]
    path = tmp_path / "d.csv"
    path.write_text("a,code\n" + "".join(f"{i},{word}\n" for i, word in enumerate(words)), encoding="utf-8")
    data = loaded(path, "sequence", target="code", split=KEEP)
    assert rows_of(data) == words
    split, _ = again(data).apply(path, with_targets=True)
    assert list(again(data).decode("out", split.targets["out"])) == words
    with_query = loaded(path, "sequence", target="code", query="select a, code from data where a > 2", split=KEEP)
    assert rows_of(with_query) == words[3:]


def test_the_config_may_give_the_alphabet(save):
    data = loaded(save(np.array(TEXTS)), "sequence", alphabet="xcba")
    assert data.targets["out"].classes == ("x", "c", "b", "a")
    with pytest.raises(DataError, match=r"row 3.*'cab' contains 'c'.*alphabet 'ab'"):
        loaded(save(np.array(TEXTS)), "sequence", alphabet="ab")


def test_class_numbers_padded_with_0(save):
    data = loaded(save(NUMBERS), "sequence", split=KEEP)
    assert data.targets["out"].classes == ("1", "2", "3", "4")
    np.testing.assert_array_equal(data.train.targets["out"], NUMBERS[: data.train.rows])
    assert rows_of(data)[:3] == ["31", "2", "331"]


def test_class_numbers_from_0_have_lengths(save):
    y = np.array([[0, 9, 7], [12, 0, 5], [3, 3, 3], [1, 2, 0], [0, 0, 0]] * 2)
    lengths = np.array([2, 2, 3, 1, 1] * 2)
    path = save(y, label_lengths=lengths)
    data = loaded(path, "sequence", split=KEEP)
    assert data.targets["out"].classes == tuple(map(str, range(13)))
    assert rows_of(data)[:5] == ["0 9", "12 0", "3 3 3", "1", "0"]
    split, _ = again(data).apply(path, with_targets=True)
    np.testing.assert_array_equal(split.targets["out"][: data.train.rows], data.train.targets["out"])


def test_splitting_does_not_look_at_the_texts_as_classes(save):
    assert any("shuffled" in note for note in loaded(save(np.array(TEXTS)), "sequence").notes)
    with pytest.raises(DataError, match="stratify"):
        loaded(save(np.array(TEXTS)), "sequence", split={"stratify": True})


COUNTS = np.array([2, 1, 3, 1, 2] * 2)


def at(row, column, value):
    y = NUMBERS.astype(float)
    y[row, column] = value
    return y


# id: (y, further arrays, dataset keys, what the message must contain)
BAD = {
    "a 0 before a label": (at(2, 0, 0), {}, {}, ["row 3", "0 comes before a label", "label_lengths"]),
    "negative": (at(4, 1, -2), {}, {}, ["row 5", "0 or more", "-2"]),
    "a fraction": (at(4, 1, 1.5), {}, {}, ["row 5", "1.5"]),
    "NaN": (at(0, 1, np.nan), {}, {}, ["row 1", "nan"]),
    "one axis": (NUMBERS[:, 0], {}, {}, ["(rows, longest)", "(10,)"]),
    "texts of two axes": (np.full((10, 2), "a"), {}, {}, ["(rows,)", "(10, 2)"]),
    "no label": (np.zeros((10, 3), int), {}, {}, ["no labels"]),
    "no text": (np.full(10, ""), {}, {}, ["no text"]),
    "lengths too long": (NUMBERS, {"label_lengths": COUNTS + 1}, {}, ["rows 3, 8", "from 0 to 3", "got 4"]),
    "lengths of other rows": (NUMBERS, {"label_lengths": COUNTS[:4]}, {}, ["label_lengths 4"]),
    "alphabet without the class": (NUMBERS, {}, {"alphabet": ["1", "2", "3"]}, ["rows 5, 10", "4 is not one of"]),
    "alphabet twice": (np.array(TEXTS), {}, {"alphabet": "abca"}, ["'a' more than once"]),
    "alphabet of words": (np.array(TEXTS), {}, {"alphabet": ["ab", "c"]}, ["'ab'", "not a single character"]),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_labels(name, save):
    y, arrays, keys, words = BAD[name]
    with pytest.raises(DataError) as caught:
        loaded(save(y, **arrays), "sequence", **keys)
    for word in words:
        assert word in " ".join(str(caught.value).split()), (word, str(caught.value))


def test_an_alphabet_is_for_labels_alone(save):
    with pytest.raises(DataError, match="is for text targets"):
        loaded(save(NUMBERS[:, 0]), "integer", alphabet="ab")


@given(st.lists(st.text(alphabet="abcdefg é1", max_size=6), min_size=1, max_size=8))
def test_numbers_become_the_texts_they_came_from(words):
    classes = tuple(sorted(set("abcdefg é1")))
    numbers = text_numbers(Column.of_words(words), classes, "here")
    assert numbers.dtype == np.int32 and numbers.shape == (len(words), max(map(len, words)))
    assert list(to_texts(numbers, classes)) == words
    assert [to_text([*row, -1, -1], classes) for row in numbers] == words


@settings(max_examples=60)
@given(st.lists(st.integers(1, 3), max_size=4), st.integers(1, 6))
def test_unalignable_rows_are_those_without_a_path(labels, steps):
    def collapsed(path):
        return [label for label, _ in itertools.groupby(path) if label]

    possible = any(collapsed(path) == labels for path in itertools.product(range(4), repeat=steps))
    y = np.array([labels + [0] * (5 - len(labels))])
    assert bool(unalignable(y, steps)[0]) != possible
    assert bool(unalignable(y, np.array([steps]))[0]) != possible
    assert fewest_steps(y)[0] <= 7
