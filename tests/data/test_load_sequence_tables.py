"""Tables whose rows are time steps: the sequences, their lengths and targets."""

import numpy as np
import pytest
from data.loaded_tables import COLUMNS, loaded, number, refused

# Ten sequences of two steps; the first of each has the time 1.
STEPS = {
    "id": [f"s{at // 2}" for at in range(20)],
    "t": [float(2 - at % 2) for at in range(20)],
    "x": [float(at) for at in range(12)] + [900.0] * 8,
    "y": [["n", "p"][at // 2 % 2] for at in range(20)],
}


def test_the_rows_of_an_id_are_one_sample():
    data = loaded(STEPS, sequence={"id": "id", "order": "t"}, normalize="none")
    assert data.rows == {"train": 6, "validation": 2, "test": 2} and data.input_shapes == {"input": (2, 1)}
    np.testing.assert_array_equal(data.train.inputs["input"][:2, :, 0], [[1, 0], [3, 2]])
    np.testing.assert_array_equal(data.train.targets["out"][:, 0], [0, 1] * 3)
    assert data.train.names.tolist() == [f"s{at}" for at in range(6)] and data.train.lengths == {}
    assert data.targets["out"].shape == (1,)  # one for the sequence


def test_a_sequences_scaling_is_fitted_on_the_training_sequences():
    data = loaded(STEPS, sequence={"id": "id"}, normalize="minmax")
    assert (number(data).shift, number(data).scale) == (0.0, 11.0)


@pytest.mark.parametrize(("length", "lengths"), [(None, {}), (3, {"input": [2] * 6}), (1, {})])
def test_the_length_of_sequences(length, lengths):
    data = loaded(STEPS, sequence={"id": "id", "length": length}, normalize="none", ignore=["t"])
    assert data.input_shapes["input"] == (length or 2, 1)
    assert {name: found.tolist() for name, found in data.train.lengths.items()} == lengths
    expected = np.arange(12.0).reshape(6, 2)
    x = data.train.inputs["input"][:, :, 0]
    np.testing.assert_array_equal(x[:, :2], expected[:, : length or 2])
    assert not x[:, 2:].any()
    assert any("10 sequences are truncated" in note for note in data.notes) == (length == 1)


def test_a_target_at_each_step():
    columns = STEPS | {"y": [float(at) for at in range(20)]}
    data = loaded(columns, "number", sequence={"id": "id", "target": "each"}, normalize={"y": "minmax"})
    np.testing.assert_allclose(data.train.targets["out"][:, :, 0], np.arange(12).reshape(6, 2) / 11, rtol=1e-6)
    assert data.targets["out"].shape == (2, 1)


def test_time_steps_that_do_not_suit():
    [problem] = refused(STEPS, sequence={"id": "id", "order": "t"}, inputs={"input": {"shape": [1, 2]}})
    assert problem.where == "inputs.input" and "[2, 1]" in problem.hint
    [problem] = refused(STEPS, lengths="n")
    assert "sequence" in problem.hint


def test_sequences_of_unequal_length():
    columns = {"id": [*"aaabbcdefghij"], "x": [float(at) for at in range(13)], "y": [*"nnnppnpnpnpnp"]}
    data = loaded(columns, sequence={"id": "id"}, normalize="none")
    assert data.input_shapes["input"] == (3, 1) and data.train.lengths["input"].tolist() == [3, 2, 1, 1, 1, 1]
    assert any('"id": sequences of 1 to 3 time steps' in note for note in data.notes)
    cut = loaded(columns, sequence={"id": "id", "length": 2}, normalize="none")
    assert any('"id": sequences of 1 to 2 time steps' in note for note in cut.notes)


def test_one_of_two_targets_is_scaled():
    columns = COLUMNS | {"y": [float(at) for at in range(10)], "z": [float(at) for at in range(10)]}
    targets = {"one": "y", "two": "z"}
    data = loaded(columns, dict.fromkeys(targets, "number"), target=targets, normalize={"z": "minmax"})
    np.testing.assert_allclose(data.test.targets["two"][:, 0], [8 / 5, 9 / 5], rtol=1e-6)
    np.testing.assert_allclose(data.test.targets["one"][:, 0], [8, 9])


def test_a_column_behind_whole_ones_is_found_to_have_gaps():
    [problem] = refused(COLUMNS | {"w": [None, *COLUMNS["w"][1:]]})
    assert '"w"' in problem.where


def test_every_input_has_its_note():
    columns = COLUMNS | {"t": ["a b", "b"] * 5}
    inputs = {"one": {"columns": ["t"]}, "two": {"columns": ["w"]}}
    notes = loaded(columns, inputs=inputs, text={"column": "t"}, ignore=["x"]).notes
    assert any('"t": texts' in note for note in notes) and any('"w": encoded as 3 one-hot' in note for note in notes)
    assert "ignored, as configured: x" in notes


def test_all_columns_behind_a_whole_one_are_named():
    columns = COLUMNS | {"w": [None, *COLUMNS["w"][1:]], "v": ["a", None] * 5}
    assert [problem.where for problem in refused(columns)] == ['data.csv: column "w"', 'data.csv: column "v"']
