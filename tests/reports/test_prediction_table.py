"""Predictions in a terminal: rounded, aligned, fitted to the width; nothing is hidden silently."""

import numpy as np
import pytest
from screens import lines, screen

from nnctl.reports.prediction_table import show
from nnctl.training.prediction import Predictions


def shown(width, columns, roles=None, shares=None):
    terminal = screen(width)
    columns = {name: np.array(values, dtype=object if isinstance(values[0], str | None) else None)
               for name, values in columns.items()}  # fmt: skip
    show(Predictions(columns, roles or dict.fromkeys(columns, "answer"), shares or {}), terminal)
    return lines(terminal)


@pytest.mark.parametrize(
    ("values", "cells"),
    [
        ([1.0, 22.5, -3.25], ["1.00", "22.50", "-3.25"]),  # as many decimals as there are
        ([1 / 3, 2890.5], ["0.33", "2890.50"]),  # six digits of the largest
        ([0.000123456, -0.00001], ["0.000123456", "-0.000010000"]),
        ([1e-9, 2e-7], ["1.0000e-09", "2.0000e-07"]),
        ([1e12, -2.5], ["1.0000e+12", "-2.5000e+00"]),
        ([0.0, 0.0], ["0.0", "0.0"]),
        ([float("nan"), 2.0], ["", "2.0"]),
        ([float("inf"), 2.0], ["inf", "2.0"]),
        ([3, 10], ["3", "10"]),
        ([None, "a"], ["", "a"]),
        ([True, False], ["True", "False"]),
    ],
)
def test_numbers_are_rounded_column_by_column(values, cells):
    title, *rows = shown(80, {"y": values})
    assert title.strip() == "y" and [row.strip() for row in rows] == cells


def test_probabilities_have_four_decimals_and_numbers_are_right_aligned():
    columns = {"y": ["cat", "zebra"], "probability_cat": np.float32([0.99996, 0.00004]), "n": [5, 1234]}
    roles = {"y": "answer", "probability_cat": "probability", "n": "kept"}
    assert shown(80, columns, roles) == [
        "y      probability_cat     n",
        "cat             1.0000     5",
        "zebra           0.0000  1234",
    ]


CLASSES = ["setosa", "versicolor", "virginica"]
FLOWERS = {"species": ["setosa", "virginica"]}
FLOWERS |= {f"probability_{c}": [p, 1 - p] for c, p in zip(CLASSES, (0.9, 0.06, 0.04), strict=True)}
ROLES = dict.fromkeys(FLOWERS, "probability") | {"species": "answer"}
SHARES = {"species": tuple(FLOWERS)[1:]}


@pytest.mark.parametrize(
    ("width", "title"),
    [
        (80, "species    probability_setosa  probability_versicolor  probability_virginica"),
        (60, "species    p_setosa  p_versicolor  p_virginica"),
        (40, "species    p_setosa  p_versi…  p_virgin…"),
        (30, "species    probability"),
        (20, "species    probabil…"),
        (18, "species"),
    ],
)
def test_titles_are_shortened_then_columns_are_hidden_and_listed(width, title):
    found = shown(width, FLOWERS, ROLES, SHARES)
    assert found[0] == title and all(len(line) <= width for line in found[:3])
    assert found[1].startswith("setosa") and found[2].startswith("virginica")
    gone = " ".join(found[4:])
    assert all((name in gone) == (width < 40) for name in SHARES["species"])
    if 20 <= width < 40:  # of the class that is the answer: the largest
        assert found[1].split()[1] == "0.9000" and found[2].split()[1] == "0.9600"


def test_columns_of_the_input_are_hidden_before_the_prediction():
    more = {f"k{n}": ["some words"] * 2 for n in range(9)}
    columns = {"row": [1, 3], "name": ["x" * 50, "y"], **more, "y": ["a", "b"]}
    roles = dict.fromkeys(columns, "kept") | {"row": "row", "y": "answer"}
    found = shown(40, columns, roles)
    assert found[0].split()[0] == "row" and found[0].split()[-1] == "y" and found[0].split()[1] == "name"
    assert "k8" in " ".join(found[4:]) and all(len(line) <= 40 for line in found)


def test_control_characters_are_escaped():
    found = shown(80, {"y\x1b": ["a\nb", "\x1b[31m\u202e"]})
    assert found == [r"y\x1b", r"a\nb", r"\x1b[31m\u202e"]


def test_wide_characters_take_two_columns():
    assert shown(80, {"y": ["고양이", "cat"], "n": [1, 2]}) == ["y       n", "고양이  1", "cat     2"]
    assert shown(20, {"y": ["고" * 30, "cat"], "n": [1, 2]})[1] == "고" * 8 + "…  1"
