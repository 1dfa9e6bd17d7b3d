"""The reader of small files gives the same table as DuckDB, or leaves the file to it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnctl.data.catalog.bundled import bundled_path
from nnctl.data.readers import duckdb_tables
from nnctl.data.readers.csv import small_csv
from nnctl.data.readers.csv.small_csv import read_small
from nnctl.data.readers.paths import find_files
from nnctl.errors import DataError


def same(a, b):
    assert list(a.columns) == list(b.columns) and a.rows == b.rows
    for name in a.columns:
        one, other = a[name], b[name]
        assert one.kind == other.kind, name
        np.testing.assert_array_equal(one.missing, other.missing)
        assert [one.value(i) for i in range(a.rows)] == [other.value(i) for i in range(b.rows)]


def by_duckdb(files):
    return duckdb_tables.read_table(files)


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer", "diabetes"])
def test_bundled_tables_are_plain_and_the_same(name):
    files = find_files([str(bundled_path(name))])
    plain = read_small(files)
    assert plain is not None
    same(plain, by_duckdb(files))


FIELDS = st.one_of(
    st.integers(-(10**6), 10**6).map(str),
    st.floats(-1e6, 1e6).map(lambda x: f"{x:.4g}"),
    st.sampled_from(["", "red", "blue", "b 2", "true", "nan", "007", "1e5", "2020-01-01", "12:30",
                     " x", "-", "+5", "a.b", "1.", ".5", "now"]),
)  # fmt: skip


@st.composite
def files(draw):
    """The bytes of a CSV file: any delimiter and line ends, with and without quotes, Excel's first line."""
    delimiter = draw(st.sampled_from([",", ";", "\t", "|"]))
    end = draw(st.sampled_from(["\n", "\r\n"]))
    awkward = st.sampled_from(["a,b", "x;y", 'say "hi"', "two\nlines", "1,5", "1,234", "12 kg", "Ünal", " both "])
    rows = draw(st.lists(st.tuples(st.one_of(FIELDS, awkward), FIELDS, st.integers(0, 9).map(str)),
                         min_size=2, max_size=12))  # fmt: skip
    quoted = draw(st.booleans())

    def written(word):
        if quoted or any(sign in word for sign in (delimiter, '"', "\n")):
            return '"' + word.replace('"', '""') + '"'
        return word

    lines = [delimiter.join(map(written, row)) for row in [("a", "b", "c"), *rows]]
    head = draw(st.sampled_from(["", "", f"sep={delimiter}{end}"]))
    return (head + end.join(lines) + draw(st.sampled_from([end, ""]))).encode()


@settings(max_examples=60, deadline=None)
@given(content=files())
def test_any_file_is_read_the_same(content, tmp_path_factory):
    path = tmp_path_factory.mktemp("csv") / "d.csv"
    path.write_bytes(content)
    found = find_files([str(path)])
    small = read_small(found)
    if small is not None:  # spaces around unquoted fields are left to DuckDB
        other = by_duckdb(found)
        same(small, other)
        assert (small.formats, small.notes, small.missing_words) == (other.formats, other.notes, other.missing_words)


@pytest.mark.parametrize(
    "text",
    ["a,b\n1,2\n3\n", "a,a\n1,2\n", "a,b\n", "", "1,2\n3,4\n", 'a,b\n"1,2\n'],
)
def test_a_broken_file_gets_the_same_message(text, tmp_path):
    path = tmp_path / "d.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as small:
        read_small(find_files([str(path)]))
    with pytest.raises(DataError) as large:
        by_duckdb(find_files([str(path)]))
    assert small.value.problems == large.value.problems


def test_line_ends_of_windows_are_as_plain_as_others(tmp_path):
    unix, windows = tmp_path / "unix.csv", tmp_path / "windows.csv"
    unix.write_bytes(b"a,b\n1,red\n2,\n")
    windows.write_bytes(b"a,b\r\n1,red\r\n2,\r\n")
    same(read_small(find_files([str(unix)])), read_small(find_files([str(windows)])))


@pytest.mark.parametrize("text", ["a, b\n1, 2\n", "a,b,\n1,2,\n"])
def test_blanks_and_spare_delimiters_are_left_to_duckdb(text, tmp_path):
    path = tmp_path / "d.csv"
    path.write_text(text, encoding="utf-8")
    assert read_small(find_files([str(path)])) is None


@pytest.mark.parametrize("columns, wanted", [(50, True), (20, False)])
def test_wide_files_may_be_larger(columns, wanted, tmp_path, monkeypatch):
    monkeypatch.setattr(small_csv, "SMALL", 1000)
    monkeypatch.setattr(small_csv, "WIDE", 100)
    path = tmp_path / "t.csv"
    names = ",".join(f"c{n}" for n in range(columns))
    path.write_text("\n".join([names, *[",".join(["0.25"] * columns)] * (3500 // columns // 5)]) + "\n")
    assert 3000 < path.stat().st_size < 4000
    read = read_small(find_files([str(path)]))
    assert (read is not None) is wanted
    if read is not None:
        same(read, duckdb_tables.read_table(find_files([str(path)])))
    monkeypatch.setattr(small_csv, "LARGEST", 2000)
    assert read_small(find_files([str(path)])) is None
