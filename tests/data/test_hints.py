"""Hints can be pasted: for tables with awkward names, YAML, DuckDB and nnctl read what they propose."""

import re

import pytest
import yaml
from cli.small_runs import nnctl

from nnctl.config.yaml_reader import read_value

NAMES = ["Date Egg", "a: b", "#1", "-x", "{y}", "yes", "007", "null", "it's", "select", "50%", "Größe", "a, b", "[z]"]
CONFIG = """
dataset: {{path: t.csv, target: kind{more}}}
layers: [{{Dense: {{units: 2, activation: softmax}}}}]
loss: sparse_categorical_crossentropy
"""


def write(folder, columns, rows=12):
    """t.csv: columns by name, each a function of the row's number, from 0; and the target."""
    import csv

    with (folder / "t.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([*columns, "kind"])
        writer.writerows([*(make(at) for make in columns.values()), "ab"[at % 2]] for at in range(rows))


def check(folder, more=""):
    (folder / "c.yaml").write_text(CONFIG.format(more=more), encoding="utf-8")
    result = nnctl("check", "c.yaml")
    return result.exit_code, " ".join((result.stdout + result.stderr).split())


def pasted(text, key):
    """The value that the text proposes for a key of `dataset`, the same for YAML 1.1 and for nnctl."""
    [found] = re.findall(rf"`({key}: [^`]*)`", text)[:1]
    assert yaml.safe_load(found) == read_value(found)
    return read_value(found)[key], f", {found}"


@pytest.mark.parametrize("name", NAMES)
def test_one_rule_for_all_that_is_missing(name, tmp_path, monkeypatch):
    """A column of numbers with a missing value in row 7, one of words with a missing value in row 3."""
    monkeypatch.chdir(tmp_path)
    write(
        tmp_path,
        {name: lambda at: "" if at == 6 else at, f"{name} too": lambda at: "" if at == 2 else "mf"[at % 3 > 0]},
    )
    code, text = check(tmp_path)
    assert code == 2 and "`missing: drop` would leave out 2 of 12 rows" in text
    rules, more = pasted(text, "missing")
    assert rules == {name: "median", f"{name} too": "category"}
    code, text = check(tmp_path, more)
    assert code == 0, text


@pytest.mark.parametrize("name", NAMES)
def test_dates_as_their_parts(name, tmp_path, monkeypatch):
    pytest.importorskip("duckdb")
    monkeypatch.chdir(tmp_path)
    write(tmp_path, {name: lambda at: f"20{at + 10}-01-05", "n": lambda at: at})
    code, text = check_query(tmp_path, check(tmp_path)[1])
    assert code == 0 and f"{name}_year number" in text


def check_query(folder, text):
    """The line `query: ...` of a hint, under dataset."""
    [line] = re.findall(r"`(query: [^`]*)`", text)[:1]
    (folder / "c.yaml").write_text(
        f"dataset:\n  path: t.csv\n  {line}\n  target: kind\nlayers: [{{Dense: {{units: 2, activation: softmax}}}}]\n"
        "loss: sparse_categorical_crossentropy\n",
        encoding="utf-8",
    )
    result = nnctl("check", "c.yaml")
    return result.exit_code, " ".join((result.stdout + result.stderr).split())


@pytest.mark.parametrize("name", NAMES)
def test_names_and_texts(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, {name: lambda at: f"person{chr(97 + at % 26)}{chr(97 + at // 26)}", "n": lambda at: at}, 30)
    _, text = check(tmp_path)
    names, more = pasted(text, "categorical")
    assert names == [name]
    assert check(tmp_path, more)[0] == 0


@pytest.mark.parametrize("name", NAMES)
def test_a_column_of_texts(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, {name: lambda at: f"the {at} birds of row {at} sing"}, 30)
    _, text = check(tmp_path)
    chosen, _ = pasted(text, "text")
    assert chosen == {"column": name}


@pytest.mark.parametrize("name", NAMES)
def test_a_constant_and_a_copy_of_the_target(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, {name: lambda at: "same", "n": lambda at: at % 5})
    names, more = pasted(check(tmp_path)[1], "ignore")
    assert names == [name] and check(tmp_path, more)[0] == 0
