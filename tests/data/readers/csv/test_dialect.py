"""CSV files in the dialects of people and programs: what is read, and the errors about broken files."""

import gzip
import os
import random
from pathlib import Path

import duckdb
import pytest

from nnctl.data.readers.csv.diagnosis import diagnose
from nnctl.data.readers.csv.dialect import Dialect, dialect
from nnctl.data.readers.csv.duckdb_source import readable
from nnctl.errors import DataError


def read(path: Path, content: bytes, encoding: str | None = None) -> tuple[Dialect, list[tuple[str | None, ...]]]:
    path.write_bytes(content)
    how = dialect(path, encoding)
    with readable(path, how) as source:
        rows = duckdb.sql(f"select * from {source.sql}").fetchall()
    assert source.path == path or not source.path.exists()
    return how, rows


TWO = [("1", "2"), ("3", "4")]
READ = {
    # name: (content, names, rows)
    "plain": (b"a,b\n1,2\n3,4\n", ("a", "b"), TWO),
    "no last line end": (b"a,b\n1,2\n3,4", ("a", "b"), TWO),
    "byte order mark": (b"\xef\xbb\xbfa,b\n1,2\n3,4\n", ("a", "b"), TWO),
    "byte order mark and quotes": (b'\xef\xbb\xbf"a",b\n1,2\n3,4\n', ("a", "b"), TWO),
    "names that differ by case": (b"A,a\n1,2\n3,4\n", ("A", "a"), TWO),
    "a line break in a name": (b'"length\n(cm)",b\n1,2\n3,4\n', ("length\n(cm)", "b"), TWO),
    "line breaks in names, CRLF": (b'"a\r\nb","c\n\nd"\r\n1,2\r\n3,4\r\n', ("a\r\nb", "c\n\nd"), TWO),
    "commas and quotes in names": (b'"he said ""x""","a,b"\n1,2\n3,4\n', ('he said "x"', "a,b"), TWO),
    "blanks in names": (b"a , b\n1,2\n3,4\n", ("a", "b"), TWO),
    "an inch in a name": (b'size 5",b\n1,2\n3,"4"\n', ('size 5"', "b"), TWO),
    "Excel's first line": (b"sep=;\na;b\n1;2\n3;4\n", ("a", "b"), TWO),
    "Excel's first line, comma": (b"sep=,\r\na,b\r\n1,2\r\n3,4\r\n", ("a", "b"), TWO),
    "Excel's first line, tab, quoted": (b'"sep=\t"\na\tb\n1\t2\n3\t4\n', ("a", "b"), TWO),
    "Excel's first line, another sign": (b"SEP=:\na:b\n1:2\n3:4\n", ("a", "b"), TWO),
    "Excel's first line saved again": (b"sep=;;\na;b\n1;2\n3;4\n", ("a", "b"), TWO),
    "a column called sep": (b"sep,b\n1,2\n3,4\n", ("sep", "b"), TWO),
    "tabs": (b"a\tb\n1\t2\n3\t4\n", ("a", "b"), TWO),
    "bars": (b"a|b\n1|2\n3|4\n", ("a", "b"), TWO),
    "blank lines": (b"\n\na,b\n1,2\n\n3,4\n\n\n", ("a", "b"), TWO),
    "lines of blanks": (b"a,b\n1,2\n   \n3,4\n\t\n", ("a", "b"), TWO),
    "LF header, CRLF rows": (b"a,b\n1,2\r\n3,4\r\n", ("a", "b"), TWO),
    "CRLF header, LF rows": (b"a,b\r\n1,2\n3,4\n", ("a", "b"), TWO),
    "all line ends": (b"a,b\n1,2\r\n3,4\r\r\n5,6\r7,8", ("a", "b"), [*TWO, ("5", "6"), ("7", "8")]),
    "old Macs": (b"a,b\r1,2\r3,4\r", ("a", "b"), TWO),
    "CR CR LF": (b"a,b\r\r\n1,2\r\r\n3,4\r\r\n", ("a", "b"), TWO),
    "CRLF, the last line without": (b"a,b\r\n1,2\r\n3,4", ("a", "b"), TWO),
    "line ends in quotes stay": (
        b'a,b\n1,"x\r\ny"\r\n"\r",2\n', ("a", "b"), [("1", "x\r\ny"), ("\r", "2")],
    ),
    "line ends in quotes are no mixture": (b'a,b\n1,"x\r\ny"\n', ("a", "b"), [("1", "x\r\ny")]),
    "blanks after commas": (b"a, b\n1, ?\n 3 ,4 \n", ("a", "b"), [("1", "?"), ("3", "4")]),
    "blanks in quotes stay": (b'a,b\n1, " x "\n" ", 4\n', ("a", "b"), [("1", " x "), (" ", "4")]),
    "a blank and a quoted comma": (b'a, b\n1, "x, y"\n"3" , "4"\n', ("a", "b"), [("1", "x, y"), ("3", "4")]),
    "blanks inside fields stay": (b"a,b\n1,x  y\n3,4\n", ("a", "b"), [("1", "x  y"), ("3", "4")]),
    "blanks beside tabs": (b"a\tb\n1\t x\n\t4\n", ("a", "b"), [("1", "x"), (None, "4")]),
    "inches": (b'a,b\n5" pipe,2\n3, 4"\n', ("a", "b"), [('5" pipe', "2"), ("3", '4"')]),
    "inches and quotes": (b'a,b\n5" pipe,"x, y"\r\n3,"6"""\n', ("a", "b"), [('5" pipe', "x, y"), ("3", '6"')]),
    "a delimiter at every line's end": (b"a,b,\n1,2,\n3,,\n", ("a", "b"), [("1", "2"), ("3", None)]),
    "three of them": (b"a;b;;;\r\n1;2;;;\r\n3;4;;;\r\n", ("a", "b"), TWO),
    "at the rows' end alone": (b"a,b\n1,2,\n3,4,\n", ("a", "b"), TWO),
    "one column": (b"a\n1\n\n3\n\n\n", ("a",), [("1",), (None,), ("3",)]),
    "one column of texts": (b'a\nx y\n"1,5"\n', ("a",), [("x y",), ("1,5",)]),
    "one column called by a sentence": (b'"x, y, or z?"\n1\n3\n', ("x, y, or z?",), [("1",), ("3",)]),
    "signs of comments": (b"a,b\n#1,2\n3,4\n", ("a", "b"), [("#1", "2"), ("3", "4")]),
    "empty and quoted empty": (b'a,b\n1,""\n,"NA"\n', ("a", "b"), [("1", None), (None, "NA")]),
}  # fmt: skip


