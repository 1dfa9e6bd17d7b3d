"""The choices for a table, each with its reason, by value."""

import numpy as np
import pytest

from nnctl.config.starter.column_facts import facts_of
from nnctl.config.starter.dates import date_query
from nnctl.config.starter.missing_words import missing_words
from nnctl.config.starter.table import table_starter
from nnctl.config.starter.target import likely_target, problem_of
from nnctl.config.starter.wording import percent
from nnctl.data.columns.column_format import NULLS
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
    facts = facts_of(table, target)
    return table_starter("data.csv", facts, problem_of(facts, target, task))


def gaps(values, share):
    return number(np.where(np.arange(ROWS) < share * ROWS, np.nan, values))


Y = number(X + rng.normal(size=ROWS))
CLASSES = Column.of_words([str(word) for word in WORDS])
ODD = [str(row) for row in rng.integers(0, 99, ROWS - 4)]
LEFT_OUT = {
    "numbers the rows": number(np.arange(ROWS)),
    "words such as 'unknown'": Column.of_words([*ODD, *["unknown"] * 4]),
    "words such as '5 kg'": Column.of_words([*ODD, *["5 kg"] * 4]),
    "same value": number(np.full(ROWS, 7)),
    "is empty": number(np.full(ROWS, np.nan)),
    "97% of": gaps(X, 0.97),
    "gives the target away": number(np.exp(Y.values)),
    "dates": Column("date", np.arange(ROWS) * 86_400e6),
    "lists, objects or bytes": Column("nested", np.full(ROWS, np.nan)),
    "as names have": Column.of_words([f"name {row}" for row in range(ROWS)]),
    "too large": number(X * 1e300),
    "each in fewer than 5 rows": Column.of_words([f"w{row % 150}" for row in range(ROWS)]),
}


@pytest.mark.parametrize("why", LEFT_OUT)
def test_a_column_that_does_not_help_is_ignored_with_the_reason(why):
    found = starter(x=number(X), odd=LEFT_OUT[why], y=Y)
    [choice] = [choice for choice in found.choices if choice.key == ("dataset", "ignore")]
    assert choice.value == ["odd"] and "'odd'" in choice.why[0] and why in choice.why[0]


