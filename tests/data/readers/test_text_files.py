"""Folders of texts: classes and splits by folder, encodings, what does not belong there, and models trained on them."""

from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from nnctl import cli
from nnctl.api import load
from nnctl.data.columns.column_format import NO_RULES, Rules
from nnctl.data.readers.paths import find_files
from nnctl.data.readers.text_files import are_texts, read_texts
from nnctl.data.row_origin import Origin
from nnctl.errors import DataError

GOOD, BAD = "I liked film {}, it was good", "I hated film {}, it was bad"
CONFIG = """
seed: 1
dataset: {path: reviews, target: class, text: {column: text}}
layers:
  - Embedding: {input_dim: 100, output_dim: 8, mask_zero: true}
  - GlobalAveragePooling1D
  - Dense: {units: 1, activation: sigmoid}
loss: binary_crossentropy
optimizer: {adam: {learning_rate: 0.05}}
epochs: 20
batch_size: 16
"""


def write(path, text, encoding="utf-8"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding=encoding)


@pytest.fixture
def reviews(tmp_path):
    """30 good and 30 bad reviews."""
    for number in range(30):
        write(tmp_path / "reviews" / "good" / f"{number}.txt", GOOD.format(number))
        write(tmp_path / "reviews" / "bad" / f"{number}.txt", BAD.format(number))
    return tmp_path / "reviews"


def read(folder, rules=NO_RULES, **how):
    return read_texts(find_files((str(folder),)), rules, **how)


def values(column):
    return [column.value(row) for row in range(len(column.values))]


def test_folders_are_classes(reviews):
    write(reviews / "good" / "more" / "deep.txt", "\ufeffzwei\nZeilen: NA")  # folders within count to the class
    write(reviews / "bad" / ".hidden.txt", "not read")
    write(reviews / "bad" / "0.txt", "")
    table = read(reviews)
    assert list(table.columns) == ["text", "class"] and table.rows == 61
    assert values(table["class"]) == ["bad"] * 30 + ["good"] * 31
    assert values(table["text"])[:2] == ["", BAD.format(1)]  # an empty text is a text, as NA is
    assert values(table["text"])[-1] == "zwei\nZeilen: NA"
    assert not table["text"].missing.any() and not table.splits
    assert table.origin.files[1] == str(reviews / "bad" / "1.txt") and set(table.origin.number) == {1}


def test_classes_may_be_numbers_to_predict(reviews):
    (reviews / "good").rename(reviews / "5")
    (reviews / "bad").rename(reviews / "1")
    assert values(read(reviews)["class"]) == ["1"] * 30 + ["5"] * 30
    assert values(read(reviews, Rules(numbers=frozenset({"class"})))["class"]) == [1.0] * 30 + [5.0] * 30


