"""Names in hints: each reads as itself again in SQL, in YAML and in a shell."""

import shlex
import subprocess

import pytest
import yaml

from nnctl.config.yaml_reader import read_value
from nnctl.quoting import shell_path, sql_name, yaml_line, yaml_list, yaml_map, yaml_name

AWKWARD = [
    "age", "Date Egg", "größe", "a: b", "a:", ":a", "x #1", "#1", "-x", "- x", "?", "yes", "No", "on", "y", "null",
    "~", "true", "12", "007",
    "1e3", ".5", "1_000", "0x1f", "12:30:45", "2020-01-01", ".inf", ".nan", "{x}", "[x]", "a,b", "a, b", "it's",
    'say "x"',
    "back\\slash", "*x", "&x", "!x", "|", ">", "%x", "@x", "`x`", " x", "x ", "a  b", "line\nbreak", "tab\tbed",
    "\x1b[31m", "\u202e", "🙂",
    "<<", "=", "select", "a'b\"c", "--- x", "...", "100%", "price (€)", "", "\x7f", "\u2028", "\xa0x", "x\x85",
]  # fmt: skip


@pytest.mark.parametrize("name", [name for name in AWKWARD if name])
def test_a_name_is_itself_again_in_yaml(name):
    written = yaml_map({name: "drop", "list": [name, name], "inner": {"value": name, "number": 2}})
    meant = {name: "drop", "list": [name, name], "inner": {"value": name, "number": 2}}
    assert read_value(written) == meant  # YAML 1.2, as a config is read
    assert yaml.safe_load(written) == meant  # YAML 1.1, as other programs read it
    assert read_value(yaml_list([name])) == yaml.safe_load(f"key: {yaml_list([name])}")["key"] == [name]
    assert read_value(f"key: {yaml_line(name)}")["key"] == name


@pytest.mark.parametrize(
    ("name", "written"),
    [("price", "price"), ("House price", "House price"), ("größe", "größe"), ("price (€)", '"price (€)"'),
     ("a: b", '"a: b"'),
     ("yes", '"yes"'), ("12", '"12"'), ('say "x"', '"say \\"x\\""'), ("a\tb", '"a\\tb"'), ("\x1b", '"\\x1b"'),
     ("", '""')],
)  # fmt: skip
def test_only_what_needs_quotes_has_them(name, written):
    assert yaml_name(name) == written


@pytest.mark.parametrize(
    ("line", "written"),
    [("select 1 from data", "select 1 from data"), ('select "a, b"', 'select "a, b"'),
     ('select "a: b"', "'select \"a: b\"'"),
     ("select 'x #1'", "'select ''x #1'''"), ("", "''")],
)  # fmt: skip
def test_a_line_of_yaml_is_quoted_where_a_colon_or_a_comment_would_be_read(line, written):
    assert yaml_line(line) == written
    assert read_value(f"query: {written}") == {"query": line}


@pytest.mark.parametrize("name", [name for name in AWKWARD if name])
def test_a_name_is_itself_again_in_sql(name):
    duckdb = pytest.importorskip("duckdb")
    with duckdb.connect() as connection:
        connection.execute(f"create table data as select 1 as {sql_name(name)}")
        assert connection.sql(f"select {sql_name(name)} as {sql_name(name + '_year')} from data").columns == [
            f"{name}_year"
        ]


def test_the_columns_of_a_plain_name_stay_plain_in_sql():
    assert [sql_name(name) for name in ("age", "Age", "order", 'a"b')] == ["age", '"Age"', '"order"', '"a""b"']


@pytest.mark.parametrize("name", [name for name in AWKWARD if name.isprintable() and name])
def test_a_path_is_itself_again_in_a_shell(name):
    [read] = shlex.split(shell_path(name))
    assert read.removeprefix("./") == name and not read.startswith("-")


@pytest.mark.parametrize("path", ["runs/my run", "runs/$HOME", "runs/it's", "-r", "a\nb\x1bc", "a\\\n'ü", "*"])
def test_a_shell_reads_the_path(path):
    told = subprocess.run(
        ["bash", "-c", f"printf %s {shell_path(path)}"], capture_output=True, text=True, check=True
    ).stdout
    assert told.removeprefix("./") == path


def test_a_plain_path_has_no_quotes():
    assert shell_path("runs/iris-20260101-120000") == "runs/iris-20260101-120000"
