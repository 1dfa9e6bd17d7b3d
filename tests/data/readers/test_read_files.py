"""Real files through the reader of tables: CSV in all dialects, JSON and Parquet with all types."""

import gzip
import json

import duckdb
import numpy as np
import pytest
from data.files import loaded

from nnctl import config
from nnctl.api import load
from nnctl.data.columns.column_format import Rules
from nnctl.data.readers.paths import find_files
from nnctl.data.readers.read import read_table
from nnctl.errors import DataError
from nnctl.training import runner


def table(path, **how):
    return read_table(find_files([str(path)]), **how)


CSV = {
    "a quoted line break": b'"length\n(cm)",b,y\n1,2,A\n3,?,B\n',
    "Excel": b"sep=;\nlength;b;y\n1;2;A\n3;?;B\n",
    "UCI": b"length, b, y\n1, 2, A\n3, ?, B\n",
    "line ends": b"length,b,y\n1,2,A\r\n3,?,B\r",
    "UTF-16": "length,b,y\n1,2,A\n3,?,B\n".encode("utf-16"),
    "gzip": gzip.compress(b"length,b,y\n1,2,A\n3,?,B\n"),
}


@pytest.mark.parametrize("case", CSV)
def test_csv_files_as_they_come(case, tmp_path):
    path = tmp_path / ("T.CSV.GZ" if case == "gzip" else "T.CSV")
    path.write_bytes(CSV[case])
    read = table(path)
    length, b, y = read.columns.values()
    assert list(read.columns)[1:] == ["b", "y"] and next(iter(read.columns)).startswith("length")
    np.testing.assert_array_equal(length.values, [1, 3])
    np.testing.assert_array_equal(b.values, [2, np.nan])
    assert [y.value(row) for row in range(2)] == ["A", "B"]


def test_a_file_without_column_names_is_refused(tmp_path):
    path = tmp_path / "iris.data.csv"
    path.write_text("5.1,3.5,setosa\n4.9,3.0,setosa\n6.3,3.3,virginica\n")
    with pytest.raises(DataError, match=r"first line contains data \(5.1, 3.5, setosa\), not column names"):
        table(path)
    path.write_text("1990,1991,country\n4.9,3.0,Chad\n6.3,3.3,Peru\n")  # years are names, too
    assert list(table(path).columns) == ["1990", "1991", "country"]


def test_files_of_several_dialects_are_one_table(tmp_path):
    (tmp_path / "1.csv").write_bytes("name,y\nKöln,1\n".encode())
    (tmp_path / "2.csv").write_bytes("y;name\r\n2; Köln\r\n".encode("utf-16"))
    read = table(tmp_path / "*.csv")
    assert [read["name"].value(row) for row in range(2)] == ["Köln", "Köln"]
    np.testing.assert_array_equal(read["y"].values, [1, 2])


def test_an_encoding_of_the_config(tmp_path):
    (tmp_path / "t.csv").write_bytes("도시,y\n서울,1\n부산,2\n".encode("cp949"))
    with pytest.raises(DataError, match="`encoding: cp949`"):
        loaded(tmp_path / "t.csv", labels="number", target="y")
    read = table(tmp_path / "t.csv", encoding="cp949")
    assert [read["도시"].value(row) for row in range(2)] == ["서울", "부산"]


