"""Embeddings that start from word vectors: matched to the vocabulary, by value, and what does not fit is refused."""

import json

import numpy as np
import pytest

from nnctl import config
from nnctl.errors import InputError
from nnctl.training import runner
from nnctl.training.model import Model
from nnctl.training.model_file import load_model

REVIEWS = "text,kind\n" + "".join(f"{a} {b} film,{k}\n" for a in ("good", "fine") for b in ("old", "new")
                                  for k in ("yes", "no") for _ in range(5))  # fmt: skip


def text_spec(folder, embedding, dataset=None, **more):
    (folder / "reviews.csv").write_text(REVIEWS)
    data = {"path": str(folder / "reviews.csv"), "target": "kind", "text": {"column": "text"}, **(dataset or {})}
    layers = [{"Embedding": {"output_dim": 3, "name": "words", "trainable": False, **embedding}},
              "GlobalAveragePooling1D", {"Dense": {"units": 1, "activation": "sigmoid"}}]  # fmt: skip
    given = {"dataset": data, "layers": layers, "loss": "binary_crossentropy", "epochs": 1, **more}
    return config.loads(json.dumps(given), "c.yaml")


def weights_of(folder):
    model, _ = load_model(folder / "model.safetensors", "last")
    return {key: values.copy() for key, values in model.program.named_weights().items()}


@pytest.fixture
def vectors(tmp_path):
    (tmp_path / "glove.txt").write_text("the 9 9 9\nfilm 1 2 3\nfine 4 5 6\nold 7 8 9\n")
    return str(tmp_path / "glove.txt")


def test_rows_are_matched_to_the_vocabulary(vectors, tmp_path):
    events = []
    runner.train(text_spec(tmp_path, {"input_dim": 7, "weights": vectors}), folder=tmp_path / "a",
                 subscribers=[events.append])  # fmt: skip
    runner.train(text_spec(tmp_path, {"input_dim": 7}), folder=tmp_path / "b")
    found, fresh = (weights_of(tmp_path / name)["words/embeddings"] for name in "ab")
    _, preprocessing = load_model(tmp_path / "a" / "model.safetensors")
    words = preprocessing.inputs["input"].words
    assert sorted(words) == ["film", "fine", "good", "new", "old"]
    expected = {"film": [1, 2, 3], "fine": [4, 5, 6], "old": [7, 8, 9]}
    for row in range(7):
        word = words[row - 2] if row >= 2 else None
        np.testing.assert_array_equal(found[row], expected.get(word, fresh[row]))
    assert f"words: {vectors} has vectors for 3 of the 5 words (60.0%)" in events[0].notes


VECTORS_REFUSED = {
    "size": ({"input_dim": 7, "output_dim": 4}, {}, "its vectors have 3 numbers, but output_dim is 4"),
    "no text": ({"input_dim": 7}, {"text": None, "encode": "integer"}, "are not the words of a text input"),
    "none": ({"input_dim": 7}, {"text": {"column": "text", "split": "character"}}, "has none of the 5 words"),
}


@pytest.mark.parametrize("case", VECTORS_REFUSED)
def test_word_vectors_that_do_not_fit(case, vectors, tmp_path):
    embedding, dataset, message = VECTORS_REFUSED[case]
    with pytest.raises(InputError) as caught:
        runner.train(text_spec(tmp_path, {**embedding, "weights": vectors}, dataset), folder=tmp_path / "a")
    assert message in caught.value.problems[0].message


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"there is no file or folder 'glove\.txt'") as caught:
        runner.train(text_spec(tmp_path, {"input_dim": 7, "weights": "glove.txt"}), folder=tmp_path / "a")
    assert "c.yaml:1" in caught.value.problems[0].where


def test_word_vectors_beside_the_weights_of_a_run(vectors, tmp_path):
    runner.train(text_spec(tmp_path, {"input_dim": 7}, seed=3), folder=tmp_path / "a")
    both = {"input_dim": 7, "weights": vectors}
    events = []
    runner.train(text_spec(tmp_path, both, weights=str(tmp_path / "a")), folder=tmp_path / "b",
                 subscribers=[events.append])  # fmt: skip
    found = weights_of(tmp_path / "b")["words/embeddings"]
    assert [4, 5, 6] in found.tolist()
    assert any("words (it has word vectors) starts from" in note for note in events[0].notes)
    named = {"from": str(tmp_path / "a"), "layers": ["words"]}
    with pytest.raises(InputError, match="starts from word vectors already"):
        runner.train(text_spec(tmp_path, both, weights=named), folder=tmp_path / "c")


@pytest.mark.parametrize("layers", [None, ["words"]])
def test_words_of_another_vocabulary_are_matched(layers, tmp_path):
    runner.train(text_spec(tmp_path, {"input_dim": 7}, seed=3), folder=tmp_path / "a")
    text = REVIEWS.replace("film", "picture").replace("fine", "superb and fine")
    spec_ = text_spec(tmp_path, {"input_dim": 9}, weights={"from": str(tmp_path / "a"), "layers": layers})
    (tmp_path / "reviews.csv").write_text(text)
    events = []
    runner.train(spec_, folder=tmp_path / "b", subscribers=[events.append])
    theirs, ours = (load_model(tmp_path / name / "model.safetensors") for name in "ab")
    before, after = (run[0].program.view("words/embeddings") for run in (theirs, ours))
    known, words = (run[1].inputs["input"].words for run in (theirs, ours))
    assert set(words) == {"picture", "superb", "and", "fine", "good", "old", "new"}
    fresh = Model.build(spec_, {"input": (5,)}, ours[0].targets).program.view("words/embeddings")
    for row, word in enumerate(words, 2):
        expected = before[known.index(word) + 2] if word in known else fresh[row]
        np.testing.assert_array_equal(after[row], expected, err_msg=word)
    np.testing.assert_array_equal(after[:2], before[:2])
    assert any(note.startswith("words: 4 of the 7 words are in the vocabulary of") for note in events[0].notes)


def test_the_words_of_a_run_need_vectors_of_the_same_size(tmp_path):
    runner.train(text_spec(tmp_path, {"input_dim": 7}), folder=tmp_path / "a")
    named = {"from": str(tmp_path / "a"), "layers": ["words"]}
    spec_ = text_spec(tmp_path, {"input_dim": 9, "output_dim": 4}, weights=named)
    (tmp_path / "reviews.csv").write_text(REVIEWS.replace("film", "long picture"))
    with pytest.raises(InputError, match=r"embeddings is \(7, 3\) in the file and \(9, 4\) here"):
        runner.train(spec_, folder=tmp_path / "b")
