"""The format of a column is decided from all its words, and each word is converted by it."""

import numpy as np
import pytest

from nnctl.data.columns.column_format import ColumnFormat, Rules
from nnctl.data.columns.interpretation import as_category, decide, typed
from nnctl.data.columns.number_formats import NumberFormat
from nnctl.data.table import Column
from nnctl.errors import DataError

DAY = 86_400_000_000.0


def kinds(columns, delimiter=",", **rules):
    return {name: each.kind for name, each in decide(columns, Rules(**rules), delimiter).formats.items()}


@pytest.mark.parametrize(
    ("words", "rules", "kind"),
    [
        (["1", "2.5", "-3e4"], {}, "number"),
        (["1", "2", "A1"], {}, "text"),
        (["yes", "no"], {}, "text"),
        (["true", "false"], {}, "text"),
        (["007", "8"], {}, "text"),
        (["007", "8"], {"numbers": frozenset("c")}, "number"),
        (["007", "8.5"], {}, "number"),  # not codes: some have fractions
        (["9007199254740993", "1"], {}, "text"),
        (["9007199254740993", "1"], {"numbers": frozenset("c")}, "number"),
        (["1", "2"], {"words": frozenset("c")}, "text"),
        (["1", "2"], {"categories": frozenset("c")}, "category"),
        (["5%", "6%"], {"classes": frozenset("c")}, "text"),
        (["1", "2"], {"classes": frozenset("c")}, "number"),
        (["2020-01-05", "2021-03-04"], {}, "date"),
        (["2020-01-05", "unknown"], {}, "text"),
        (["2020-01-05", "2021-03-04"], {"categories": frozenset("c")}, "category"),
        (["10:30", "9:05"], {}, "time"),
        ([], {}, "text"),
    ],
)  # fmt: skip
def test_the_kind_of_a_column(words, rules, kind):
    assert kinds({"c": words}, **rules) == {"c": kind}


@pytest.mark.parametrize(
    ("columns", "delimiter", "values"),
    [
        ({"c": ["1,234"]}, ",", {"c": 1234}),
        ({"c": ["1,234"]}, ";", {"c": 1.234}),
        ({"c": ["1,234"], "d": ["0,5"]}, ",", {"c": 1.234, "d": 0.5}),
        ({"c": ["1.234"], "d": ["0,5"]}, ";", {"c": 1234, "d": 0.5}),
        ({"c": ["0.125"], "d": ["0,5"]}, ";", {"c": 0.125, "d": 0.5}),  # no whole number begins so
        ({"c": ["0.000"], "d": ["0,00"]}, ",", {"c": 0, "d": 0}),
        ({"c": ["-0.500"], "d": ["0,5"]}, ",", {"c": -0.5, "d": 0.5}),
        ({"c": ["1.23"], "d": ["1,234"]}, ",", {"c": 1.23, "d": 1234}),
    ],
)  # fmt: skip
def test_the_decimal_mark_is_decided_from_the_whole_file(columns, delimiter, values):
    found = decide(columns, Rules(), delimiter)
    for name, value in values.items():
        assert typed(name, Column.of_words(columns[name]), found.formats[name], "f").values.tolist() == [value]


@pytest.mark.parametrize(("mark", "value"), [(".", 1234), (",", 1.234)])
def test_the_decimal_mark_can_be_given(mark, value):
    found = decide({"c": ["1,234"]}, Rules(decimal=mark))
    assert found.formats["c"].number.number("1,234") == value


def test_plain_numbers_are_read_by_the_given_mark_too():
    found = decide({"c": ["1.234", "12.000"], "d": ["1.5"]}, Rules(decimal=","))
    assert found.formats["c"].number.number("1.234") == 1234
    assert found.formats["d"].kind == "text"  # 1.5 is not a number with a decimal comma


