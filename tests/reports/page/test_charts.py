"""What the charts of the page show, by value."""

import re

import pytest
import report_documents as documents

from nnctl.reports.page import html_page
from nnctl.reports.page.context import Page, letter
from nnctl.reports.page.elements import Html, join, tag
from nnctl.reports.page.histogram import histogram
from nnctl.reports.page.line_chart import Line, line_chart, rounded, thinned
from nnctl.reports.page.outputs.confusion import figures as confusion_figures
from nnctl.reports.page.outputs.label_sequences import marked
from nnctl.reports.page.outputs.residuals import figures as residual_figures
from nnctl.reports.page.outputs.threshold_curves import figures as curve_figures
from nnctl.reports.page.outputs.threshold_curves import precisions, true_positives
from nnctl.reports.page.sections.comparison import sections as comparison_sections
from nnctl.reports.page.sections.learning import sections as learning_sections
from nnctl.reports.page.tables import table

CURVE = {"fpr": [0.0, 0.0, 0.5, 0.5, 1.0], "tpr": [0.0, 0.4, 0.6, 0.8, 1.0]}


@pytest.mark.parametrize("x, y", [(0.0, 0.4), (0.25, 0.5), (0.5, 0.8), (0.75, 0.9), (1.0, 1.0)])
def test_roc_between_its_points(x, y):
    assert true_positives(CURVE, x) == pytest.approx(y)


def test_precision_at_each_recall_is_the_best_from_there_on():
    found = precisions({"recall": [0.0, 0.5, 0.505, 1.0], "precision": [1.0, 0.6, 0.8, 0.3]})
    assert [found[0], found[1], found[50], found[51], found[100]] == [1.0, 0.8, 0.8, 0.3, 0.3]


@pytest.mark.parametrize("text, other, parts", [
    ("40517", "4051", ["4051", "<mark>7</mark>"]),
    ("71", "77", ["7", "<mark>1</mark>"]),
    ("<b>", "<b>", ["<b>"]),
    ("", "1", []),
])  # fmt: skip
def test_labels_that_differ_are_marked(text, other, parts):
    assert list(marked(text, other)) == parts


def test_thinned_rows_have_both_ends():
    assert thinned(5, 10) == [0, 1, 2, 3, 4]
    assert thinned(101, 21) == list(range(0, 101, 5))
    assert len(thinned(12345, 200)) == 200 and thinned(12345, 200)[-1] == 12344


def test_numbers_are_as_long_as_a_chart_needs():
    values = [0.123456789, 7, None, 123456.7891]
    assert rounded(values, values) == [0.1234568, 7, None, 123456.8]
    far = [1e12 + 0.25, 1e12 + 1000]
    assert rounded(far, far) == [1000000000000.2, 1e12 + 1000]


def test_the_table_of_a_chart_tells_its_values_apart():
    html = line_chart(Page(), "", [1.7e9, 1.7e9 + 50], "x", "", [Line("y", [1.0, 2.0])])
    assert re.findall(r'class="number"[^>]*>([\d.e+]+)<', html) == ["1700000000", "1.0000", "1700000050", "2.0000"]


def test_the_data_of_a_line_chart():
    page = Page()
    html = line_chart(page, "a & b", [1, 2], "epoch", "", [Line("<x>", [0.5, None], 2, "dash", "A")], log=True)
    assert page.charts == [{
        "x": [1, 2], "xLabel": "epoch", "yLabel": "", "whole": True,
        "series": [{"label": "<x>", "values": [0.5, None], "color": 2, "dash": "dash", "end": "A", "points": False,
                    "line": True}],
        "marks": [], "xRange": None, "yRange": None, "start": None, "aspect": 0.5, "log": True,
    }]  # fmt: skip
    assert 'aria-label="a &amp; b"' in html and "&lt;x&gt;" in html and "<x>" not in html
    assert re.findall(r'<t[hd][^>]*class="number"[^>]*>([^<]*)<', html) == [
        "epoch",
        "&lt;x&gt;",
        "1",
        "0.5000",
        "2",
        "",
    ]


def test_a_logarithmic_axis_needs_positive_numbers():
    page = Page()
    line_chart(page, "r2", [1, 2], "epoch", "", [Line("r2", [-0.5, 0.5])], log=True)
    assert page.charts[0]["log"] is False


def test_bars_of_a_histogram():
    html = histogram({"edges": [-1.0, 0.0, 1.0, 2.0], "counts": [5, 0, 10]}, "weights")
    assert re.findall(r'<rect x="([\d.]+)" y="([\d.]+)" width="8.8" height="([\d.]+)"', html) == [
        ("0.6", "50.0", "50.0"), ("20.6", "0.0", "100.0"),
    ]  # fmt: skip
    assert '<line x1="10.0" x2="10.0"' in html  # zero
    assert "weights: from -1.0000 to 2.0000, most values between 1.0000 and 2.0000" in html


def test_shades_follow_the_share_of_the_row():
    output = documents.classification()["runs"][0]["outputs"][0]
    output["confusion"]["matrix"] = [[1, 0, 0], [50, 50, 0], [0, 1, 999]]
    cells = re.findall(r'<td class="([\w ]+)">', "".join(confusion_figures(output, Page())))
    assert cells[1:10] == ["r10 diagonal", "none", "none", "w5", "r5 diagonal", "none", "none", "w1", "r10 diagonal"]


