"""A row gets one answer, whatever other rows are in its file: any table is trained on, then predicted whole, in halves
and row by row."""

import csv
import json

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from nnctl.api import load
from nnctl.config import loads
from nnctl.data import load_dataset
from nnctl.errors import DataError
from nnctl.training.model import label_kinds
from nnctl.training.runner import train

# What columns hold, by the name of the kind: a strategy of words as a CSV file has them.
WORDS = {
    "whole": st.integers(-50, 50).map(str),
    "real": st.floats(-1e3, 1e3).map(lambda x: f"{x:.3f}"),
    "late_real": st.sampled_from(["1", "2", "3", "4", "0.25"]),
    "yes_no": st.sampled_from(["yes", "no"]),
    "true_false": st.sampled_from(["True", "False", "T", "F"]),
    "sex": st.sampled_from(["F", "M"]),
    "code": st.sampled_from(["007", "01046", "5", "99"]),
    "mixed": st.sampled_from(["A", "2020-01-05", "250.00", "F", "unknown"]),
    "iso": st.dates().map(str),
    "day_first": st.dates().map(lambda d: f"{d:%d/%m}/{d.year:04d}"),
    "time": st.times().map(lambda t: f"{t:%H:%M:%S}"),
    "percent": st.integers(1, 99).map(lambda n: f"{n}%"),
    "comma": st.floats(0, 99).map(lambda x: f"{x:.2f}".replace(".", ",")),
    "thousands": st.integers(1000, 99999).map(lambda n: f"{n:,}"),
    "money": st.integers(1, 500).map(lambda n: f"${n}"),
    "huge": st.integers(2**53, 2**53 + 4).map(str),
    "words": st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=6),
}
MISSING = ["", "NA", "None"]


@st.composite
def tables(draw):
    """(column titles, rows of words); the last column is the target."""
    kinds = draw(st.lists(st.sampled_from(sorted(WORDS)), min_size=1, max_size=4))
    titles = [f"{kind}{at}" for at, kind in enumerate(kinds)]
    count = draw(st.integers(8, 14))
    columns = []
    for kind in kinds:
        gaps = draw(st.booleans())
        value = st.one_of(WORDS[kind], st.sampled_from(MISSING)) if gaps else WORDS[kind]
        columns.append(draw(st.lists(value, min_size=count, max_size=count)))
    target = draw(st.sampled_from([("no", "yes"), ("F", "T"), ("1", "2"), ("01", "1"), ("NaNs", "true")]))
    columns.append([target[at % 2] for at in range(count)])
    return [*titles, "target"], list(zip(*columns, strict=True))


def write(path, titles, rows):
    if path.suffix == ".json":
        path.write_text(json.dumps([dict(zip(titles, row, strict=True)) for row in rows]), encoding="utf-8")
        return path
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([titles, *rows])
    return path


CONFIG = """
dataset:
  path: {path}
  target: target
  missing: {missing}
  split: {{validation: 0, test: 0}}
layers:
  - Dense: {{units: 2, activation: softmax}}
loss: sparse_categorical_crossentropy
epochs: 1
engine: {{threads: 1}}
"""


def trained(path, titles, folder):
    """A run over the file, each column's missing values filled in the way that its kind allows; None if refused."""
    rules = dict.fromkeys(titles[:-1], "category")
    for _ in titles:
        spec = loads(CONFIG.format(path=json.dumps(str(path)), missing=json.dumps(rules)))
        try:
            load_dataset(spec.dataset, spec.inputs, label_kinds(spec), spec.seed)
        except DataError as error:
            named = [problem.where for problem in error.problems if "category` is for" in problem.message]
            numbers = [name for name in rules if any(f'"{name}"' in where for where in named)]
            if not numbers:
                return None
            rules |= dict.fromkeys(numbers, "median")
        else:
            train(spec, folder=folder)
            return folder
    return None


def check_table(table, ending, folder):
    titles, rows = table
    run = trained(write(folder / f"train{ending}", titles, rows), titles, folder / "run")
    assume(run is not None)
    check_all_ways(run, titles, rows, folder, ending)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(table=tables())
def test_a_row_gets_one_answer_whatever_stands_beside_it(table, tmp_path_factory):
    check_table(table, ".csv", tmp_path_factory.mktemp("rows"))


@settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(table=tables())
def test_a_record_of_json_gets_one_answer_whatever_stands_beside_it(table, tmp_path_factory):
    check_table(table, ".json", tmp_path_factory.mktemp("rows"))


@pytest.mark.slow
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(table=tables(), ending=st.sampled_from([".csv", ".csv", ".json"]))
def test_many_rows_alone(table, ending, tmp_path_factory):
    check_table(table, ending, tmp_path_factory.mktemp("rows"))


def check_all_ways(run, titles, rows, folder, ending):
    unlabelled, names = [row[:-1] for row in rows], titles[:-1]

    def answers(some):
        columns = load(run).predictions(str(write(folder / f"p{ending}", names, some))).columns
        return {name: np.asarray(column) for name, column in columns.items()}

    whole = answers(unlabelled)
    half = len(rows) // 2
    for parts in ([unlabelled[:half], unlabelled[half:]], [[row] for row in unlabelled]):
        found = [answers(part) for part in parts]
        for name, column in whole.items():
            assert all(name in each for each in found), name
            joined = np.concatenate([each[name] for each in found])
            if column.dtype.kind == "f":
                np.testing.assert_allclose(joined, column, rtol=1e-5, atol=1e-7)
            else:
                assert joined.tolist() == column.tolist()


@pytest.mark.parametrize("kind", sorted(set(WORDS) - {"iso", "day_first", "time"}))
def test_each_kind_of_column_is_learnt_from_and_answered_alone(kind, tmp_path):
    """Every kind gets as far as predictions, so that the property above holds for more than refusals."""
    examples = {
        "whole": ["3", "-4", "10"], "real": ["1.250", "-3.000"], "late_real": ["1", "2", "0.25"],
        "yes_no": ["yes", "no"],
        "true_false": ["True", "F", "False"], "sex": ["F", "M"], "code": ["007", "01046", "5"],
        "mixed": ["A", "2020-01-05", "250.00", "F", "unknown"], "percent": ["5%", "12%"], "comma": ["1,50", "2,25"],
        "thousands": ["1,000", "12,345"], "money": ["$5", "$12"], "huge": ["9007199254740992", "9007199254740993"],
        "words": ["a b", "ü", "x"],
    }  # fmt: skip
    words = examples[kind]
    titles = [f"{kind}0", "more", "target"]
    rows = [(words[at % len(words)], str(at), "no" if at % len(words) else "yes") for at in range(12)]
    run = trained(write(tmp_path / "train.csv", titles, rows), titles, tmp_path / "run")
    assert run is not None
    check_all_ways(run, titles, rows, tmp_path, ".csv")
