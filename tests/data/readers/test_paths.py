"""The files that a path names: which formats there are, and what is said of anything else."""

import os
import shlex

import pytest

from nnctl.data.readers.paths import find_files
from nnctl.errors import DataError


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("t.csv.zst", ["'.zst' files are not supported", "zstd -d"]), ("t.CSV.BZ2", ["bunzip2"]),
        ("my t.zip", ["unzip '"]),
        ("t.csv.xz", ["xz -dk"]), ("t.parquet.gz", ["gunzip -k"]), ("t.tar.gz", ["tar xf"]), ("t.feather", ["Parquet"]),
        ("t", ["no extension"]), ("t.{x}", ["supported"]),
    ],
)  # fmt: skip
def test_unsupported_files_get_a_hint(name, words, tmp_path):
    path = tmp_path / name
    path.write_bytes(b"a,y\n1,2\n")
    with pytest.raises(DataError) as error:
        find_files([str(path)])
    assert all(word in str(error.value) for word in words)
    if "`" in str(error.value):
        assert str(path) in shlex.split(str(error.value).split("`")[1])


@pytest.mark.parametrize(
    ("name", "form"),
    [("T.CSV.GZ", "csv"), ("T.Csv", "csv"), ("T.TSV", "csv"), ("T.JSON", "json"), ("T.JSONL.gz", "json"),
     ("T.Parquet", "parquet"), ("a.b.NDJSON", "json"), ("T.PNG", "image"), ("T.Npz", "npz")],
)  # fmt: skip
def test_endings_in_any_case(name, form, tmp_path):
    (tmp_path / name).write_bytes(b"x")
    assert find_files([str(tmp_path / name)]).format == form


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no named pipes")
def test_a_pipe_is_refused_before_anything_waits_for_it(tmp_path):
    os.mkfifo(tmp_path / "d.csv")
    for name in (str(tmp_path / "d.csv"), os.devnull):
        with pytest.raises(DataError, match="a pipe or a device, not a file") as caught:
            find_files([name])
        assert caught.value.problems[0].where == name