def test_folders_of_splits_are_splits(reviews, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for number, split in enumerate(("train", "test", "val")):
        for label in ("bad", "good"):
            for each in range(4 + number):
                write(tmp_path / "split" / split / label / f"{each}.txt", f"{split} {label} {each}")
    table = read(tmp_path / "split")
    texts = values(table["text"])
    assert {split: {texts[row].split()[0] for row in rows} for split, rows in table.splits.items()} == {
        "test": {"test"}, "validation": {"val"}}  # fmt: skip
    assert [len(table.splits[split]) for split in ("test", "validation")] == [10, 12] and table.rows == 30
    (tmp_path / "c.yaml").write_text(CONFIG.replace("path: reviews", "path: split"))
    done = CliRunner().invoke(cli.program, ["check", str(tmp_path / "c.yaml")])
    assert "8 train, 12 validation, 10 test" in done.output
    (tmp_path / "c.yaml").write_text(CONFIG.replace("path: reviews", "path: split, test_path: reviews"))
    done = CliRunner().invoke(cli.program, ["check", str(tmp_path / "c.yaml")])
    assert done.exit_code == 2 and "the folder has a folder test, but test_path is also given" in done.output


@pytest.mark.parametrize(("names", "splits"), [
    (("train", "test"), {"test"}), (("training", "testing"), {"test"}), (("Train", "valid"), {"validation"}),
    (("train", "validation", "test"), {"validation", "test"}), (("train", "others"), None), (("good", "test"), None),
])  # fmt: skip
def test_which_folders_are_splits(tmp_path, names, splits):
    for name in names:
        write(tmp_path / name / "good" / "a.txt", "a text")
    table = read(tmp_path)
    assert set(table.splits) == (splits or set())
    assert set(values(table["class"])) == ({"good"} if splits else set(names))


def test_two_folders_for_one_split_are_refused(tmp_path):
    for name in ("train", "val", "valid"):
        write(tmp_path / name / "good" / "a.txt", "a text")
    with pytest.raises(DataError, match="two folders are for the same split: train, val, valid"):
        read(tmp_path)


def test_what_systems_leave_behind_is_not_read(reviews):
    for name in ("Thumbs.db", "desktop.ini", ".DS_Store"):
        write(reviews / "good" / name, "no text")
        write(reviews / name, "no text")
    assert read(reviews).rows == 60


def test_which_tables_are_of_texts(reviews, tmp_path):
    table = read(reviews)
    assert are_texts(table) and are_texts(table.take(np.arange(3)))
    one = read_texts(find_files((str(reviews / "good" / "0.txt"),), texts=True), NO_RULES, table.formats)
    assert are_texts(one) and list(one.columns) == ["text"]
    assert not are_texts(replace(table, origin=None))
    assert not are_texts(replace(table, columns={**table.columns, "more": table["class"]}))
    assert not are_texts(replace(table, origin=Origin.of([("a.txt", 30), ("b.csv", 30)])))


def test_the_encoding_is_from_the_config(reviews):
    write(reviews / "good" / "0.txt", "café", "latin-1")
    with pytest.raises(DataError, match=r"1 of 60 texts are not in UTF-8: .*0\.txt") as error:
        read(reviews)
    assert "`encoding`" in error.value.problems[0].hint
    assert "café" in values(read(reviews, encoding="latin-1")["text"])
    with pytest.raises(DataError, match="unknown encoding 'latin-0'"):
        read(reviews, encoding="latin-0")


@pytest.mark.parametrize(
    ("file", "message"),
    [("good/a.pdf", r"contains files that are not texts: .*a\.pdf"),
     ("a.txt", "has texts next to the class folders: a"), ("fair/Thumbs.db", "has no texts in fair")],
)  # fmt: skip
def test_what_does_not_belong_there_is_named(reviews, file, message):
    write(reviews / file, "something")
    with pytest.raises(DataError, match=message) as error:
        read(reviews)
    assert error.value.problems[0].hint


def test_training_needs_classes(tmp_path):
    write(tmp_path / "loose" / "a.txt", "a text")
    with pytest.raises(DataError, match="has texts, but no folders for their classes") as error:
        read(tmp_path / "loose")
    assert "reviews/good/" in error.value.problems[0].hint


def test_a_query_is_refused(reviews, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.yaml").write_text(CONFIG.replace("{path:", "{query: select * from data, path:"))
    done = CliRunner().invoke(cli.program, ["check", str(tmp_path / "c.yaml")])
    assert done.exit_code == 2 and "a query works on files of tables" in done.output


def test_from_a_folder_to_predictions(reviews, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        done = CliRunner().invoke(cli.program, arguments)
        assert done.exit_code == 0, done.output
        return done.stdout

    run("init", "--from", "reviews", "-o", "first.yaml")
    assert "target: class" in (tmp_path / "first.yaml").read_text()
    (tmp_path / "c.yaml").write_text(CONFIG)
    run("train", "c.yaml", "--run", "r", "--quiet")
    new = tmp_path / "new"
    write(new / "a.txt", "it was good, I liked it")
    write(new / "b.txt", "hated it, it was bad")
    for given in ("new", "new/*.txt"):
        lines = [line.split(",")[:2] for line in run("predict", "r", given).splitlines()]
        assert lines == [["file", "class"], ["a.txt", "good"], ["b.txt", "bad"]]
    assert run("predict", "r", "new/b.txt").splitlines()[1].startswith("b.txt,bad,")
    assert "a.txt,it was good, I liked it,good" in run("predict", "r", "new", "--keep", "text").replace('"', "")
    assert "60" in run("eval", "r", "--data", "reviews")
    assert "reviews/bad/" in run("explain", "r", "--row", "1") or "reviews/good/" in run("explain", "r", "--row", "1")
    assert load("r").predict({"text": ["I liked it"]}).tolist() == ["good"]  # a program gives columns


@pytest.mark.parametrize(
    ("encoding", "mixed", "chosen"), [("latin-1", False, True), ("utf-8", False, False), ("latin-1", True, False)]
)
def test_init_finds_the_encoding_of_a_folder(reviews, tmp_path, encoding, mixed, chosen):
    for number in range(5):
        write(reviews / "good" / f"{number}.txt", "un café très bon, voilà déjà l'été", encoding)
    if mixed:
        write(reviews / "bad" / "0.txt", "pas très bon", "utf-8")
    done = CliRunner().invoke(cli.program, ["init", "--from", str(reviews), "-o", str(tmp_path / "c.yaml")])
    if mixed:
        assert done.exit_code == 2 and "texts are not in UTF-8" in done.output
    else:
        text = (tmp_path / "c.yaml").read_text()
        assert ("encoding: cp1252" in text) == (encoding == "latin-1")


def test_every_row_of_many_files_is_found():
    origin = Origin.joined([Origin.of((f"{number}.txt", 1) for number in range(20_000))] * 2)
    assert len(origin.files) == 40_000 and origin.file[-1] == 39_999
    assert Origin.of((f"{number}.txt", 1) for number in range(40_000)).file[-1] == 39_999
    assert Origin.of([("a.csv", 3), ("b.csv", 2)]).file.itemsize == 2  # of a table with many rows
