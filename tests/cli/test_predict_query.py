"""predict and eval for configs with an SQL query: which rows are predicted, and which columns may be missing."""

import json

import pytest
from small_runs import nnctl, notes, table, train

SNOW = "(kind = 'snow')::int as snow"
ROWS = [(-6 + 0.5 * (7 * i % 24), (5 * i % 9) + 0.5) for i in range(48)]
WEATHER = "temp,rain,kind,day\n" + "".join(
    f"{t},{p},{'snow' if t < 0 and p > 2 else 'dry'},2024-01-{1 + i % 28:02}\n" for i, (t, p) in enumerate(ROWS)
)
NEW = "temp,rain\n" + "".join(f"{t},{p}\n" for t, p in ROWS[:6])


def run_of(folder, query, ignore="[]"):
    config = f"""
dataset:
  path: FOLDER/w.csv
  target: snow
  ignore: {ignore}
  split: {{validation: 0, test: 0}}
  query: >
    {query}
layers: [{{Dense: {{units: 1, activation: sigmoid}}}}]
loss: binary_crossentropy
epochs: 2
"""
    run = train(folder, config, w=WEATHER)
    (folder / "new.csv").write_text(NEW)
    return run


@pytest.mark.parametrize(
    ("query", "ignore"),
    [
        (f"select temp, rain, {SNOW} from data", "[]"),
        (f"select *, {SNOW} from data", "[kind, day]"),
        (f"select * exclude (kind), {SNOW} from data", "[day]"),
        (f"select rain, temp, {SNOW} from data order by kind, day", "[]"),
        (f"with a as (select *, rain * 2 as double_rain from data) select temp, double_rain, {SNOW} from a", "[]"),
        ("select temp, rain, case when kind = 'snow' then 1 else 0 end as snow from data", "[]"),
    ],
)
def test_a_computed_target_may_be_missing(tmp_path, query, ignore):
    run = run_of(tmp_path, query, ignore)
    new = table(nnctl("predict", run, tmp_path / "new.csv"))
    assert len(new) == 6 and "row" not in new[0]
    # the same answers where the column is there, and where the target is, too
    (tmp_path / "labelled.csv").write_text("\n".join(WEATHER.splitlines()[:7]) + "\n")
    labelled = table(nnctl("predict", run, tmp_path / "labelled.csv"))
    at = [int(row.get("row", n)) - 1 for n, row in enumerate(labelled, 1)]
    assert [labelled[at.index(n)]["probability_1"] for n in range(6)] == [row["probability_1"] for row in new]
    result = nnctl("eval", run, "--data", tmp_path / "new.csv")
    assert result.exit_code == 2
    assert 'lacks the column "kind", from which the query computes "snow"' in " ".join(result.stderr.split())
    assert json.loads(nnctl("eval", run, "--data", tmp_path / "labelled.csv", "--json").stdout)["rows"] == 6


@pytest.mark.parametrize(
    ("query", "says"),
    [
        (
            f"select temp, month(day) as m, {SNOW} from data",
            'lacks the column "day", from which the query computes "m"',
        ),
        (f"select temp, coalesce(kind = 'dry', false)::int as dry, {SNOW} from data", 'computes "dry"'),
        (f"select temp, (count(kind) over ())::int as n, {SNOW} from data", 'computes "n"'),
        (f"select temp, rain, {SNOW} from data where kind is not null", "on which the rows of the query depend"),
        (
            f"select temp, rain, {SNOW} from data where kind is null or kind <> 'x'",
            "on which the rows of the query depend",
        ),
    ],
)
def test_a_column_that_the_model_reads_must_exist(tmp_path, query, says):
    result = nnctl("predict", run_of(tmp_path, query), tmp_path / "new.csv")
    assert result.exit_code == 2 and result.stdout == ""
    assert says in " ".join(result.stderr.split())


