"""Rows that are time steps: their sequences and order, the values that each sequence has once, and what is refused."""

import datetime

import numpy as np
import pytest
from data.tables import NESTED, table

from nnctl.data.config import DatasetSpec
from nnctl.data.preprocessing.sequence_tables import fold
from nnctl.errors import DataError

# Sequences q (rows 1, 2, 4 of the file, times 4 1 2), p (rows 0, 5, times 3 6) and r (row 3), in the order in which
# their ids first appear: p q r.
COLUMNS = {
    "id": ["p", "q", "q", "r", "q", "p"],
    "t": [30.0, 2.0, 1.0, 9.0, 5.0, 6.0],
    "x": [0.0, 1.0, 2.0, 3.0, 4.0, 5.0],
    "y": ["u", "v", "v", "u", "v", "u"],
}


def spec(**keys):
    sequence = {"id": "id", **keys.pop("sequence", {})}
    return DatasetSpec.model_validate({"path": ["d.csv"], "sequence": sequence, **keys}, strict=False)


def folded(columns=COLUMNS, targets=("y",), fixed=None, **keys):
    return fold(spec(**keys), table(**columns), targets, fixed or {})


def refused(columns=COLUMNS, targets=("y",), fixed=None, **keys):
    with pytest.raises(DataError) as caught:
        folded(columns, targets, fixed, **keys)
    return caught.value.problems[0]


def steps(long, name="x"):
    """The values of each sequence, in order."""
    values = long.table[name].values[long.order]
    return [values[start:end].tolist() for start, end in zip(long.starts[:-1], long.starts[1:], strict=True)]


@pytest.mark.parametrize(
    ("order", "expected"),
    [(None, [[0, 5], [1, 2, 4], [3]]), ("t", [[5, 0], [2, 1, 4], [3]])],
)
def test_the_rows_of_an_id_are_a_sequence(order, expected):
    long, fixed = folded(sequence={"order": order})
    assert long.names.tolist() == ["p", "q", "r"] and fixed == {}
    assert long.lengths.tolist() == [2, 3, 1]
    assert steps(long) == expected
    assert long.source == "data.csv" == long.sequences.source and long.sequences.rows == 3


def test_ids_may_be_numbers_or_words_and_lie_anywhere():
    long, _ = folded(COLUMNS | {"id": [7.0, 10.0, 10.0, -1.0, 10.0, 7.0]})
    assert long.names.tolist() == ["7", "10", "-1"] and steps(long) == [[0, 5], [1, 2, 4], [3]]


@pytest.mark.parametrize(
    "times",
    [
        [datetime.date(2020, 1, 1 + day) for day in (30, 2, 1, 9, 5, 6)],
        [f"2020-01-{day:02d}" for day in (30, 2, 1, 9, 5, 6)],
        [datetime.datetime(2020, 1, 1, 0, 0, second) for second in (30, 2, 1, 9, 5, 6)],
    ],
)
def test_steps_are_ordered_by_dates(times):
    long, _ = folded(COLUMNS | {"t": times}, sequence={"order": "t"})
    assert steps(long) == [[5, 0], [2, 1, 4], [3]]


def test_a_sequence_has_its_target_once():
    long, _ = folded()
    column = long.sequences["y"]
    assert [column.value(row) for row in range(3)] == ["u", "v", "u"]
    assert list(long.sequences.columns) == ["y"]
    by_time, _ = folded(sequence={"order": "t"})
    assert [by_time.sequences["y"].value(row) for row in range(3)] == ["u", "v", "u"]


def test_weight_split_and_time_come_with_a_sequence():
    columns = COLUMNS | {
        "w": [1.0, 2.0, 2.0, 3.0, 2.0, 1.0],
        "s": ["train", "test", "test", "train", "test", "train"],
        "d": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
    }
    long, _ = folded(columns, weight="w", split={"column": "s", "time": "d"})
    sequences = long.sequences
    assert sequences["w"].values.tolist() == [1, 2, 3]
    assert [sequences["s"].value(row) for row in range(3)] == ["train", "test", "train"]
    assert sequences["d"].values.tolist() == [6, 5, 4]  # of the last step of each
    long, _ = folded(columns, sequence={"order": "t"}, split={"time": "d"})
    assert long.sequences["d"].values.tolist() == [1, 5, 4]


