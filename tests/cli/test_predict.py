"""nnctl predict: its notes, and the row number of each prediction."""

import json

import numpy as np
import pytest
from small_runs import COLOURED, COLOURS, DROPPED, SEQUENCES, STEPS, nnctl, notes, softmax_by_hand, table, train


@pytest.fixture(scope="module")
def colours(tmp_path_factory):
    return train(tmp_path_factory.mktemp("colours"), COLOURED, train=COLOURS)


def test_predict_notes_the_same_as_training_and_predicts_accordingly(colours, tmp_path):
    (tmp_path / "p.csv").write_text("colour,age\ngreen,\n,30\n")
    result = nnctl("predict", colours, tmp_path / "p.csv")
    said = " | ".join(notes(result))
    assert said == (
        'column "colour": 1 missing value is taken as no category, since no training row has a missing value'
        ' | column "colour": 1 value does not occur in the training rows (green) and counts as no category'
        ' | column "age": 1 missing value is taken as 27.5 (median of the training rows)'
    )
    # blue, red, age: of 20 to 35, mean and median 27.5
    spread = np.std(np.arange(20, 36))
    expected = softmax_by_hand(colours, [[0, 0, 0], [0, 0, 2.5 / spread]])
    rows = table(result)
    found = [[float(row["probability_A"]), float(row["probability_B"])] for row in rows]
    assert np.allclose(found, expected, atol=1e-6)
    assert [row["y"] for row in rows] == ["AB"[i] for i in expected.argmax(axis=1)]

    as_json = nnctl("predict", colours, tmp_path / "p.csv", "--json")
    assert [record["y"] for record in json.loads(as_json.stdout)] == [row["y"] for row in rows]
    assert notes(as_json) == notes(result)


def test_new_categories_are_counted(colours, tmp_path):
    new = ("mauve", *"gggg", "red", "gh", "gh")
    (tmp_path / "p.csv").write_text("colour,age\n" + "".join(f"{colour},21\n" for colour in new))
    [note] = notes(nnctl("predict", colours, tmp_path / "p.csv"))
    assert "7 values do not occur in the training rows (g 4 times, gh 2 times, mauve)" in note


def test_ordinary_rows_produce_no_notes(colours, tmp_path):
    (tmp_path / "p.csv").write_text("colour,age\nred,21\n")
    result = nnctl("predict", colours, tmp_path / "p.csv")
    assert result.stderr == "" and list(table(result)[0]) == ["y", "probability_A", "probability_B"]


def test_truncated_texts_are_noted(tmp_path):
    config = """
dataset: {path: FOLDER/train.csv, target: y, text: {column: words, length: 2}, split: {validation: 0, test: 0}}
layers: [{Embedding: {input_dim: 6, output_dim: 2}}, Flatten, {Dense: {units: 2, activation: softmax}}]
loss: sparse_categorical_crossentropy
epochs: 1
"""
    run = train(tmp_path, config, train="words,y\n" + "good film,A\nbad film,B\n" * 6)
    (tmp_path / "p.csv").write_text("words\ngood good odd film\nbad\n")
    result = nnctl("predict", run, tmp_path / "p.csv")
    said = " | ".join(notes(result))
    assert len(table(result)) == 2 and "1 of 2 texts is longer than 2 words and is truncated" in said


def test_truncated_sequences_are_noted(tmp_path):
    run = train(tmp_path, SEQUENCES.replace("order: t}", "order: t, length: 2}"), train=STEPS)
    (tmp_path / "p.csv").write_text("id,t,a\nq,1,3\nq,2,4\nq,3,5\n")
    result = nnctl("predict", run, tmp_path / "p.csv")
    assert len(table(result)) == 1 and "1 sequence is truncated to the first 2 time steps" in " ".join(notes(result))


def test_resized_and_recoloured_images_are_noted(tmp_path):
    images = pytest.importorskip("PIL.Image")
    for word, color in (("dark", 10), ("light", 240)):
        (tmp_path / "photos" / word).mkdir(parents=True)
        for n in range(4):
            images.new("RGB", (4, 4), (color + n,) * 3).save(tmp_path / "photos" / word / f"{n}.png")
    config = """
dataset: {path: FOLDER/photos, split: {validation: 0, test: 0}}
layers: [Flatten, {Dense: {units: 2, activation: softmax}}]
loss: sparse_categorical_crossentropy
epochs: 1
"""
    run = train(tmp_path, config)
    (tmp_path / "new").mkdir()
    images.new("L", (8, 8), 200).save(tmp_path / "new" / "b.png")
    images.new("RGB", (4, 4), (9, 9, 9)).save(tmp_path / "new" / "a.png")
    result = nnctl("predict", run, tmp_path / "new", "--keep", "all")
    assert [row["file"] for row in table(result)] == ["a.png", "b.png"]
    said = " | ".join(notes(result))
    assert "1 of 2 images is resized to 4 x 4 pixels" in said and "1 of 2 images is converted to RGB" in said
    labelled = json.loads(nnctl("eval", run, "--data", tmp_path / "photos", "--json").stdout)
    assert labelled["rows"] == 8
    result = nnctl("eval", run, "--data", tmp_path / "new")
    assert result.exit_code == 2 and "have no class" in result.stderr
    with open(tmp_path / "new" / "a.png", "rb") as file:
        alone = nnctl("predict", run, "-", stdin=file.read())
    assert table(alone)[0]["probability_dark"] == table(nnctl("predict", run, tmp_path / "new"))[0]["probability_dark"]