@pytest.mark.parametrize(
    ("columns", "rules", "orders"),
    [
        ({"c": ["07/02/2024"]}, {}, {"c": "mdy"}),
        ({"c": ["07/02/2024"]}, {"dates": "dmy"}, {"c": "dmy"}),
        ({"c": ["07/02/2024"], "d": ["13/02/2024"]}, {}, {"c": "dmy", "d": "dmy"}),
        ({"c": ["07/02/2024", "13/02/2024"]}, {}, {"c": "dmy"}),
        ({"c": ["07.02.2024"]}, {}, {"c": "dmy"}),
        ({"c": ["07.02.2024"], "d": ["01/02/2024"]}, {"dates": {"c": "mdy"}}, {"c": "mdy", "d": "mdy"}),
        ({"c": ["2024-02-07"]}, {}, {"c": "ymd"}),
    ],
)  # fmt: skip
def test_the_order_of_dates_is_decided_from_the_whole_file(columns, rules, orders):
    found = decide(columns, Rules(**rules))
    assert {name: each.order for name, each in found.formats.items()} == orders


def test_two_orders_that_fit_are_noted_once_with_the_key():
    [note] = decide({"c": ["07/02/2024", "01/02/2024"]}, Rules()).notes
    assert '"07/02/2024" is read as 2024-07-02' in note and "`dates: dmy`" in note
    assert decide({"c": ["13/02/2024"]}, Rules()).notes == []
    assert decide({"c": ["07/02/2024"]}, Rules(dates="dmy")).notes == []


def test_an_order_that_does_not_fit_is_refused_with_those_that_do():
    with pytest.raises(DataError) as error:
        decide({"c": ["13/02/2024"]}, Rules(dates="mdy"))
    assert "13/02/2024" in error.value.problems[0].message and "dmy" in error.value.problems[0].hint


@pytest.mark.parametrize(
    ("words", "wanted", "values"),
    [
        (["1", "2.5", None], ColumnFormat("number"), [1, 2.5, np.nan]),
        (["5%", None], ColumnFormat("number", NumberFormat(suffix="%")), [5, np.nan]),
        (["02/01/1970"], ColumnFormat("date", order="dmy"), [DAY]),
        (["1970-01-02", None], ColumnFormat("date"), [DAY, np.nan]),
        (["0:01"], ColumnFormat("time"), [60e6]),
    ],
)
def test_words_are_read_as_the_format_says(words, wanted, values):
    column = typed("c", Column.of_words(words), wanted, "f.csv")
    assert column.kind == wanted.kind
    np.testing.assert_array_equal(column.values, values)


@pytest.mark.parametrize(
    ("words", "wanted", "said"),
    [
        (["1", "2020-01-05", "x"], ColumnFormat("number"), 'row 2 holds "2020-01-05"'),
        (["1", "5%"], ColumnFormat("number"), 'row 2 holds "5%"'),
        (["5", "5%"], ColumnFormat("number", NumberFormat(suffix="%")), 'row 1 holds "5"'),
        (["2020-01-05", "7"], ColumnFormat("date"), 'row 2 holds "7"'),
        (["13/02/2024"], ColumnFormat("date", order="mdy"), 'row 1 holds "13/02/2024"'),
    ],
)
def test_a_word_that_does_not_fit_is_an_error_with_row_and_column(words, wanted, said):
    with pytest.raises(DataError) as error:
        typed("c", Column.of_words(words), wanted, "f.csv")
    problem = error.value.problems[0]
    assert said in problem.message and problem.where == 'f.csv: column "c"' and problem.hint


def test_whole_numbers_are_one_category_however_they_are_written():
    column = as_category(Column.of_words(["3", "3.0", "1.10", "1.1", "003", None, "A"]))
    assert [column.value(row) for row in range(7)] == ["3", "3", "1.10", "1.1", "003", None, "A"]


@pytest.mark.parametrize(
    "wanted",
    [
        ColumnFormat("number", whole=True),
        ColumnFormat("number", NumberFormat(",", ".", "€", "", True)),
        ColumnFormat("date", order="dmy", whole=True),
        ColumnFormat("text"),
        ColumnFormat("category"),
        ColumnFormat("other"),
    ],
)
def test_a_format_survives_json(wanted):
    assert ColumnFormat.from_json(wanted.to_json()) == wanted


def test_an_exponent_is_no_thousand():
    found = decide({"c": ["1.541e+04", "0"], "d": ["0,5"]}, Rules(), ";")
    assert found.formats["c"].number.number("1.541e+04") == 15410
