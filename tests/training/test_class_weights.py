"""The values of `class_weight`: "balanced" as in scikit-learn, classes however they are written, and classes without
training rows."""

import numpy as np
import pytest

from nnctl import config as spec
from nnctl.data.dataset import Split, Target
from nnctl.errors import InputError
from nnctl.training import dry_run, runner
from nnctl.training.class_weights import absent_classes, with_class_weight
from nnctl.training.events import RunStarted


def weights(class_weight, classes, numbers, *, labels="integer", y=None, rows=None):
    """The rows' weights; y is the targets as the loss takes them, from the classes' numbers where left out."""
    config = spec.loads("dataset: iris\nlayers: [{Dense: 3}]\nloss: mse\n".replace("Dense: 3", "Dense: {units: 3}")
                        + f"class_weight: {class_weight}\n")  # fmt: skip
    numbers = np.array(numbers)
    if y is None:
        y = {"integer": numbers, "binary": numbers[:, None].astype("float32"),
             "onehot": np.eye(len(classes))[numbers]}[labels]  # fmt: skip
    part = Split({"x": np.zeros((len(y), 1))}, {"out": y}, rows)
    return with_class_weight(part, config, {"out": Target(labels, ("kind",), (), tuple(classes))}).weights


# scikit-learn: compute_class_weight("balanced", classes=np.unique(y), y=y), that is n / (classes present * count)
@pytest.mark.parametrize(
    ("classes", "numbers", "wanted"),
    [
        ("ab", [0, 0, 0, 1], {0: 4 / (2 * 3), 1: 4 / (2 * 1)}),
        ("abc", [0, 0, 1, 2], {0: 4 / (3 * 2), 1: 4 / 3, 2: 4 / 3}),
        ("abc", [0, 0, 0, 1], {0: 4 / (2 * 3), 1: 4 / (2 * 1)}),  # c has no row: two classes are present
        ("abcd", [3, 3, 1], {3: 3 / (2 * 2), 1: 3 / 2}),
        ("ab", [1, 1, 1], {1: 1.0}),
    ],
)
@pytest.mark.parametrize("labels", ["integer", "onehot", "binary"])
def test_balanced_weighs_the_classes_that_are_there(classes, numbers, wanted, labels):
    if labels == "binary" and len(classes) > 2:
        pytest.skip("a yes-or-no target has two classes")
    found = weights("balanced", classes, numbers, labels=labels)
    assert found == pytest.approx([wanted[n] for n in numbers], rel=1e-6)
    assert found.sum() == pytest.approx(len(numbers), rel=1e-6)


@pytest.mark.parametrize(
    ("written", "classes", "wanted"),
    [
        ("{no: 2, yes: 3}", ("no", "yes"), (2, 3)),
        ("{No: 2, Yes: 3}", ("No", "Yes"), (2, 3)),
        ("{Y: 3}", ("N", "Y"), (1, 3)),
        ("{true: 3}", ("false", "true"), (1, 3)),
        ("{True: 3}", ("false", "true"), (1, 3)),
        ("{false: 2, true: 3}", ("False", "True"), (2, 3)),
        ("{0: 2, 1: 3}", ("0", "1"), (2, 3)),
        ('{"0": 2, "1": 3}', ("0", "1"), (2, 3)),
        ("{0.0: 2, 1.0: 3}", ("0", "1"), (2, 3)),
        ("{0: 2, 1: 3}", ("0.0", "1.0"), (2, 3)),
        ("{1: 2, 10: 3}", ("10", "1"), (3, 2)),
        ("{01: 2, 1: 3}", ("01", "1"), (2, 3)),  # codes: the data's own words come first
        ("{a: 2, A: 3}", ("A", "a"), (3, 2)),
        ("{null: 2, ~: 3}", ("null", "~"), (2, 3)),
    ],
)
def test_a_class_is_named_by_the_data_s_own_word(written, classes, wanted):
    assert list(weights(written, classes, [0, 1])) == list(wanted)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("{c: 2}", "'c', which is not a class of 'kind'"),
        ("{A: 2}", "'A', which is not a class of 'kind'"),
        ("{b: 2, B: 3}", "'b' and 'B', which are one class of 'kind'"),
    ],
)
def test_refuses_what_names_no_class(written, message):
    classes = ("x", "b") if "A" in written else ("a", "b")
    with pytest.raises(InputError, match=message) as error:
        weights(written, classes, [0, 1])
    assert error.value.problems[0].hint


def test_refuses_class_weight_where_each_time_step_has_a_class():
    with pytest.raises(InputError, match="one class per row"):
        weights("balanced", "ab", [0, 1], y=np.zeros((4, 3), int))


def test_multiplies_the_rows_own_weights():
    found = weights("{a: 2, b: 3}", "ab", [0, 1, 1], rows=np.array([1, 10, 0.5], "float32"))
    assert list(found) == [2, 30, 1.5]


@pytest.mark.parametrize(
    ("numbers", "note"),
    [
        ([0, 1, 2], None),
        ([0, 0, 2], 'target "kind": class "b" has no training rows, so the model cannot learn it'),
        ([1, 1, 1], 'target "kind": classes "a", "c" have no training rows, so the model cannot learn them'),
    ],
)
@pytest.mark.parametrize("labels", ["integer", "onehot"])
def test_names_the_classes_that_no_training_row_has(numbers, note, labels):
    y = np.array(numbers) if labels == "integer" else np.eye(3)[numbers]
    part = Split({"x": np.zeros((3, 1))}, {"out": y})
    assert absent_classes(part, {"out": Target(labels, ("kind",), (), ("a", "b", "c"))}) == ([note] if note else [])


def test_many_classes_without_rows_are_counted():
    part = Split({"x": np.zeros((2, 1))}, {"out": np.array([0, 1])})
    [note] = absent_classes(part, {"out": Target("integer", ("y",), (), tuple("0123456789"))})
    assert 'classes "2", "3", "4", "5", "6" and 3 more have no training rows' in note


def test_train_and_check_say_which_class_has_no_training_rows(tmp_path):
    rows = ["x,y"] + [f"{i},{'ab'[i % 2]}" for i in range(8)] + ["8,c", "9,c"]
    (tmp_path / "d.csv").write_text("\n".join(rows) + "\n")
    text = f"""
    dataset: {{path: {tmp_path}/d.csv, target: y, split: {{validation: 0.2, test: 0, order: keep}}}}
    layers: [{{Dense: {{units: 3, activation: softmax}}}}]
    loss: sparse_categorical_crossentropy
    class_weight: balanced
    """
    started = []
    runner.train(spec.loads(text), folder=tmp_path / "run",
                 subscribers=[lambda e: started.append(e) if isinstance(e, RunStarted) else None])  # fmt: skip
    wanted = 'target "y": class "c" has no training rows, so the model cannot learn it'
    assert wanted in started[0].notes
    weighs = "class_weight applies to the training loss; metrics, validation and eval weight all rows equally"
    assert weighs in started[0].notes
    assert wanted in dry_run.check(spec.loads(text)).notes
