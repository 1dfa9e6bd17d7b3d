"""Notes before training: a target far from 0 and 1, or one that its loss is not defined for; a schedule of the wrong
length."""

import numpy as np
import pytest

from nnctl import config
from nnctl.api import load
from nnctl.errors import DataError
from nnctl.nn.optimizers import optimizers
from nnctl.training.advice import schedule_notes
from nnctl.training.batch_plan import Plan
from nnctl.training.dry_run import check
from nnctl.training.runner import train


def checked(tmp_path, y, last="", loss="mse", dataset="", arrays=False):
    """The notes of `check` on a table (or arrays) whose target is y."""
    x = np.arange(len(y))
    if arrays:
        np.savez(tmp_path / "d.npz", x=x[:, None].astype(np.float32), y=np.asarray(y))
        file, target = "d.npz", ""
    else:
        (tmp_path / "d.csv").write_text("x,y\n" + "".join(f"{a},{b}\n" for a, b in zip(x, y, strict=True)))
        file, target = "d.csv", "target: y, "
    units = np.asarray(y).shape[1] if np.ndim(y) > 1 else 1
    made = config.loads(
        f"dataset: {{path: {tmp_path}/{file}, {target}split: {{validation: 0, test: 0}}{dataset}}}\n"
        f"layers: [{{Dense: {{units: {units}{last}}}}}]\nloss: {loss}\n"
    )
    return made, [note for note in check(made).notes if "far from 0 and 1" in note]


SMALL, PRICES = [0.1, 0.9, -0.5, 2.0, 1.5, 0.3], [180_000, 95_500, 310_000, 125_000, 99_000, 205_000]


@pytest.mark.parametrize("loss", ["mse", "mae", "huber", "log_cosh"])
@pytest.mark.parametrize("y, note", [
    (PRICES, True), ([-200, 200, -150, 150, 100, -90], True), ([49.0, 50.0, 51.0, 50.5, 49.5, 50.2], True),
    (SMALL, False), ([9, 8, 7, 9.5, 3, 2], False), ([-5, 5, 3, -2, 9, -9], False),
])  # fmt: skip
def test_a_target_far_from_0_and_1_has_a_note(tmp_path, loss, y, note):
    _, notes = checked(tmp_path, y, loss=loss)
    assert len(notes) == note
    assert not note or "dataset: {normalize: {y: standard}}" in notes[0]


@pytest.mark.parametrize("what", [
    {"dataset": ", normalize: {y: standard}"}, {"dataset": ", normalize: {y: minmax}"},
    {"last": ", bias_initializer: {constant: {value: 150000}}"}, {"loss": "mape"}, {"loss": "cosine_similarity"},
    {"loss": "poisson", "last": ", activation: exponential"}, {"loss": "msle", "last": ", activation: softplus"},
], ids=str)  # fmt: skip
def test_no_note_where_it_is_taken_care_of(tmp_path, what):
    assert checked(tmp_path, PRICES, **what)[1] == []


@pytest.mark.parametrize("y", [PRICES, [[price] for price in PRICES], [[price, 2.0 * price] for price in PRICES]])
def test_the_fix_works_for_arrays_too(tmp_path, y):
    assert len(checked(tmp_path, y, arrays=True)[1]) == 1
    made, notes = checked(tmp_path, y, arrays=True, dataset=", normalize: {y: standard}")
    assert notes == []
    targets = []
    train(made, folder=tmp_path / "run", subscribers=[lambda event: targets.append(event)])
    columns = load(tmp_path / "run").predictions(str(tmp_path / "d.npz")).columns
    given = np.asarray(y, float).reshape(len(y), -1)
    for i, column in enumerate(columns.values()):
        assert abs(np.mean(column) - given[:, i].mean()) < 3 * given[:, i].std()


def test_arrays_are_scaled_by_the_training_rows(tmp_path):
    from nnctl.data import load_dataset
    from nnctl.data.config import DatasetSpec

    y = np.array([[1.0, 5.0], [3.0, 5.0], [5.0, 5.0], [100.0, 7.0]])
    np.savez(tmp_path / "d.npz", x=np.zeros((4, 1)), y=y)
    split = {"order": "keep", "validation": 0, "test": 0.25}
    dataset = DatasetSpec(path=str(tmp_path / "d.npz"), normalize={"y": "standard"}, split=split)
    data = load_dataset(dataset, {}, {"out": "number"}, 0)
    deviation = np.sqrt(8 / 3)
    np.testing.assert_allclose(data.train.targets["out"], [[-2 / deviation, 0], [0, 0], [2 / deviation, 0]], rtol=1e-6)
    np.testing.assert_allclose(data.preprocessing.decode("out", data.test.targets["out"]), [[100, 7]], rtol=1e-6)


