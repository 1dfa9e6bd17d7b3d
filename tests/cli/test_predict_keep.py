"""nnctl predict --keep: columns of the input in the output."""

import json

import pytest
from small_runs import COLOURED, COLOURS, DROPPED, nnctl, notes, table, train


@pytest.fixture(scope="module")
def colours(tmp_path_factory):
    return train(tmp_path_factory.mktemp("colours"), COLOURED, train=COLOURS)


@pytest.fixture
def people(tmp_path):
    (tmp_path / "p.csv").write_text(
        'id,"last, first",colour,age,when,gone,y\n'
        '007,Ann,red,21,2020-01-05,NA,A\n01046,=Bo,blue,22.50,2020-01-06,,B\n3,"C\nD",red,-23,x,1,A\n'
    )
    return tmp_path / "p.csv"


def test_all_columns_are_copied_unchanged(colours, people):
    result = nnctl("predict", colours, people, "--keep", "all")
    rows = table(result)
    assert list(rows[0])[:7] == ["id", "last, first", "colour", "age", "when", "gone", "y_input"]
    assert [row["id"] for row in rows] == ["007", "01046", "3"]
    assert [row["age"] for row in rows] == ["21", "22.50", "-23"]
    assert [row["when"] for row in rows] == ["2020-01-05", "2020-01-06", "x"]
    assert [row["last, first"] for row in rows] == ["Ann", "'=Bo", "C\nD"]  # a spreadsheet does not run it
    assert [row["y_input"] for row in rows] == ["A", "B", "A"]
    assert 'written as "y_input"' in " ".join(notes(result))


def test_some_columns_are_copied_in_the_given_order(colours, people):
    rows = table(nnctl("predict", colours, people, "--keep", 'age,"last, first"', "--keep", "id"))
    assert list(rows[0])[:4] == ["age", "last, first", "id", "y"]


def test_copied_numbers_are_numbers_in_json(colours, people):
    records = json.loads(nnctl("predict", colours, people, "--keep", "id,age,gone", "--json").stdout)
    assert [record["id"] for record in records] == ["007", "01046", "3"]
    assert [record["age"] for record in records] == [21, 22.5, -23]


def test_json_input_keeps_its_types(colours, tmp_path):
    given = [
        {"id": 5, "p": 0.5, "name": "x", "colour": "red", "age": 21},
        {"id": 6, "p": 2, "name": None, "colour": "red", "age": 22},
    ]
    (tmp_path / "p.json").write_text(json.dumps(given))
    records = json.loads(nnctl("predict", colours, tmp_path / "p.json", "--keep", "id,p,name", "--json").stdout)
    assert [[record[name] for name in ("id", "p", "name")] for record in records] == [[5, 0.5, "x"], [6, 2, None]]


def test_an_unknown_column_gets_a_suggestion(colours, people):
    result = nnctl("predict", colours, people, "--keep", "idd")
    assert result.exit_code == 2 and result.stdout == ""
    assert '"idd"' in result.stderr and "did you mean id?" in result.stderr


def test_copied_columns_belong_to_the_remaining_rows(tmp_path):
    run = train(tmp_path, DROPPED, train=COLOURS)
    (tmp_path / "p.csv").write_text("row,id,colour,age\na,01,red,21\nb,02,,22\nc,03,blue,23\n")
    rows = table(nnctl("predict", run, tmp_path / "p.csv", "--keep", "row,id"))
    assert [(row["row"], row["row_input"], row["id"]) for row in rows] == [("1", "a", "01"), ("3", "c", "03")]