ID = number(rng.integers(10_000, 20_000, ROWS) // 20)  # 500 ids, of which half occur once or twice


@pytest.mark.parametrize(
    "name, values, reason",
    [
        ("user id", ID, "named like an id"),
        ("customerId", ID, "named like an id"),
        ("ID", ID, "named like an id"),
        ("paid", ID, None),
        ("user id", number(ID.values % 30), None),
        ("customerID", number(rng.permutation(ROWS) * 7), "numbers the rows"),
        ("n", number(rng.permutation(ROWS) + 1), "numbers the rows"),
        ("__index_level_0__", number(rng.permutation(ROWS) * 3), "numbers the rows"),
        ("year", number(np.arange(ROWS)), None),
        ("Week", number(np.arange(ROWS) + 1), None),
        ("n", number(np.arange(ROWS) + 1700), None),
    ],
)
def test_numbers_of_rows_and_ids_are_left_out_but_not_times(name, values, reason):
    table = Table({"x": number(X), name: values, "y": Y}, ROWS, "data.csv")
    facts = facts_of(table, "y")
    found = table_starter("data.csv", facts, problem_of(facts, "y"))
    told = [why for choice in found.choices if choice.key == ("dataset", "ignore") for why in choice.why]
    assert [reason in why for why in told] == [True] if reason else told == []


def test_a_few_numbers_mixed_with_words_are_categories():
    cylinders = Column.of_words(["rotary", *rng.choice(["4", "6", "8"], ROWS - 1)])
    found = starter(x=number(X), cylinders=cylinders, flag=number([1, np.nan] * (ROWS // 2)), y=Y)
    [choice] = [choice for choice in found.choices if choice.key == ("dataset", "categorical")]
    assert choice.value == ["cylinders", "flag"]
    assert "words such as 'rotary': its 4 values" in choice.why[0] and "1 or missing" in choice.why[1]
    assert found.value("dataset", "missing") == {"flag": "category"}


def test_a_large_table_is_seen_in_part_but_its_classes_whole(monkeypatch):
    monkeypatch.setattr("nnctl.config.starter.column_facts.MOST_ROWS", 100)
    target = Column.of_words([None, "rare", *["often", "seldom", "often", "often"] * 99, "often", "often"])
    found = starter(x=number(X), few=gaps(X, 0.5), y=target)
    [choice] = [choice for choice in found.choices if choice.key == ("dataset", "target")]
    assert choice.why[0] == "3 classes: 'often' 75%, 'seldom' 25%, 'rare' 0.3%"
    assert choice.why[1] == "1 class has fewer than 5 rows, too few to be learned and tested."
    assert found.title[0].startswith("A first config for 'data.csv': 400 rows") and "from 100 rows" in found.title[1]
    assert found.value("dataset", "missing") == {"y": "drop", "few": "median"}


def test_columns_are_judged_by_the_rows_with_a_target():
    reason = number(np.where(np.arange(ROWS) < 40, X, np.nan))  # only where there is no target
    target = number(np.where(np.arange(ROWS) < 40, np.nan, Y.values))
    found = starter(x=number(X), reason=reason, n=number(np.arange(ROWS)), y=target)
    assert found.value("dataset", "ignore") == ["reason", "n"]


TOLD = ["once", "upon", "a", "time", "there", "was", "one", "wolf", "and", "seven", "goats", "in", "an", "old", "house"]
TALES = [" ".join(rng.choice(TOLD, 6)) for row in range(ROWS)]
TEXTS = [f"{tale} {row}" if row > 9 else None for row, tale in enumerate(TALES)]


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


def test_of_two_columns_of_texts_the_longer_ones_are_read():
    found = starter(x=number(X), title=Column.of_words([f"a title {row}" for row in range(ROWS)]),
                    story=Column.of_words([f"{tale} {row}" for row, tale in enumerate(TALES)]), y=Y)  # fmt: skip
    [choice] = [choice for choice in found.choices if choice.key == ("dataset", "ignore")]
    assert choice.value == ["title"] and "shorter than those of 'story'" in choice.why[0]
    assert found.value("dataset", "text")["column"] == "story"


def test_gaps_of_rows_without_a_target_are_filled_too_since_such_rows_are_predicted():
    found = starter(x=gaps(X, 0.05), story=Column.of_words(TEXTS), y=gaps(Y.values, 0.05))
    assert found.value("dataset", "missing") == {"y": "drop", "x": "median", "story": "zero"}


@pytest.mark.parametrize("values, second", [
    (["malignant", "benign"], "malignant"), ([9, 10], "10"), ([1, -1], "1"), (["10", "9"], "9"),
])  # fmt: skip
def test_of_two_classes_the_one_whose_probability_is_given_is_named(values, second):
    drawn = [values[row % 2] for row in range(ROWS)]
    found = starter(x=number(X), y=number(drawn) if isinstance(values[0], int) else Column.of_words(drawn))
    *_, last = [choice for choice in found.choices if choice.key[0] == "layers"]
    assert last.why == (f"Two classes: one unit, the probability of '{second}'.",)


def test_rows_with_dates_may_be_divided_by_time():
    found = starter(x=number(X), day=Column("date", np.arange(ROWS) * 86_400e6), y=Y)
    [choice] = [choice for choice in found.choices if choice.key == ("dataset", "split")]
    assert choice.why[-1].endswith("add time: day.")
    assert "time" not in choice.value


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


def test_words_that_all_differ_are_left_out_of_a_small_table_too():
    names = Column.of_words([f"name{row}" for row in range(12)])
    facts = facts_of(Table({"x": number(X[:12]), "name": names, "y": number(Y.values[:12])}, 12, "data.csv"), "y")
    assert table_starter("data.csv", facts, problem_of(facts, "y")).value("dataset", "ignore") == ["name"]
    with pytest.raises(DataError, match="12 different texts in 12 rows"):
        problem_of(facts, "name")


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
    answers = Column.of_words([f"an answer of type {word}" for word in WORDS])  # many words, but few answers
    assert target(x=number(X), answer=answers) == ("answer", True)


@pytest.mark.parametrize("column", ["dates", "as names have", "same value", "is empty", "words such as 'unknown'"])
def test_a_target_that_cannot_be_predicted_is_refused(column):
    with pytest.raises(DataError, match="--target"):
        starter(x=number(X), y=LEFT_OUT[column])


@pytest.mark.parametrize("step, parts", [("D", {"month", "dayofweek"}), ("M", {"month", "year"}), ("Y", {"year"})])
def test_dates_of_months_or_years_have_no_weekday(step, parts):
    count = 40 if step == "D" else 14
    days = (np.datetime64("2021-01-01", step) + np.arange(count)).astype("datetime64[us]").astype(np.float64)
    facts = facts_of(Table({"day": Column("date", days), "y": number(np.arange(count))}, count, "data.csv"))
    query = date_query(facts, "y").value
    assert {part for part in ("year", "month", "dayofweek", "hour") if f"{part}(day)" in query} == parts


def test_dates_beside_names_that_sql_does_not_tell_apart_have_no_query():
    columns = {"x": number(X), "X": number(X), "day": LEFT_OUT["dates"], "y": Y}
    assert date_query(facts_of(Table(columns, ROWS, "data.csv")), "y") is None
    del columns["X"]
    assert date_query(facts_of(Table(columns, ROWS, "data.csv")), "y") is not None


@pytest.mark.parametrize("part, shown", [
    (10, "10%"), (0.5, "0.5%"), (99, "99%"), (99.4, "99.4%"), (99.97, ">99.9%"), (100, "100%"), (0, "0%"),
])  # fmt: skip
def test_shares_are_neither_0_nor_100_percent_by_rounding(part, shown):
    assert percent(part, 100) == shown


def test_telephone_numbers_are_no_texts():
    phone = Column.of_words([f"+49 151 {row}" for row in range(ROWS)])
    found = starter(x=number(X), phone=phone, y=Y)
    assert found.value("dataset", "ignore") == ["phone"] and found.value("dataset", "text") is None


def test_a_word_among_numbers_may_be_in_a_row_without_a_target():
    amounts = Column.of_words([*(str(value) for value in range(ROWS - 1)), "Total"])
    found = starter(x=number(X), amount=amounts, y=number([*Y.values[:-1], np.nan]))
    [choice] = [choice for choice in found.choices if choice.key == ("dataset", "ignore")]
    assert choice.value == ["amount"] and "words such as 'Total'" in choice.why[0]


@pytest.mark.parametrize("word, target, found", [
    ("-", ["a", "b"], ["-"]), ("n.a.", ["a", "b"], ["n.a."]), ("#DIV/0!", ["a", "b"], ["#DIV/0!"]),
    ("unknown", ["unknown", "b"], None), ("zwei", ["a", "b"], None),
])  # fmt: skip
def test_marks_of_missing_numbers(word, target, found):
    amounts = Column.of_words([*(str(value) for value in range(ROWS - 4)), *[word] * 4])
    columns = {"amount": amounts, "y": Column.of_words([target[row % 2] for row in range(ROWS)])}
    choice = missing_words(facts_of(Table(columns, ROWS, "data.csv")), "y")
    assert (choice and [each for each in choice.value if each not in NULLS]) == found