@pytest.mark.parametrize("loss, last", [("poisson", ", activation: exponential"), ("msle", ", activation: softplus")])
def test_a_target_below_what_the_loss_has_a_meaning_for_is_refused(tmp_path, loss, last):
    with pytest.raises(DataError, match=f'{loss} needs targets of at least 0, but target "y" goes down to -1'):
        checked(tmp_path, [3, 2, -1, 0, 4, 2], last, loss)
    with pytest.raises(DataError, match="remove y from normalize"):
        checked(tmp_path, [3, 2, 1, 0, 4, 2], last, loss, ", normalize: {y: standard}")


PLAN = Plan(samples=320, batch_size=32, epochs=10)  # 100 iterations


@pytest.mark.parametrize("schedule, said", [
    ({"ExponentialDecay": {"initial_learning_rate": 0.1, "decay_steps": 100_000, "decay_rate": 0.9}},
     "hardly starts: its decay_steps is 100,000"),
    ({"ExponentialDecay": {"initial_learning_rate": 0.1, "decay_steps": 1000, "decay_rate": 0.9}}, None),
    ({"ExponentialDecay": {"initial_learning_rate": 0.1, "decay_steps": 1001, "decay_rate": 0.9}}, "hardly starts"),
    ({"InverseTimeDecay": {"initial_learning_rate": 0.1, "decay_steps": 9.5, "decay_rate": 0.9}},
     "ends early: its decay_steps is 9.5"),
    ({"PolynomialDecay": {"initial_learning_rate": 0.1, "decay_steps": 100}}, None),
    ({"PolynomialDecay": {"initial_learning_rate": 0.1, "decay_steps": 5}}, "ends early"),
    ({"PolynomialDecay": {"initial_learning_rate": 0.1, "decay_steps": 5, "cycle": True}}, None),
    ({"CosineDecay": {"initial_learning_rate": 0.1, "decay_steps": 95}}, None),
    ({"CosineDecay": {"initial_learning_rate": 0.1, "decay_steps": 90}}, "ends early: its decay_steps is 90"),
    ({"CosineDecay": {"initial_learning_rate": 0.1, "decay_steps": 10, "alpha": 0.1}}, None),
    ({"CosineDecay": {"initial_learning_rate": 0.1, "decay_steps": 5}}, "ends early"),
    ({"CosineDecay": {"initial_learning_rate": 0, "decay_steps": 90, "warmup_steps": 5, "warmup_target": 0.1}}, None),
    ({"CosineDecayRestarts": {"initial_learning_rate": 0.1, "first_decay_steps": 5}}, None),
    ({"CosineDecayRestarts": {"initial_learning_rate": 0.1, "first_decay_steps": 5000}}, "first_decay_steps is 5,000"),
    ({"PiecewiseConstantDecay": {"boundaries": [10, 5000], "values": [0.1, 0.01, 0.001]}}, "boundaries is 5,000"),
    ({"PiecewiseConstantDecay": {"boundaries": [50], "values": [0.1, 0.01]}}, None),
    (0.01, None),
])  # fmt: skip
def test_a_schedule_made_for_another_run_has_a_note(schedule, said):
    notes = schedule_notes(optimizers.build({"sgd": {"learning_rate": schedule}}), PLAN)
    assert len(notes) == (said is not None)
    if said:
        assert said in notes[0] and "the run has 100 iterations (10 epochs of 10)" in notes[0]


def test_the_rates_are_those_of_the_first_and_the_last_iteration():
    given = {"ExponentialDecay": {"initial_learning_rate": 0.5, "decay_steps": 2, "decay_rate": 0.5}}
    [note] = schedule_notes(optimizers.build({"sgd": {"learning_rate": given}}), Plan(32, 32, 21))
    assert note.endswith("the learning rate goes from 0.5 to 0.000488")


@pytest.mark.parametrize("name, written", [
    ("price", "price"), ("House price", "House price"), ("a: b", '"a: b"'), ("true", '"true"'), ("12", '"12"'),
    ("{x}", '"{x}"'), ("a,b", '"a,b"'), ("größe", "größe"), ("-", '"-"'), ('say "x"', '"say \\"x\\""'),
    ("null", '"null"'), ("1e3", '"1e3"'),
])  # fmt: skip
def test_a_name_in_a_hint_can_be_pasted(name, written):
    from nnctl.config.yaml_reader import read_value
    from nnctl.quoting import yaml_name

    assert yaml_name(name) == written
    assert read_value(f"{{{yaml_name(name)}: standard}}") == {name: "standard"}
