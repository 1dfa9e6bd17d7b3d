"""The choices for a table, each with its reason, by value."""

import numpy as np
import pytest

from nnctl.config.starter.column_facts import facts_of
from nnctl.config.starter.table import table_starter
from nnctl.config.starter.target import likely_target, problem_of
from nnctl.data.table import Column, Table
from nnctl.errors import DataError

ROWS = 400
rng = np.random.default_rng(1)
X = rng.normal(size=ROWS)
WORDS = rng.choice(["a", "b", "c"], ROWS)


def number(values):
    return Column("number", np.asarray(values, np.float64))


def starter(target="y", task=None, **columns):
    table = Table({name.replace("_", " "): column for name, column in columns.items()}, ROWS, "data.csv")
    facts = facts_of(table)
    return table_starter("data.csv", facts, problem_of(facts, target, task))


def gaps(values, share):
    return number(np.where(np.arange(ROWS) < share * ROWS, np.nan, values))


Y = number(X + rng.normal(size=ROWS))
CLASSES = Column.of_words([str(word) for word in WORDS])
LEFT_OUT = {
    "numbers the rows": number(np.arange(ROWS)),
    "same value": number(np.full(ROWS, 7)),
    "is empty": number(np.full(ROWS, np.nan)),
    "97% of": gaps(X, 0.97),
    "gives the target away": number(np.exp(Y.values)),
    "dates": Column("date", np.arange(ROWS) * 86_400e6),
    "as names have": Column.of_words([f"name {row}" for row in range(ROWS)]),
    "too large": number(X * 1e300),
}


@pytest.mark.parametrize("why", LEFT_OUT)
def test_a_column_that_does_not_help_is_ignored_with_the_reason(why):
    found = starter(x=number(X), odd=LEFT_OUT[why], y=Y)
    [choice] = [choice for choice in found.choices if choice.key == ("dataset", "ignore")]
    assert choice.value == ["odd"] and "'odd'" in choice.why[0] and why in choice.why[0]


def test_one_extreme_row_does_not_make_a_column_a_copy_of_the_target():
    x, y = X.copy(), Y.values.copy()
    x[0] = y[0] = 1e9
    assert starter(x=number(x), y=number(y)).value("dataset", "ignore") is None


def test_missing_values_are_filled_and_rows_without_a_target_left_out():
    found = starter(
        x=gaps(X, 0.12), words=Column("text", CLASSES.values.copy() - 1, CLASSES.words), y=gaps(Y.values, 0.05)
    )
    assert found.value("dataset", "missing") == {"x": "median", "words": "category", "y": "drop"}
    [choice] = [choice for choice in found.choices if choice.key == ("dataset", "missing")]
    assert any(why.startswith("12% of 'x' is missing") for why in choice.why)
    assert any(why.startswith("20 rows have no 'y'") for why in choice.why)


def test_numbers_are_a_regression_of_a_scaled_target():
    found = starter(x=number(X), y=Y)
    assert found.value("loss") == "mse" and found.value("dataset", "normalize") == {"y": "standard"}


@pytest.mark.parametrize(
    "values, task, loss",
    [
        (["no", "yes"], None, "binary_crossentropy"),
        (["a", "b", "c"], None, "sparse_categorical_crossentropy"),
        ([0, 1], None, "binary_crossentropy"),
        ([3, 4, 5, 6, 7], None, "sparse_categorical_crossentropy"),
        ([3, 4, 5, 6, 7], "regress", "mse"),
        (list(range(60)), None, "mse"),
        (list(range(60)), "classify", "sparse_categorical_crossentropy"),
    ],
)
def test_the_values_of_the_target_decide_the_loss(values, task, loss):
    drawn = rng.choice(len(values), ROWS)
    target = number([values[at] for at in drawn]) if isinstance(values[0], int) else Column.of_words(
        [values[at] for at in drawn])  # fmt: skip
    assert starter(x=number(X), y=target, task=task).value("loss") == loss


def test_rare_classes_get_a_metric_that_sees_them():
    target = Column.of_words(["yes" if row % 10 == 0 else "no" for row in range(ROWS)])
    found = starter(x=number(X), y=target)
    assert found.value("metrics") == ["accuracy", "auc"]
    [choice] = [choice for choice in found.choices if choice.key == ("metrics",)]
    assert any("90% of the rows are 'no'" in why for why in choice.why)


def test_the_schedule_ends_with_the_run():
    found = starter(x=number(X), y=Y)
    [optimizer] = found.value("optimizer").values()
    iterations = -(-320 // found.value("batch_size"))  # 80 of 400 rows are for the test
    assert optimizer["learning_rate"]["CosineDecay"]["decay_steps"] == found.value("epochs") * iterations


def test_few_rows_are_not_divided():
    facts = facts_of(Table({"x": number(X[:20]), "y": number(Y.values[:20])}, 20, "data.csv"))
    found = table_starter("data.csv", facts, problem_of(facts, "y"))
    assert found.value("dataset", "split") == {"validation": 0.0, "test": 0.0}


def test_the_target_is_found_by_its_name_or_as_the_last_column_of_classes():
    def target(**columns):
        return likely_target(facts_of(Table(columns, ROWS, "data.csv")))

    assert target(Target=Y, x=number(X)) == ("Target", True)
    assert target(x=number(X), species=CLASSES) == ("species", True)
    assert target(x=number(X), price=Y) == ("price", False)


@pytest.mark.parametrize("column", ["dates", "as names have", "same value"])
def test_a_target_that_cannot_be_predicted_is_refused(column):
    with pytest.raises(DataError, match="--target"):
        starter(x=number(X), y=LEFT_OUT[column])
