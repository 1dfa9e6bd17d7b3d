"""Dates and times in the usual formats."""

from datetime import UTC, datetime

import pytest

from nnctl.data.columns.date_formats import instant, month_of_year, possible_orders, time_of_day, usual_order


def day(text, order):
    value = instant(text, order)
    return None if value is None else datetime.fromtimestamp(value / 1e6, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:19]


@pytest.mark.parametrize(
    ("word", "order", "expected"),
    [
        ("2023-01-31", "ymd", "2023-01-31 00:00:00"),
        ("2023/1/5", "dmy", "2023-01-05 00:00:00"),
        ("31.01.23", "dmy", "2023-01-31 00:00:00"),
        ("31.12.69", "dmy", "1969-12-31 00:00:00"),
        ("07/02/2024", "dmy", "2024-02-07 00:00:00"),
        ("07/02/2024", "mdy", "2024-07-02 00:00:00"),
        ("23-01-31", "ymd", "2023-01-31 00:00:00"),
        ("Jan 1 2023", "ymd", "2023-01-01 00:00:00"),
        ("January 1st, 2023", "dmy", "2023-01-01 00:00:00"),
        ("1-Feb-23", "ymd", "2023-02-01 00:00:00"),
        ("Mon, 02 Jan 2023 10:00:00 GMT", "ymd", "2023-01-02 10:00:00"),
        ("2023-01-05T10:00:30.25Z", "ymd", "2023-01-05 10:00:30"),
        ("2023-01-05 10:00+09:00", "ymd", "2023-01-05 01:00:00"),
        ("1/2/2024 3:04 PM", "mdy", "2024-01-02 15:04:00"),
        ("2023년 1월 5일", "ymd", "2023-01-05 00:00:00"),
        ("2023. 1. 5.", "ymd", "2023-01-05 00:00:00"),
        ("1969-12-31", "ymd", "1969-12-31 00:00:00"),
        ("31.02.2023", "dmy", None),
        ("13/13/2023", "mdy", None),
        ("2023-01-05 25:00", "ymd", None),
        ("1.2.3", "dmy", None),
        ("10.0.0", "dmy", None),
        ("20230105", "ymd", None),
        ("May", "ymd", None),
        ("", "ymd", None),
    ],
)
def test_a_date_is_read_in_an_order(word, order, expected):
    assert day(word, order) == expected


@pytest.mark.parametrize(
    ("words", "orders", "usual"),
    [
        (["31.01.23", "01.02.23"], ("dmy",), "dmy"),
        (["01.02.2023"], ("dmy", "mdy"), "dmy"),
        (["01/02/2023"], ("dmy", "mdy"), "mdy"),
        (["01/13/2023", "02/01/2023"], ("mdy",), "mdy"),
        (["99-01-02"], ("ymd",), "ymd"),
        (["2023-01-05", "x"], (), None),
    ],
)
def test_the_orders_that_fit_a_whole_column(words, orders, usual):
    assert possible_orders(words) == orders
    if orders:
        assert usual_order(words, orders) == usual


@pytest.mark.parametrize(
    ("word", "seconds"),
    [("10:30", 37800), ("1:05 PM", 47100), ("12:00 AM", 0), ("23:59:59.5", 86399.5), ("24:00", None), ("10:60", None),
     ("13:00 PM", None), ("10", None)],
)  # fmt: skip
def test_times_of_day(word, seconds):
    assert time_of_day(word) == (None if seconds is None else seconds * 1e6)


def test_months_follow_each_other():
    assert month_of_year("Jan 2024") - month_of_year("Dec 2023") == 1
    assert month_of_year("2023-Feb") == month_of_year("February 2023")
    assert month_of_year("Jan 1 2023") is None