@pytest.mark.parametrize("ending", ["csv", "json"])  # DuckDB cannot write Parquet files with such names
@pytest.mark.parametrize("dates", [False, True], ids=["", "beside dates"])
def test_names_that_differ_by_case(ending, dates, tmp_path):
    rows = [{"A": at, "a": at * at, "y": at % 2} | ({"d": f"2020-01-0{at}"} if dates else {}) for at in range(1, 6)]
    path = tmp_path / f"t.{ending}"
    if ending == "csv":
        path.write_text(
            "\n".join([",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows)]), encoding="utf-8"
        )
    else:
        path.write_text(json.dumps(rows), encoding="utf-8")
    read = table(path)
    assert list(read.columns) == list(rows[0])
    np.testing.assert_array_equal(read["A"].values, [1, 2, 3, 4, 5])
    np.testing.assert_array_equal(read["a"].values, [1, 4, 9, 16, 25])
    with pytest.raises(DataError, match="A, a differ only by case"):
        table(path, query="select * from data")


NOT_READ = {
    "[range * 1.0, 2.0]": "lists of numbers", "[timestamp '2024-01-01']": "lists of dates",
    "time '10:00:00'": "times of day",
    "encode('a')": "bytes", "interval 3 days": "durations", "{'k': range}": "objects with fields",
    "map {'a': 1}": "objects with keys",
}  # fmt: skip


@pytest.mark.parametrize("value", NOT_READ)
@pytest.mark.parametrize("query", [None, "select * from data where x > 0"])
def test_what_is_not_read_is_left_out_by_its_name(value, query, tmp_path):
    path = tmp_path / "T.Parquet"
    rows = f"select {value} as at, range * 0.5 as x, range % 2 as y from range(40)"
    duckdb.sql(f"copy ({rows}) to '{path}' (format parquet)")
    data = loaded(path, labels="binary", target="y", query=query)
    notes = [note for note in data.notes if '"at"' in note]
    assert len(notes) == 1 and f"holds {NOT_READ[value]} and is left out" in notes[0]
    assert data.train.inputs["input"].shape[1:] == (1,)
    taken = notes[0].split("`query: ")[1].rstrip("`")
    assert table(path, query=taken).rows == 40
    ignored = loaded(path, labels="binary", target="y", query=query, ignore=["at"])
    assert ignored.train.inputs["input"].shape[1:] == (1,)
    if value.startswith("time"):  # read as words if the config asks for words
        return
    for key in ("features", "categorical"):
        with pytest.raises(DataError, match=f"holds {NOT_READ[value]}, but a feature must be"):
            loaded(path, labels="binary", target="y", query=query, **{key: ["at"]})
    with pytest.raises(DataError, match=f"holds {NOT_READ[value]}, but a target must be"):
        loaded(path, labels="binary", target="at", query=query)


def write(path, **columns):
    path.write_text(
        json.dumps([dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]),
        encoding="utf-8",
    )


@pytest.mark.parametrize("labels", ["integer", "binary", "number"])
def test_json_values_of_mixed_kinds(labels, tmp_path):
    write(tmp_path / "t.json", x=list(range(40)), m=[1, 2, "x", None] * 10, y=[0, 1] * 20)
    with pytest.raises(DataError, match=r"values of mixed types \(numbers and words\)"):
        loaded(tmp_path / "t.json", labels=labels, target="m")
    notes = loaded(tmp_path / "t.json", labels="binary", target="y").notes
    assert any('column "m" holds values of mixed types (numbers and words) and is left out' in note for note in notes)
    [taken] = [note.split("`query: ")[1].rstrip("`") for note in notes if "`query: " in note]
    words = table(tmp_path / "t.json", query=taken)["m"]
    assert [words.value(row) for row in range(4)] == ["1", "2", "x", None]


def test_json_numbers_in_strings_beside_numbers_are_numbers(tmp_path):
    write(tmp_path / "t.json", x=[1, "2.5", 3, None])
    np.testing.assert_array_equal(table(tmp_path / "t.json")["x"].values, [1, 2.5, 3, np.nan])


def test_json_that_fits_a_trained_model_only_here_and_there(tmp_path):
    write(tmp_path / "t.json", x=list(range(40)), z=[1.5, 2.5] * 20, y=[0, 1] * 20)
    text = f"""
    dataset: {{path: {tmp_path / "t.json"}, target: y, missing: mean}}
    layers: [{{Dense: {{units: 1, activation: sigmoid}}}}]
    loss: binary_crossentropy
    epochs: 1
    """
    runner.train(config.loads(text), folder=tmp_path / "run")
    write(tmp_path / "null.json", x=[None], z=["2.5"])
    write(tmp_path / "mean.json", x=[19.5], z=[2.5])
    assert load(tmp_path / "run").predictions(str(tmp_path / "null.json")).columns["probability_1"].shape == (1,)
    write(tmp_path / "word.json", x=[1, "abc"], z=[1, 2])
    with pytest.raises(DataError, match='row 2 holds "abc" in a column of numbers'):
        load(tmp_path / "run").predictions(str(tmp_path / "word.json"))
    write(tmp_path / "list.json", x=[[1]], z=[1])
    with pytest.raises(DataError, match="holds lists of numbers, but the model was trained on numbers"):
        load(tmp_path / "run").predictions(str(tmp_path / "list.json"))


@pytest.mark.parametrize("ending", [".csv", ".json", ".parquet"])
def test_a_number_may_stand_for_a_missing_value_in_every_format(ending, tmp_path):
    import duckdb

    path = tmp_path / f"d{ending}"
    duckdb.connect().execute(f"copy (select unnest([1, -999, 3]) as x, unnest([0.5, 2.5, -999]) as z) to '{path}'")
    table = read_table(find_files([str(path)]), Rules(missing=("-999",)))
    np.testing.assert_array_equal(table["x"].values, [1, np.nan, 3])
    np.testing.assert_array_equal(table["z"].values[:2], [0.5, 2.5])