@pytest.mark.parametrize("block", [1 << 19, 5], ids=["", "blocks of 5 bytes"])
@pytest.mark.parametrize("case", READ)
def test_it_is_read_correctly(case, block, tmp_path, monkeypatch):
    monkeypatch.setattr("nnctl.data.readers.csv.decoding.utf8_blocks.__defaults__", ("utf-8", block))
    content, names, rows = READ[case]
    how, found = read(tmp_path / "t.csv", content)
    assert (how.names, found) == (names, rows)


@pytest.mark.parametrize("case", READ)
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "cp1252", "gzip"])
def test_it_is_read_correctly_in_other_encodings(case, encoding, tmp_path):
    content, names, rows = READ[case]
    if encoding == "gzip":
        how, found = read(tmp_path / "T.CSV.GZ", gzip.compress(content))
    else:
        content = content.removeprefix(b"\xef\xbb\xbf").decode().encode(encoding)
        how, found = read(tmp_path / "t.csv", content, None if encoding == "utf-16" else encoding)
    assert (how.names, found) == (names, rows)


@pytest.mark.parametrize(
    ("case", "as_is"),
    [("plain", True), ("byte order mark", True), ("Excel's first line", True), ("tabs", True), ("inches", False),
     ("line ends in quotes are no mixture", True), ("CRLF, the last line without", True), ("old Macs", False),
     ("LF header, CRLF rows", False), ("blanks after commas", False)],
)  # fmt: skip
def test_a_plain_file_is_not_copied(case, as_is, tmp_path):
    assert read(tmp_path / "t.csv", READ[case][0])[0].as_is == as_is


@pytest.mark.parametrize(
    ("case", "words"),
    [("blanks after commas", "spaces around unquoted fields"), ("LF header, CRLF rows", "line endings are mixed"),
     ("a delimiter at every line's end", "every line ends in a ','"), ("plain", ""), ("old Macs", ""),
     ("a blank and a quoted comma", "spaces around unquoted fields"), ("line ends in quotes are no mixture", "")],
)  # fmt: skip
def test_conversions_have_notes(case, words, tmp_path):
    how, _ = read(tmp_path / "t.csv", READ[case][0])
    assert bool(how.notes) == bool(words) and words in " ".join(how.notes)


def test_a_comma_and_a_blank_in_quotes_have_no_note(tmp_path):
    how, rows = read(tmp_path / "t.csv", b'a,b\n1,"nice, good"\n2,"so , so"\n')
    assert how.as_is and not how.notes and rows[0] == ("1", "nice, good")


