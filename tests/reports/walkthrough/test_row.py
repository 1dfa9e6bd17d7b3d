"""A row of a run as it is printed, and messages about rows that do not exist."""

import io
import re

import numpy as np
import pytest

import nnctl
from nnctl.errors import InputError
from nnctl.reports.terminal import Terminal
from nnctl.reports.walkthrough import explain_row
from nnctl.reports.walkthrough.numbers import factor, number


@pytest.fixture(scope="module")
def iris():
    return nnctl.train("iris", epochs=3, save=False)


def printed(run, row, width=80, **options):
    stream = io.StringIO()
    explain_row(run, row, Terminal(stream, False, False, True, width), **options)
    return stream.getvalue()


def test_a_row_of_iris(iris):
    text = printed(iris, 1)
    assert "row 6 of iris.csv;" in text and "the test split has 30 rows" in text
    assert re.search(r"sepal_length +5.4 +5.838 +0.7698 +-0.5687", text)
    p = iris.predict_proba({"sepal_length": [5.4], "sepal_width": [3.9], "petal_length": [1.7], "petal_width": [0.4]})
    assert f"= -log {p[0, 0]:.7g}\n        = {-np.log(p[0, 0]):.4g}" in text
    for title in ("The row", "Forward", "Backward", "One step of the optimizer"):
        assert f"\n{title}\n" in text
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("split, row, message", [
    ("test", 31, "there is no row 31 in the test split"),
    ("train", 0, "there is no row 0 in the train split"),
])  # fmt: skip
def test_a_row_that_does_not_exist(iris, split, row, message):
    with pytest.raises(InputError) as error:
        printed(iris, row, split=split)
    assert message in str(error.value)
    assert f"a number from 1 to {dict(train=90, test=30)[split]}" in error.value.problems[0].hint


def test_a_row_of_a_file(iris, tmp_path):
    file = tmp_path / "new.csv"
    file.write_text("sepal_length,sepal_width,petal_length,petal_width\n5,3,1,1\n5.4,3.9,1.7,0.4\n", encoding="utf-8")
    text = printed(iris, 2, data=str(file))
    assert re.search(r"sepal_length +5.4 ", text) and "no target" in text and "Backward" not in text
    with pytest.raises(InputError, match="no row 3"):
        printed(iris, 3, data=str(file))


def test_a_row_has_its_target_where_other_rows_of_the_file_lack_theirs(iris, tmp_path):
    file = tmp_path / "new.csv"
    file.write_text(
        "sepal_length,sepal_width,petal_length,petal_width,species\n5,3,1,1,setosa\n5,3,1,1,\n5,3,1,1,rose\n",
        encoding="utf-8",
    )
    labelled, without = printed(iris, 1, data=str(file)), printed(iris, 2, data=str(file))
    assert "The target species is setosa" in labelled and "Backward" in labelled
    assert "no target" in without and "Backward" not in without
    with pytest.raises(InputError, match='row 3: "rose" is not one of the classes'):
        printed(iris, 3, data=str(file))


def test_categories_of_a_row(tmp_path):
    train, new = tmp_path / "flats.csv", tmp_path / "new.csv"
    cities = ["Busan", "Jeju", "Seoul", ""] * 20
    train.write_text("city,y\n" + "".join(f"{city},{n % 2}\n" for n, city in enumerate(cities)), encoding="utf-8")
    new.write_text('city\nJeju\n""\nDaegu\n', encoding="utf-8")
    run = nnctl.train(
        {"dataset": {"path": str(train), "target": "y", "missing": "category"}, "loss": "binary_crossentropy",
         "layers": [{"Dense": {"units": 1, "activation": "sigmoid"}}], "epochs": 1}, save=False,
    )  # fmt: skip
    texts = [" ".join(printed(run, row, data=str(new)).split()) for row in (1, 2, 3)]
    categories = "the 4 categories (Busan, Jeju, Seoul, (missing))"
    assert f'city is "Jeju": a column for each of {categories}' in texts[0]
    assert f'city is "(missing)": a column for each of {categories}' in texts[1]
    assert f'city is "Daegu", which no training row has: the columns of {categories} are 0.' in texts[2]


def test_targets_of_many_numbers_and_scaled_arrays(tmp_path):
    x = np.random.default_rng(0).normal(size=(40, 6, 3)).astype(np.float32)
    x[3, 0, 0] = np.nan
    file = tmp_path / "a.npz"
    np.savez(file, x=x, y=np.nan_to_num(x) * 2)
    run = nnctl.train(
        {"dataset": {"path": str(file), "target": "y", "normalize": {"x": "minmax"}, "missing": "zero"}, "loss": "mse",
         "layers": [{"Dense": {"units": 3}}], "epochs": 1}, save=False,
    )  # fmt: skip
    text = " ".join(printed(run, 4, data=str(file)).split())
    assert "Missing values become 0." in text and "with the smallest value and the range of the training rows:" in text
    entry = run.preprocessing.inputs["input"]
    assert f"(x - {factor(entry.shift[0])}) / {factor(entry.scale[0])}" in text
    first = ", ".join(number(n) for n in 2 * np.nan_to_num(x[3]).reshape(-1)[:12])
    assert f"The target y is {first}, …." in text and "\\n" not in text
    assert re.search(r"Predicted: [^;]*, …; the truth is [^;]*, …\.", text)
    assert "The loss of the row is the mean over its 6 positions." in text
