"""Numbers in the usual formats: their values, and the formats that fit a whole column."""

import pytest

from nnctl.data.columns.number_formats import NumberFormat, looks_like_number, possible_formats


@pytest.mark.parametrize(
    ("words", "values"),
    [
        (["1", "-2", "0.5"], [1, -2, 0.5]),
        (["1,5", "2,25"], [1.5, 2.25]),
        (["1,234", "12,345,678"], [1234, 12345678]),
        (["1.234,5", "7"], [1234.5, 7]),
        (["1 234,5", "12"], [1234.5, 12]),
        (["1\u202f234,5"], [1234.5]),
        (["1'234.5", "1\u2019000"], [1234.5, 1000]),
        (["1_000"], [1000]),
        (["12,34,567"], [1234567]),  # as in India
        (["5%", "12.5%", "0"], [5, 12.5, 0]),
        (["$12", "$13.50", "-$2"], [12, 13.5, -2]),
        (["€ 1.234,00", "€ 2,50"], [1234, 2.5]),
        (["USD 12", "USD 1,300"], [12, 1300]),
        (["12 €", "3 €"], [12, 3]),
        (["+3", "-2", "0"], [3, -2, 0]),
        (["−3", "4"], [-3, 4]),
        (["(12)", "5"], [-12, 5]),
        (["12 kg", "3.5 kg"], [12, 3.5]),
        (["12kg", "13kg"], [12, 13]),
        (["1,5E+03"], [1500]),
        (["3 stars", "5 stars"], [3, 5]),
    ],
)  # fmt: skip
def test_a_column_of_numbers_has_these_values(words, values):
    first = possible_formats(words)[0]
    assert [first.number(word) for word in words] == pytest.approx(values)


@pytest.mark.parametrize(
    "words",
    [
        ["007", "8"],  # codes
        ["5%", "0.05"],  # a fraction or a percentage: two scales
        ["12 kg", "300 g"],
        ["$5", "€6"],
        ["1,5", "2.5"],  # no decimal separator fits both
        ["5A", "6A"],
        ["10-20"],
        ["1.2.3"],
        ["192.168.1.10"],
        ["+491511234567", "+4912345678"],  # telephone numbers
        ["2020-01-05"],
        ["1,23"[:3] + ",", "x"],
        ["12:30"],
        [],
    ],
)
def test_columns_that_are_not_numbers(words):
    assert possible_formats(words) == []


def test_a_comma_before_three_digits_may_be_either():
    found = {(each.decimal, each.thousands) for each in possible_formats(["1,234", "5,678"])}
    assert {(".", ","), (",", "")} <= found


@pytest.mark.parametrize(
    ("given", "word", "value"),
    [
        (NumberFormat(), "1.5", 1.5),
        (NumberFormat(), "1,5", None),
        (NumberFormat(), "5%", None),
        (NumberFormat(), "007", None),
        (NumberFormat(zeros=True), "007", 7),
        (NumberFormat(",", "."), "1.234", 1234),
        (NumberFormat(",", "."), "1,5", 1.5),
        (NumberFormat(",", "."), "1.5", None),
        (NumberFormat(suffix="%"), "5", None),
        (NumberFormat(suffix="%"), "0", 0),
        (NumberFormat(prefix="$"), "12", 12),
        (NumberFormat(prefix="$"), "€12", None),
    ],
)  # fmt: skip
def test_a_known_format_reads_a_word(given, word, value):
    assert given.number(word) == value


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("12", True),
        ("1,5", True),
        ("300 g", True),
        ("5%", True),
        ("5 A", False),
        ("t1", False),
        ("low", False),
        ("007", True),
    ],
)
def test_what_looks_like_a_number(word, expected):
    assert looks_like_number(word) is expected
