"""Texts to token ids: vocabulary, truncation, padding and unknown words, as in Keras' TextVectorization."""

import json

import numpy as np
import pytest
from data.tables import table

from nnctl.data.config import TextSpec
from nnctl.data.preprocessing.inputs import input_from_json
from nnctl.data.preprocessing.text import TextInput, fit_text, tokens
from nnctl.errors import DataError

TEXTS = ["The cat sat.", "A cat, a dog!", None, "the the the", "late late late late late"]
TRAIN = np.arange(4)


def spec(**keys):
    return TextSpec.model_validate({"column": "t", **keys}, strict=False)


def fitted(texts=TEXTS, train=TRAIN, missing="error", **keys):
    return fit_text(table(t=texts), "t", train, spec(**keys), missing)


@pytest.mark.parametrize(
    ("text", "split", "lower", "expected"),
    [
        ("The  cat,\nsat.", "word", True, ["the", "cat", "sat"]),
        ("The  cat,\nsat.", "word", False, ["The", "cat,", "sat."]),
        ("It's e-mail_2", "word", True, ["its", "email2"]),
        ("!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~'", "word", True, []),
        ("x-axis x", "word", True, ["xaxis", "x"]),
        ("Ab c.", "character", True, list("ab c")),
        ("Ab.", "character", False, list("Ab.")),
        ("", "word", True, []),
        ("ÄÖ ß", "word", True, ["äö", "ß"]),
    ],
)
def test_tokens(text, split, lower, expected):
    assert list(tokens(text, split, lower)) == expected


def test_the_vocabulary_is_the_training_rows_words_by_frequency():
    """the 4, a 2, cat 2, dog 1, sat 1: ties are in alphabetical order."""
    found = fitted()
    assert found == TextInput("t", ("the", "a", "cat", "dog", "sat"), 4, "word", True, False)
    assert (found.shape, found.columns, found.numbers) == ((4,), (("t", "text"),), 7)


def test_a_text_that_is_there_twice_counts_twice():
    assert fitted(["b", "a", "b", "c", "c", "c"], np.arange(6)).words == ("c", "b", "a")


@pytest.mark.parametrize(("vocabulary", "words"), [(3, 1), (4, 2), (6, 4), (7, 5), (10_000, 5)])
def test_the_vocabulary_counts_padding_and_unknown_words_among_its_numbers(vocabulary, words):
    found = fitted(vocabulary=vocabulary)
    assert found.words == ("the", "a", "cat", "dog", "sat")[:words] and found.numbers == words + 2


@pytest.mark.parametrize(("length", "expected"), [(None, 4), (2, 2), (9, 9)])
def test_the_length_is_the_longest_training_text_unless_given(length, expected):
    assert fitted(length=length).shape == (expected,)


def test_characters_and_case():
    assert fitted(["Ba", "ab", "b"], np.arange(3), split="character").words == ("b", "a")
    assert fitted(["Ba", "ab", "b"], np.arange(3), split="character", lower=False).words == ("a", "b", "B")
    found = fitted(["B a", "a."], np.arange(2), lower=False)
    assert found.words == ("B", "a", "a.") and not found.lower


def test_texts_to_numbers():
    values = table(t=["a cat and a dog", "sat", "", "the the the"])
    notes = []
    x = fitted().transform(values, notes)
    assert x.dtype == np.int32
    np.testing.assert_array_equal(x, [[3, 4, 1, 3], [6, 0, 0, 0], [0, 0, 0, 0], [2, 2, 2, 0]])
    cut, unknown = notes
    assert '"t"' in cut and "1 of 4" in cut and "4 words" in cut
    assert "12.5%" in unknown and "word" in unknown  # 1 of 8


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["a a a a a", "a"], "1 of 2 texts is longer than 4 words and is truncated"),
        (["a a a a a", "a a a a a"], "2 of 2 texts are longer than 4 words and are truncated"),
    ],
)
def test_the_note_on_truncated_texts(texts, said):
    notes = []
    fitted().transform(table(t=texts), notes)
    assert notes == [f'column "t": {said}']


def test_a_text_of_exactly_the_length_is_not_truncated():
    notes = []
    fitted().transform(table(t=["the a cat dog"]), notes)
    assert notes == []


@pytest.mark.parametrize(("rule", "empty"), [("zero", True), ("category", True), ("error", False), ("drop", False)])
def test_missing_texts(rule, empty):
    found = fitted(missing=rule)
    assert found.empty == empty
    values = table(t=["a", None, "dog", None])
    if not empty:
        with pytest.raises(DataError, match=r"2 of 4.*rows 2, 4") as caught:
            found.transform(values, [])
        assert '"t"' in caught.value.problems[0].where and "zero" in caught.value.problems[0].hint
        return
    notes = []
    np.testing.assert_array_equal(found.transform(values, notes)[:, 0], [3, 0, 5, 0])
    [note] = notes
    assert "2 missing" in note


def test_numbers_can_be_texts():
    found = fitted([12.0, 7.0, 7.0], np.arange(3))
    assert found.words == ("7", "12")
    np.testing.assert_array_equal(found.transform(table(t=[12.0, 7.0]), []), [[3], [2]])


@pytest.mark.parametrize("split", ["word", "character"])
@pytest.mark.parametrize("texts", [["", "", "a"], [None, None, "a"], ["!", "...", "a"]])
def test_no_word_in_the_training_rows(texts, split):
    with pytest.raises(DataError, match=split) as caught:
        fitted(texts, np.arange(2), split=split)
    assert '"t"' in caught.value.problems[0].where


def test_the_note_says_what_the_embedding_needs():
    note = fitted().note()
    assert all(said in note for said in ('"t"', "4 token ids", "vocabulary of 5", "'the', 'a'", "input_dim 7"))


@pytest.mark.parametrize("found", [fitted(), fitted(split="character", lower=False, length=3, missing="zero")])
def test_a_text_comes_back_from_json(found):
    assert input_from_json(json.loads(json.dumps(found.to_json()))) == found


def test_the_fraction_of_unknown_words():
    notes = []
    fitted().transform(table(t=["zebra"]), notes)
    assert "100.0%" in notes[0]


def test_by_default_words_are_lower_case_and_texts_not_missing():
    plain = TextInput("t", ("a",), 2)
    assert plain.transform(table(t=["A, a b"]), []).tolist() == [[2, 2]]
    with pytest.raises(DataError):
        plain.transform(table(t=["a", None]), [])