def test_non_finite_predictions_are_noted(tmp_path):
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "train.npz", x=rng.normal(size=(20, 2)), y=rng.normal(size=20))
    config = """
dataset: {path: FOLDER/train.npz, split: {validation: 0, test: 0}}
layers: [{Dense: {units: 4}}, {Dense: {units: 1, activation: exponential}}]
loss: mse
epochs: 1
"""
    run = train(tmp_path, config)
    np.savez(tmp_path / "new.npz", x=[[0, 1], [3e38, -3e38], [1, 0], [-3e38, 3e38]])
    result = nnctl("predict", run, tmp_path / "new.npz")
    assert len(table(result)) == 4
    assert any("not finite in row" in note for note in notes(result))


# Which row


@pytest.mark.parametrize(
    ("rows", "left", "out"),
    [
        (["red,21", "blue,", "red,23"], [1, 3], "row 2"),
        (["red,21", "blue,22", ",23"], [1, 2], "row 3"),  # the last one: no gap shows that it is missing
        ([",21", "blue,", "red,23", ",24"], [3], "rows 1, 4"),
    ],
)
def test_rows_dropped_for_missing_values_are_listed_and_the_others_are_numbered(tmp_path, rows, left, out):
    run = train(tmp_path, DROPPED, train=COLOURS)
    (tmp_path / "p.csv").write_text("colour,age\n" + "\n".join(rows) + "\n")
    result = nnctl("predict", run, tmp_path / "p.csv")
    answers = table(result)
    assert [int(row["row"]) for row in answers] == left
    assert out in " ".join(notes(result))
    (tmp_path / "single.csv").write_text("colour,age\n" + "\n".join(rows[n - 1] for n in left) + "\n")
    alone = table(nnctl("predict", run, tmp_path / "single.csv"))
    assert [row["probability_A"] for row in alone] == [row["probability_A"] for row in answers]
    assert "row" not in alone[0]


def test_a_file_with_only_dropped_rows_is_an_error(tmp_path):
    run = train(tmp_path, DROPPED, train=COLOURS)
    (tmp_path / "p.csv").write_text("colour,age\n,21\n")
    result = nnctl("predict", run, tmp_path / "p.csv")
    assert result.exit_code == 2 and "leaves no row" in result.stderr


def test_missing_or_invalid_weights_and_times_do_not_matter_to_predict(tmp_path):
    config = DROPPED.replace("missing: drop", "missing: drop, weight: w")
    weighted = "\n".join(line + (",w" if n == 0 else ",1") for n, line in enumerate(COLOURS.splitlines())) + "\n"
    run = train(tmp_path, config, train=weighted)
    (tmp_path / "p.csv").write_text("colour,age,w\nred,21,\nblue,22,-5\n")
    assert len(table(nnctl("predict", run, tmp_path / "p.csv"))) == 2


def test_skipped_rows_of_arrays_are_listed_by_number(tmp_path):
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "train.npz", x=rng.normal(size=(20, 3)), y=np.arange(20) % 2)
    config = """
dataset: {path: FOLDER/train.npz, missing: drop, split: {validation: 0, test: 0}}
layers: [{Dense: {units: 2, activation: softmax}}]
loss: sparse_categorical_crossentropy
epochs: 1
"""
    run = train(tmp_path, config)
    x = rng.normal(size=(4, 3))
    x[1, 2] = np.nan
    np.savez(tmp_path / "new.npz", x=x, id=[10, 11, 12, 13], more=x)
    result = nnctl("predict", run, tmp_path / "new.npz", "--keep", "id")
    answers = table(result)
    assert [(row["row"], row["id"]) for row in answers] == [("1", "10"), ("3", "12"), ("4", "13")]
    assert "row 2" in " ".join(notes(result))
    assert list(table(nnctl("predict", run, tmp_path / "new.npz", "--keep", "all"))[0])[:2] == ["row", "id"]
    result = nnctl("predict", run, tmp_path / "new.npz", "--keep", "more")
    assert result.exit_code == 2 and "(3, 3)" in result.stderr


def test_sequences_are_identified_by_their_ids(tmp_path):
    run = train(tmp_path, SEQUENCES, train=STEPS)
    (tmp_path / "p.csv").write_text("id,t,a,kind\nq,1,,u\nz,2,5,v\nz,1,3,v\nb,1,3,w\nq,2,,u\n")
    result = nnctl("predict", run, tmp_path / "p.csv", "--keep", "kind,id")
    answers = table(result)
    assert [(row["id"], row["kind"]) for row in answers] == [("z", "v"), ("b", "w")]
    assert list(answers[0]) == ["id", "kind", "y", "probability_A", "probability_B"]
    said = " | ".join(notes(result))
    assert "rows 1, 5" in said and "with no rows left: q" in said
    result = nnctl("predict", run, tmp_path / "p.csv", "--keep", "a")
    assert result.exit_code == 2 and "its values differ within a sequence" in result.stderr
    result = nnctl("predict", run, tmp_path / "p.csv", "--keep", "all")
    assert list(table(result)[0])[:2] == ["id", "kind"] and "t, a" in " ".join(notes(result))