def test_a_target_at_each_step_may_vary():
    varying = COLUMNS | {"y": ["u", "v", "w", "u", "v", "w"]}
    long, _ = folded(varying, sequence={"target": "each"})
    assert list(long.sequences.columns) == []
    problem = refused(varying)
    # p: row 1 has u and row 6 w; q is found later
    assert problem.message.startswith("row 6: the sequence \"p\" has 'w'") and "'u' in row 1" in problem.message
    assert '"y"' in problem.where and "each" in problem.hint


def test_numbers_that_vary_within_a_sequence():
    problem = refused(COLUMNS | {"y": [1.0, 2.0, 2.0, 3.0, 2.5, 1.0]})
    assert problem.message.startswith('row 5: the sequence "q" has') and "2.5" in problem.message
    assert "in row 2" in problem.message


def test_a_value_that_is_missing_in_all_steps_does_not_vary():
    long, _ = folded(COLUMNS | {"y": [None, 2.0, 2.0, 3.0, 2.0, None]})
    np.testing.assert_array_equal(long.sequences["y"].values, [np.nan, 2, 3])
    assert refused(COLUMNS | {"y": [None, 2.0, 2.0, 3.0, 2.0, 1.0]}).message.startswith("row 6")
    assert refused(COLUMNS | {"y": [1.0, 2.0, 2.0, 3.0, 2.0, None]}).message.startswith("row 6")


def test_columns_that_are_not_features_may_vary_and_be_absent():
    columns = {name: values for name, values in COLUMNS.items() if name != "y"}
    long, _ = folded(columns, targets=(), weight="w", split={"time": "d"})
    assert list(long.sequences.columns) == [] and long.sequences.rows == 3


# Splits of files of their own ---------------------------------------------------------------------------------------


def test_the_same_id_in_a_separate_file_is_another_sequence():
    columns = {"id": ["p", "q", "p", "q", "p"], "x": [0.0, 1.0, 2.0, 3.0, 4.0], "y": ["u", "v", "v", "v", "w"]}
    fixed = {"validation": np.array([2, 3]), "test": np.array([4])}
    long, parts = folded(columns, fixed=fixed)
    assert long.names.tolist() == ["p", "q", "p", "q", "p"]
    assert {name: rows.tolist() for name, rows in parts.items()} == {"validation": [2, 3], "test": [4]}
    assert steps(long) == [[0], [1], [2], [3], [4]]
    assert [long.sequences["y"].value(row) for row in range(5)] == ["u", "v", "v", "v", "w"]


def test_the_sequences_of_a_separate_file_are_not_repeated():
    columns = COLUMNS | {"id": ["p", "p", "q", "q", "q", "r"], "y": ["u", "u", "v", "v", "v", "u"]}
    _, parts = folded(columns, fixed={"test": np.array([2, 3, 4, 5])})
    assert parts["test"].tolist() == [1, 2]


# Refused ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("id", ["p", None, "q", "r", None, "p"], "the sequence or the step of 2 rows is missing"),
        ("id", ["p", None, "q", "r", None, "p"], "(rows 2, 5)"),
        ("t", [30.0, 2.0, None, 9.0, 5.0, 6.0], "(row 3)"),
        ("id", [NESTED] * 6, "holds lists of numbers"),
        ("t", [NESTED] * 6, "holds lists of numbers"),
        ("t", [30.0, 2.0, 1.0, 9.0, 2.0, 6.0], 'rows 2, 5: the sequence "q" has the step 2 twice'),
        ("t", [6.0, 2.0, 1.0, 9.0, 5.0, 6.0], 'rows 1, 6: the sequence "p" has the step 6 twice'),
        ("t", ["t10", "t2", "t1", "t10", "t1", "t2"], 'rows 3, 5: the sequence "q" has the step t1 twice'),
    ],
)
def test_missing_ids_and_orders(name, values, said):
    problem = refused(COLUMNS | {name: values}, sequence={"order": "t"})
    assert said in problem.message and f'"{name}"' in problem.where and problem.hint