@pytest.mark.parametrize(
    ("clause", "numbers", "note"),
    [
        ("where temp > -5", [2, 3, 4, 5, 6], "the query leaves out row 1 of the file"),
        ("where rain < 5", [1, 3, 5], "the query leaves out 3 rows (2, 4, 6) of the file"),
        ("limit 4", [1, 2, 3, 4], "the query leaves out 2 rows (5, 6) of the file"),
        ("order by rain", [1, 3, 5, 2, 4, 6], None),
        ("order by rain desc limit 2", [6, 4], "the query leaves out 4 rows (1, 2, 3, 5) of the file"),
        ("", None, None),
    ],
)
def test_rows_skipped_by_a_query_are_listed(tmp_path, clause, numbers, note):
    run = run_of(tmp_path, f"select temp, rain, {SNOW} from data {clause}")
    given = [(-6, 1), (-2, 5), (0, 2), (1, 6), (2, 3), (3, 7)]
    lines = "".join(f"{n:03},{t},{p}\n" for n, (t, p) in enumerate(given, 1))
    (tmp_path / "new.csv").write_text("id,temp,rain\n" + lines)
    result = nnctl("predict", run, tmp_path / "new.csv", "--keep", "id,temp")
    rows = table(result)
    if numbers is None:
        assert "row" not in rows[0]
    else:
        assert [int(row["row"]) for row in rows] == numbers
    assert [int(row["id"]) for row in rows] == (numbers or [1, 2, 3, 4, 5, 6])
    assert [float(row["temp"]) for row in rows] == [given[int(row["id"]) - 1][0] for row in rows]
    assert notes(result) == ([note] if note else [])


@pytest.mark.parametrize(
    "query",
    [
        f"select * from (select temp, rain, {SNOW} from data) where temp > -1",
        f"select s.temp, rain, {SNOW} from (select * from data where temp > -3) s where temp > -1",
        f"with a as (select * from data where temp > -1) select temp, rain, {SNOW} from a",
        f"with a as (select * from data), b as (select *, {SNOW} from a where temp > -1) "
        "select temp, rain, snow from b",
        f"select temp, rain, {SNOW} from data qualify row_number() over (order by temp) > 2 order by temp",
    ],
)
def test_row_numbers_survive_nested_queries(tmp_path, query):
    run = run_of(tmp_path, query)
    (tmp_path / "new.csv").write_text("temp,rain,kind\n-6,1,snow\n0,2,dry\n-2,5,dry\n1,6,dry\n2,3,snow\n3,7,dry\n")
    result = nnctl("predict", run, tmp_path / "new.csv")
    assert [int(row["row"]) for row in table(result)] == [2, 4, 5, 6]
    assert notes(result) == ["the query leaves out 2 rows (1, 3) of the file"]


@pytest.mark.parametrize(
    "query",
    [
        f"select temp, rain, {SNOW} from data union all select temp, rain, {SNOW} from data",
        "select a.temp, a.rain, (a.kind = 'snow')::int as snow from data a join data b using (day)",
        f"select distinct temp, rain, {SNOW} from data",
        f"select * from (select distinct temp, rain, {SNOW} from data)",
        f"with a as (select temp, rain, {SNOW} from data union all select temp, rain, {SNOW} from data) "
        "select * from a",
    ],
)
def test_rows_that_are_not_in_the_file_are_not_numbered(tmp_path, query):
    result = nnctl("predict", run_of(tmp_path, query), tmp_path / "w.csv")
    assert "row" not in table(result)[0] and "creates new rows" in " ".join(notes(result))


def test_rows_created_by_a_query_are_noted(tmp_path):
    snow = "max((kind = 'snow')::int) as snow"
    run = run_of(tmp_path, f"select day, avg(temp) as temp, {snow} from data group by day order by day", "[day]")
    result = nnctl("predict", run, tmp_path / "w.csv", "--keep", "day")
    assert [row["day"] for row in table(result)][:2] == ["2024-01-01", "2024-01-02"]
    assert "creates new rows" in " ".join(notes(result))


def test_a_missing_column_cannot_be_copied(tmp_path):
    run = run_of(tmp_path, f"select *, {SNOW} from data", "[kind, day]")
    result = nnctl("predict", run, tmp_path / "new.csv", "--keep", "kind")
    assert result.exit_code == 2 and "not in the input" in result.stderr
    assert list(table(nnctl("predict", run, tmp_path / "new.csv", "--keep", "all"))[0])[:3] == ["temp", "rain", "snow"]


def test_a_name_in_a_different_case_gets_a_suggestion(tmp_path):
    run = run_of(tmp_path, f"select temp, rain, {SNOW} from data")
    (tmp_path / "new.csv").write_text("Temp,rain\n1,2\n")
    result = nnctl("predict", run, tmp_path / "new.csv")
    assert result.exit_code == 2 and '"Temp", but the training files have "temp"' in " ".join(result.stderr.split())
