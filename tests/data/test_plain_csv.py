"""The reader of small plain files gives what DuckDB gives, or leaves the file to it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnctl.data import tables
from nnctl.data.bundled import bundled_path
from nnctl.data.files import find_files
from nnctl.data.plain_csv import read_plain


def same(a, b):
    assert list(a.columns) == list(b.columns) and a.rows == b.rows
    for name in a.columns:
        one, other = a[name], b[name]
        assert one.kind == other.kind, name
        np.testing.assert_array_equal(one.missing, other.missing)
        assert [one.value(i) for i in range(a.rows)] == [other.value(i) for i in range(b.rows)]


def by_duckdb(files, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(tables, "read_plain", lambda *given: None)
        return tables.read_table(files)


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer", "diabetes"])
def test_bundled_tables_are_plain_and_the_same(name, monkeypatch):
    files = find_files([str(bundled_path(name))])
    plain = read_plain(files)
    assert plain is not None
    same(plain, by_duckdb(files, monkeypatch))


FIELDS = st.one_of(
    st.integers(-(10**6), 10**6).map(str),
    st.floats(-1e6, 1e6).map(lambda x: f"{x:.4g}"),
    st.sampled_from(["", "red", "blue", "b 2", "true", "nan", "007", "1e5", "2020-01-01", "12:30", " x", "-", "+5", "a.b", "1.", ".5", "now"]),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.tuples(FIELDS, FIELDS, st.integers(0, 9).map(str)), min_size=2, max_size=12))
def test_any_file_is_read_the_same_or_left_to_duckdb(rows, tmp_path_factory):
    path = tmp_path_factory.mktemp("csv") / "d.csv"
    path.write_text("\n".join(["a,b,c", *(",".join(row) for row in rows)]) + "\n")
    files = find_files([str(path)])
    plain = read_plain(files)
    if plain is not None:
        with pytest.MonkeyPatch.context() as patch:
            same(plain, by_duckdb(files, patch))


@pytest.mark.parametrize(
    "text",
    ["a,b\n1,2\n3\n", 'a,b\n1,"2"\n', "a,a\n1,2\n", "a;b\n1;2\n", "a,b\n", "", "1,2\n3,4\n",
     "a,b\n1,2\n\n3,4\n", "a, b\n1, 2\n"],
)  # fmt: skip
def test_what_is_not_plain_is_left_to_duckdb(text, tmp_path):
    path = tmp_path / "d.csv"
    path.write_text(text)
    assert read_plain(find_files([str(path)])) is None