def test_the_same_step_in_two_sequences_is_not_repeated():
    long, _ = folded(COLUMNS | {"t": [1.0, 1.0, 2.0, 1.0, 3.0, 2.0]}, sequence={"order": "t"})
    assert steps(long) == [[0, 5], [1, 2, 4], [3]]


@pytest.mark.parametrize("keys", [{"id": "q"}, {"order": "q"}])
def test_a_column_that_is_not_there(keys):
    assert "dataset.sequence names q" in refused(sequence=keys).message


# Packing ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (3, [[5, 0, 0], [2, 1, 4], [3, 0, 0]]),
        (4, [[5, 0, 0, 0], [2, 1, 4, 0], [3, 0, 0, 0]]),
        (2, [[5, 0], [2, 1], [3, 0]]),
        (1, [[5], [2], [3]]),
    ],
)
def test_sequences_are_padded_or_truncated(count, expected):
    long, _ = folded(sequence={"order": "t"})
    packed = long.pack(np.array(COLUMNS["x"], np.float32), count)
    assert packed.dtype == np.float32
    np.testing.assert_array_equal(packed, expected)
    pair = np.stack([np.arange(6), np.arange(6) * 10], axis=1)
    np.testing.assert_array_equal(long.pack(pair, count)[..., 1], np.array(expected) * 10)


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [([0], [0, 5]), ([1], [1, 2, 4]), ([2, 0], [0, 3, 5]), ([], []), ([0, 1, 2], [0, 1, 2, 3, 4, 5])],
)
def test_the_rows_of_some_sequences(chosen, expected):
    long, _ = folded(sequence={"order": "t"})
    assert long.steps_of(np.array(chosen, int)).tolist() == expected


@pytest.mark.parametrize(
    ("count", "expected", "cut"), [(3, [2, 3, 1], 0), (4, [2, 3, 1], 0), (2, [2, 2, 1], 1), (1, [1, 1, 1], 2)]
)
def test_how_many_steps_stay(count, expected, cut):
    long, _ = folded()
    notes = []
    assert long.real_lengths(count, True, notes).tolist() == expected
    assert len(notes) == (cut > 0)
    if not cut:
        assert long.real_lengths(count, False, notes).tolist() == expected
        return
    assert f"{cut} sequence" in notes[0] and f"{count} time steps" in notes[0]
    with pytest.raises(DataError) as caught:
        long.real_lengths(count, False, [])
    [problem] = caught.value.problems
    first = {1: '"p" has 2', 2: '"q" has 3'}[count]
    assert f"{cut} sequence" in problem.message and first in problem.message and "length: 3" in problem.hint


@pytest.mark.parametrize(
    ("chosen", "names", "expected", "numbers"),
    [
        ([0, 1, 2], ["p", "q", "r"], [[5, 0], [2, 1, 4], [3]], [6, 1, 3, 2, 5, 4]),
        ([1, 2], ["q", "r"], [[2, 1, 4], [3]], [3, 2, 5, 4]),
        ([2, 0], ["r", "p"], [[3], [5, 0]], [4, 6, 1]),
        ([1], ["q"], [[2, 1, 4]], [3, 2, 5]),
        ([], [], [], []),
    ],
)
def test_some_of_the_sequences(chosen, names, expected, numbers):
    whole, _ = folded(sequence={"order": "t"})
    some = whole.take(np.array(chosen, int))
    assert some.names.tolist() == names and steps(some) == expected
    assert some.lengths.tolist() == [len(each) for each in expected]
    assert [some.sequences["y"].value(row) for row in range(len(names))] == [{"q": "v"}.get(n, "u") for n in names]
    assert some.table.origin.number.tolist() == numbers and some.table.rows == len(numbers)
    np.testing.assert_array_equal(some.pack(some.table["x"].values, 3), whole.pack(np.arange(6.0), 3)[chosen])


def test_a_sequence_is_found_where_it_begins():
    assert folded()[0].sequences.origin.number.tolist() == [1, 2, 4]
    by_time, _ = folded(sequence={"order": "t"})
    assert by_time.sequences.origin.number.tolist() == [6, 3, 4]