BROKEN = {
    # name: (content, words of the message and the hint)
    "empty": (b"", ["the file is empty"]),
    "blank lines alone": (b"\n\n", ["the file is empty"]),
    "a header alone": (b"a,b\n\n  \n", ["no rows"]),
    "numbers for names": (b"1,2\n3,4\n", ["numbers, not column names"]),
    "the same number for two names": (b"0.0,0.0,iris\n3,4,rose\n", ["numbers, not column names"]),
    "a name is empty": (b"a,,b\n3,4,5\n", ["field 2 of 3 in the header is empty", "lines above the names"]),
    "the index of pandas": (b",a,b\n0,4,5\n", ["field 1 of 3 in the header is empty", "to_csv(index=False)"]),
    "lines in quotes": (b'"a,b,c"\n"1,2,3"\n', ["one field with 3 names", "remove the quotes around the lines"]),
    "a web page": (b"\n<!DOCTYPE html>\n<html>\n<p>a, b</p>\n", ["this is a web page", "Raw"]),
    "a web page in one line": (b'<html lang="en"><p>a</p></html>', ["this is a web page"]),
    "an Excel workbook": (b"PK\3\4\x14\0\x06\0\xff\xfe\r\nxl/", ["Excel workbook", "save the table as CSV"]),
    "a name twice": (b'a,b," a"\n3,4,5\n', ['2 columns are called "a"']),
    "a last name is empty over values": (b"a,b,\n1,2,3\n", ["field 3 of 3 in the header is empty"]),
    "a title above the names": (b"Report\n\na,b\n1,2\n", ["has 2 fields where the header has 1", "above them"]),
    "too few": (b"a,b\n1,2\n3\n", ["row 2 (line 3) has 1 field where", "header has 2"]),
    "too many": (b"a,b\n1,2\n\n3,4,5\n", ["row 2 (line 4) has 3 fields"]),
    "too many under a broken name": (b'"a\nc",b\n1,2\n3,4,5\n', ["row 2 (line 4) has 3 fields"]),
    "too many after Excel's line": (b"sep=;\na;b\n1;2\n3;4;5\n", ["row 2 (line 4) has 3 fields", "';'"]),
    "too many, mixed line ends": (b"a,b\r\n1,2\r3,4\r\r\n5,6,7\n", ["row 3 (line 4) has 3 fields"]),
    "a quote that never closes": (b'a,b\n1,2\n3,"x\n5,6\n', ["row 2 (line 3)", "close the quote"]),
    "a quote that closes too early": (b'a,b\n1,2\n3,"x"y\n', ["row 2 (line 3)"]),
    "a name's quote never closes": (b'"a,b\n1,2\n', ["header", "quote does not close"]),
    "NUL": (b"a,b\n1,2\n3,\0\n", ["line 3 contains NUL bytes"]),
    "NUL far down": (b"a,b\n" + b"1,2\n" * 140_000 + b"3,\0\n", ["line 140002 contains NUL bytes"]),
    "UTF-16 without its mark": ("a,b\n1,2\n".encode("utf-16-be"), ["UTF-16", "encoding: utf-16-be"]),
    "gzip cut off": (gzip.compress(b"a,b\n1,2\n")[:-9], ["gzip"]),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_broken_is_named_with_its_place(case, tmp_path):
    content, words = BROKEN[case]
    with pytest.raises((DataError, duckdb.Error)) as error:
        read(tmp_path / "t.csv", content)
    said = str(error.value)
    if isinstance(error.value, duckdb.Error):
        said = str(diagnose(tmp_path / "t.csv", dialect(tmp_path / "t.csv")))
    assert all(word in said for word in words) and "t.csv" in said, said


def test_texts_of_megabytes(tmp_path):
    long = ("x, y" * 100 + "\n") * 6_000
    how, rows = read(tmp_path / "t.csv", f'a,b\n1,"{long}"\n2,{"z" * 2_200_000}\n'.encode())
    assert rows == [("1", long), ("2", "z" * 2_200_000)] and how.as_is
    how, rows = read(tmp_path / "t.csv", f'a, b\n1,"{long}"\r\n2,{"z" * 2_200_000}\n'.encode())
    assert rows == [("1", long), ("2", "z" * 2_200_000)] and not how.as_is
    path = tmp_path / "t.csv"
    path.write_text(f'a,b\n1,"{long}"\n2,3,4\n', encoding="utf-8")
    assert "row 2 (line 6003) has 3 fields" in str(diagnose(path, dialect(path)))


def test_a_header_of_a_megabyte(tmp_path):
    names = tuple(f"gene_{number:06000}" for number in range(200))
    how, rows = read(tmp_path / "t.csv", ",".join(names).encode() + b"\n" + b"1," * 199 + b"2\n")
    assert how.names == names and rows[0][-1] == "2"


KOREAN = "도시,급\n서울,좋음\n부산,나쁨\n"
ENCODINGS = [
    ("cp949", KOREAN),
    ("shift_jis", "都市,値\n東京,カテゴリ\n大阪,さくら\n"),
    ("gb18030", "城市,性别\n北京,男\n上海,女\n"),
    ("big5", "城市,性別\n台北,男\n高雄,女\n"),
    ("cp1251", "город,да\nМосква,нет\n"),
    ("cp1252", "city,y\nKöln,Müller\nSão Paulo,café\n10 €,5\n"),
    ("cp1250", "miasto,y\nŁódź,żółty\nKraków,książka\n"),
    ("cp1254", "il,y\nİstanbul,kız\nIğdır,şehir\n"),
    ("cp1253", "πόλη,ναι\nΑθήνα,όχι\n"),
    ("utf-16-le", KOREAN),
    ("utf-16", KOREAN),
]


@pytest.mark.parametrize(("encoding", "text"), ENCODINGS)
def test_an_encoding_that_is_named(encoding, text, tmp_path):
    how, rows = read(tmp_path / "t.csv", text.encode(encoding), encoding)
    first, *others = text.splitlines()
    assert how.names == tuple(first.split(",")) and rows == [tuple(line.split(",")) for line in others]


@pytest.mark.parametrize(("encoding", "text"), [each for each in ENCODINGS if not each[0].startswith("utf")])
def test_an_encoding_that_is_not_named_is_proposed(encoding, text, tmp_path):
    with pytest.raises(DataError, match="is not UTF-8 text") as error:
        read(tmp_path / "t.csv", text.encode(encoding))
    proposed = "cp932" if encoding == "shift_jis" else encoding
    assert f"`encoding: {proposed}`" in str(error.value) and "latin1" not in str(error.value)
    read(tmp_path / "t.csv", text.encode(encoding), proposed)


def test_an_encoding_that_is_wrong(tmp_path):
    with pytest.raises(DataError, match=r"line 2 is not shift_jis text\n.*`encoding: cp949` \(Korean"):
        read(tmp_path / "t.csv", KOREAN.encode("cp949"), "shift_jis")
    how, rows = read(tmp_path / "t.csv", KOREAN.encode(), "cp949")  # as a file for prediction may be
    assert rows[0] == ("서울", "좋음") and how.notes == ("t.csv is UTF-8 text, not cp949, and is read as UTF-8",)
    with pytest.raises(DataError, match=r"dataset\.encoding: .*'cp94'(.|\n)*did you mean cp949"):
        read(tmp_path / "t.csv", KOREAN.encode("cp949"), "cp94")
    how, rows = read(tmp_path / "t.csv", KOREAN.encode("utf-8-sig"), "cp949")
    assert rows[0] == ("서울", "좋음") and "byte order mark of utf-8" in how.notes[0]


def test_a_copy_that_cannot_be_written(tmp_path, monkeypatch):
    def full(handle, mode):
        os.close(handle)
        return open("/dev/full", mode, buffering=0)

    monkeypatch.setattr("os.fdopen", full)
    with pytest.raises(DataError, match=r"copy of it cannot(.|\n)*TMPDIR"):
        read(tmp_path / "t.csv", b"a, b\n1, 2\n")


def random_file(rng: random.Random) -> tuple[str, list[tuple[str | None, ...]]]:
    """A file with any delimiter, line ends, quotes and blanks, and its rows."""
    delimiter, width = rng.choice(",;\t|"), rng.randint(2, 4)
    ends = rng.choice([["\n"], ["\r\n"], ["\n", "\r\n"], ["\r"], ["\n", "\r\n", "\r"], ["\r\r\n"]])
    pad, inches = rng.choice(["", "", " "]), rng.random() < 0.2
    text, rows = delimiter.join(f"n{at}" for at in range(width)) + rng.choice(ends), []
    for _ in range(rng.randint(1, 6)):
        row, written = [], []
        for at in range(width):
            quoted = rng.random() < 0.35
            signs = ["a", "b", " ", "é", "1"] + (['"', delimiter, "\n", "\r\n", "\r", "\t"] if quoted else [])
            word = "".join(rng.choice(signs) for _ in range(rng.randint(0, 5)))
            if quoted:
                written.append(pad + '"' + word.replace('"', '""') + '"' + rng.choice(["", pad]))
            else:
                word = word.strip() + ('"z' if inches and word.strip() and rng.random() < 0.3 else "")
                word = word or ("q" if at == 0 else "")  # an empty line is not a row
                written.append(rng.choice(["", pad]) + word + rng.choice(["", pad]))
            row.append(word or None)
        if not any(row):
            row[0], written[0] = "q", "q"
        rows.append(tuple(row))
        text += delimiter.join(written) + rng.choice(ends)
    return text, rows


@pytest.mark.parametrize("block", [1, 3, 1 << 19])
def test_random_files_are_read_correctly(block, tmp_path, monkeypatch):
    monkeypatch.setattr("nnctl.data.readers.csv.decoding.utf8_blocks.__defaults__", ("utf-8", block))
    rng = random.Random(block)
    for _ in range(20):
        text, rows = random_file(rng)
        assert read(tmp_path / "t.csv", text.encode())[1] == rows, text
