"""Walkthroughs as HTML: the same numbers as in the terminal, and nothing in the data becomes markup."""

import re

import numpy as np
import pytest

import nnctl
from nnctl.reports.walkthrough.html.config_page import config_page
from nnctl.reports.walkthrough.html.page import COLUMNS, ROWS, HtmlPage
from nnctl.reports.walkthrough.numbers import number
from nnctl.reports.walkthrough.row import row_page


@pytest.fixture(scope="module")
def marked():
    """A run whose column, class and value are markup."""
    x = np.linspace(-1, 1, 40)
    rows = {"<script>a</script>": x, "b": x**2, "y": np.where(x > 0, "<b>up</b>", "down")}
    return nnctl.train(
        {"dataset": {"target": "y"}, "layers": [{"Dense": {"units": 3, "activation": "relu"}},
         {"Dense": {"units": 2, "activation": "softmax"}}], "loss": "sparse_categorical_crossentropy"},
        data=rows, save=False,
    )  # fmt: skip


def test_a_row_as_a_page(marked, tmp_path):
    file = tmp_path / "rows.csv"
    file.write_text('"<script>a</script>",b,y\n0.5,0.25,<b>up</b>\n', encoding="utf-8")
    html = row_page(marked, 1, data=str(file))
    assert "<script>a" not in html and "<b>up" not in html
    assert "&lt;script&gt;a&lt;/script&gt;" in html and "&lt;b&gt;up&lt;/b&gt;" in html
    for value in marked.model.program.view("dense_1/kernel").reshape(-1):
        assert f">{number(value)}</td>" in html
    assert html.count("<details open>") == html.count("</details>") == 4  # two layers, forward and backward
    assert not re.findall(r"(?:src|href)=\"(?!data:)", html)


def test_a_large_array_is_cut():
    page = HtmlPage()
    page.title("arrays")
    page.array("W", np.arange(1.0, 20 * 30 + 1).reshape(20, 30))
    html = page.html()
    assert html.count("<td") == ROWS * COLUMNS
    assert "14 more columns, 8 more rows" in html
    whole = HtmlPage(whole=True)
    whole.title("arrays")
    whole.array("W", np.arange(1.0, 20 * 30 + 1).reshape(20, 30))
    assert whole.html().count("<td") == 600


def test_a_config_as_a_page():
    html = config_page("iris")
    assert html.count('<pre class="code">') == 13
    assert "16 neurons, each of which takes all 4 values" in html and "dataset.split.test" in html