def test_elements_escape_what_is_not_html():
    assert (
        tag("p", "<b>", Html("<i></i>"), ["&", None, 3], title='"') == '<p title="&quot;">&lt;b&gt;<i></i>&amp;3</p>\n'
    )
    assert tag("input", disabled=True, hidden=False) == "<input disabled/>"
    assert join("a\x1b\nb") == "a\\x1b\nb"


@pytest.mark.parametrize("names, drawn, words", [
    (["a", "b", "c"], 3, None),
    ([f"c{i}" for i in range(14)], 12, "12 of 14 curves are shown"),
    ([f"c{i}" for i in range(30)], 12, "12 of 30 curves are shown"),
])  # fmt: skip
def test_how_many_classes_have_a_curve(names, drawn, words):
    """The document has those of the 20 most frequent classes, of which the page draws the worst."""
    roc = [{"name": name, "fpr": [0.0, 1.0], "tpr": [0.0, 1.0], "auc": 0.5 + i / 100} for i, name in enumerate(names)]
    scores = [{"name": name, "support": 1} for name in names]
    output = {"kind": "classification", "per_class": scores, "roc": roc[:20], "precision_recall": [],
              "calibration": None}  # fmt: skip
    page = Page()
    [html] = curve_figures(output, page)
    assert len(page.charts[0]["series"]) == drawn + 1  # and that of guessing
    assert (words or "") in html and ("curves are shown" in html) == bool(words)


def test_long_words_in_a_table_may_be_broken():
    html = table(["a b", "c" * 40], [["d" * 61 + " e", "f" * 30]], "label")
    assert f'<th scope="col">{"c" * 30}<wbr/>{"c" * 10}</th>' in html and ">a b<" in html
    assert f">{'d' * 30}<wbr/>{'d' * 30}<wbr/>d e<" in html and f">{'f' * 30}<" in html


def test_the_coefficient_of_determination_stands_beside_the_points():
    output = documents.regression()["runs"][0]["outputs"][0]
    assert "R² is 0.8700" in residual_figures(output, Page())[0]
    output["residuals"][0]["r2"] = None  # of a constant target
    assert "R²" not in residual_figures(output, Page())[0]


def test_the_curves_of_a_single_epoch_are_points():
    run = documents.classification()["runs"][0]
    history = run["history"]
    one = {"epochs": [1], "learning_rate": [0.001], "series": {name: [v[0]] for name, v in history["series"].items()}}
    page = Page()
    learning_sections(run | {"history": history | one | {"best_epoch": 1}}, page)
    assert page.charts and all(line["points"] for chart in page.charts for line in chart["series"])


def test_a_run_of_a_single_epoch_is_a_point_among_others():
    document = documents.comparison()
    history = document["runs"][1]["history"]
    history |= {"epochs": [1], "series": {name: values[:1] for name, values in history["series"].items()}}
    page = Page()
    comparison_sections(document, page)
    assert [line["points"] for line in page.charts[0]["series"]] == [False, True, False]


def test_learning_rates_are_written_as_settings():
    run = documents.classification()["runs"][0]
    run["history"]["learning_rate"] = [0.005, 0.0004853] * 20
    [section] = learning_sections(run, Page())
    assert "from 0.005 in the first epoch to 0.000485 in the last" in section.body


def test_the_ends_of_a_histogram_are_told_apart():
    html = histogram({"edges": [-1.0018e12, -1.0e12, -0.998e12], "counts": [1, 2]}, "errors", table=True)
    assert "<span>-1001800000000</span><span>-998000000000</span>" in html
    assert html.count("-1000000000000") == 3  # in the name, and twice in the table


def test_a_class_that_all_rows_have_has_no_roc_curve_and_nothing_is_said():
    roc = [{"name": "a", "fpr": [0.0, 1.0], "tpr": [0.0, 1.0], "auc": 0.5}]
    scores = [{"name": name, "support": 9} for name in "ab"]
    output = {"kind": "multilabel", "per_class": scores, "roc": roc, "precision_recall": [], "calibration": None}
    assert "curves are shown" not in curve_figures(output, Page())[0]


def test_letters_of_runs():
    assert [letter(n) for n in (0, 25, 26)] == ["A", "Z", "27"]


def test_a_report_at_its_limits_stays_small():
    """As many epochs, classes, points and columns as a document has at most."""
    document = documents.two_outputs()
    run = document["runs"][0]
    epochs = list(range(1, 1001))
    values = [1 / epoch + 1e-3 for epoch in epochs]
    names = [f"metric{i}" for i in range(8)]
    run["history"] |= {"epochs": epochs, "learning_rate": values, "best_epoch": 500,
                       "series": {f"{val}{name}": values for name in names for val in ("", "val_")},
                       "charts": [{"name": name, "series": [name, f"val_{name}"], "baseline": 1.0, "better": "min"}
                                  for name in names]}  # fmt: skip
    classes = [f"class {i}" for i in range(50)]
    run["outputs"][0]["confusion"] |= {"classes": classes, "matrix": [[12345] * 50] * 50}
    one = run["outputs"][1]["residuals"][0]
    one |= {"actual": values, "predicted": values}
    run["outputs"][1]["residuals"] = [one] * 5
    run["weights"] = documents.classification()["runs"][0]["weights"] * 50
    text = html_page(document)
    assert len(text.encode()) < 1_500_000
    assert len(html_page(documents.classification()).encode()) < 250_000
