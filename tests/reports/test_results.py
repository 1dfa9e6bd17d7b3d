"""Tables of an evaluation, files of predictions, and JSON."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from screens import lines, screen

from nnctl.reports import predictions
from nnctl.reports.evaluation import by_class, confusion, mistakes, show
from nnctl.reports.json_output import dumps

CLASSES = ("cat", "dog", "horse")
MATRIX = np.array([[8, 2, 0], [1, 3, 0], [0, 0, 0]])


def written(columns, form):
    """The content of the file, which must not depend on the pieces it is written in."""
    content = b"".join(predictions.pieces(columns, form))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(predictions, "_ROWS", 2)
        assert form == "npz" or b"".join(predictions.pieces(columns, form)) == content
    return content


def rows_of(table):
    return [tuple(row) for row in table.rows]


def test_scores_by_class_follow_the_textbook_formulas():
    # precision = hits / column, recall = hits / row, f1 = 2 hits / (column + row); a class nobody is has 0
    assert rows_of(by_class(CLASSES, MATRIX)) == [
        ("cat", "0.8889", "0.8000", "0.8421", "10"),
        ("dog", "0.6000", "0.7500", "0.6667", "4"),
        ("horse", "0.0000", "0.0000", "0.0000", "0"),
        ("average", "0.4963", "0.5167", "0.5029", "14"),
        ("weighted average", "0.8063", "0.7857", "0.7920", "14"),
    ]


@pytest.mark.parametrize(("row", "average"), [(-2, "macro"), (-1, "weighted")])
def test_the_averages_by_class_are_those_of_the_metrics(row, average):
    from nnctl.nn.metrics import metrics, resolve

    truth, guess = np.repeat(np.indices(MATRIX.shape).reshape(2, -1), MATRIX.ravel(), axis=1)
    found = []
    for name in ("precision", "recall", "f1_score"):
        metric = resolve(metrics.build({name: {"average": average}}), "integer", (len(MATRIX),))
        state = metric.start()
        metric.update(state, truth, np.eye(len(MATRIX))[guess])
        found.append(f"{metric.result(state):.4f}")
    assert rows_of(by_class(CLASSES, MATRIX))[row][1:4] == tuple(found)


def test_a_confusion_matrix_has_true_classes_as_rows():
    assert rows_of(confusion(CLASSES, MATRIX, None)) == [
        ("cat", "8", "2", "·"),
        ("dog", "1", "3", "·"),
        ("horse", "·", "·", "·"),
    ]


def test_names_are_shortened_before_the_matrix_is_replaced_by_a_list():
    names = ("versicolor", "virginica", "setosa")
    assert confusion(names, MATRIX, 30).titles == ["", "ver…", "vir…", "set…"]
    assert confusion(names, MATRIX, 20) is None
    assert rows_of(mistakes(CLASSES, MATRIX)) == [("cat", "dog", "2"), ("dog", "cat", "1")]


def test_many_classes_show_the_most_frequent_errors():
    from nnctl.data.dataset import Target
    from nnctl.training.evaluation import Evaluation

    matrix = np.eye(50, dtype=int) * 3
    matrix[7, 9] = 2
    classes = tuple(f"kind {i}" for i in range(50))
    target = Target("integer", ("kind",), (), classes)
    terminal = screen(60)
    show(Evaluation("test", 152, {"accuracy": 0.987}, {"kind": target}, {"kind": matrix}), terminal)
    text = "\n".join(lines(terminal))
    assert "most frequent errors" in text and "kind 7  kind 9" in text and "kind 49" in text


COLUMNS = {
    "species": np.array(["=cmd", "+1", "-x", "@y", "é\n,\"'"], dtype=object),
    "file": np.array([0.1, 0.25, 1e-8, -1.5, 3.0], dtype=np.float32),  # a name that np.savez takes for its own
    "n": np.array([-1, 2, 3, 4, 5]),
    "ok": np.array([True, False, True, True, False]),
}

NOTHING = {"species": np.array([], dtype=object), "p": np.array([], dtype=np.float32)}


@pytest.mark.parametrize(("form", "delimiter"), [("csv", ","), ("tsv", "\t")])
def test_a_spreadsheet_gets_no_formula_and_every_digit(form, delimiter):
    rows = list(csv.reader(io.StringIO(written(COLUMNS, form).decode(), newline=""), delimiter=delimiter))
    assert rows[0] == list(COLUMNS)
    assert [row[0] for row in rows[1:]] == ["'=cmd", "'+1", "'-x", "'@y", "é\n,\"'"]
    assert [row[1] for row in rows[1:]] == ["0.1", "0.25", "1e-08", "-1.5", "3.0"]
    assert [row[2] for row in rows[1:]] == ["-1", "2", "3", "4", "5"]


def test_json_and_json_lines_contain_the_same_records():
    records = json.loads(written(COLUMNS, "json"))
    assert records == [json.loads(line) for line in written(COLUMNS, "jsonl").splitlines()]
    assert records[3] == {"species": "@y", "file": -1.5, "n": 4, "ok": True}
    assert records[0]["file"] == 0.1


def test_npz_keeps_types_and_needs_no_pickle(tmp_path):
    path = tmp_path / "out.npz"
    path.write_bytes(written(COLUMNS, "npz"))
    with np.load(path, allow_pickle=False) as arrays:
        assert arrays.files == list(COLUMNS)
        assert arrays["file"].dtype == np.float32 and arrays["species"][4] == "é\n,\"'"
        assert all((arrays[name] == COLUMNS[name]).all() for name in COLUMNS)


def test_parquet_keeps_types_order_and_odd_names(tmp_path):
    import duckdb

    path = tmp_path / "out.parquet"
    columns = {**COLUMNS, "a \"b\" 'c'": np.array([np.nan, 1, 2, 3, 4]), "grid": np.arange(10).reshape(5, 2)}
    path.write_bytes(written(columns, "parquet"))
    table = duckdb.connect().read_parquet(str(path))
    assert table.columns == list(columns)
    assert [str(kind) for kind in table.types] == ["VARCHAR", "FLOAT", "BIGINT", "BOOLEAN", "DOUBLE", "BIGINT[]"]
    first, *_ = table.fetchall()
    assert first[0] == "=cmd" and first[1] == pytest.approx(0.1) and first[4] is None and first[5] == [0, 1]


@pytest.mark.parametrize(
    ("form", "expected"), [("csv", b"species,p\n"), ("tsv", b"species\tp\n"), ("json", b"[]\n"), ("jsonl", b"")]
)
def test_a_text_file_may_have_no_rows(form, expected):
    assert written(NOTHING, form) == expected


def test_a_parquet_or_npz_file_may_have_no_rows(tmp_path):
    import duckdb

    for form in ("parquet", "npz"):
        (tmp_path / f"out.{form}").write_bytes(written(NOTHING, form))
    assert duckdb.connect().read_parquet(str(tmp_path / "out.parquet")).columns == ["species", "p"]
    assert np.load(tmp_path / "out.npz", allow_pickle=False)["p"].shape == (0,)


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1))
def test_float32_survives_text(values):
    column = np.array(values, dtype=np.float32)
    for form in ("csv", "jsonl"):
        text = written({"p": column}, form).decode().splitlines()
        read = [json.loads(line)["p"] for line in text] if form == "jsonl" else text[1:]
        assert np.array_equal(np.array(read, dtype=np.float32), column)


def test_everything_in_a_result_becomes_json():
    value = {"path": Path("a/b"), 1: np.float32(0.5), "rows": np.arange(3), "nan": float("nan"), "set": (1, None, True)}
    assert json.loads(dumps(value)) == {"path": "a/b", "1": 0.5, "rows": [0, 1, 2], "nan": None, "set": [1, None, True]}
