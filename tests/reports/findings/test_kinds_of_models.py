"""The report on every kind of model: which parts it has, and that all forms of it can be written."""

import json

import numpy as np
import pytest
from trained_kinds import CONFIGS, table, trained, write_data

import nnctl
from nnctl.api import load
from nnctl.reports.findings import findings_of
from nnctl.reports.json_output import dumps
from nnctl.reports.report_markdown import markdown_of

CLASSES = {"confusion", "per_class", "roc", "precision_recall", "calibration", "most_wrong"}
# config: (kind of each output, the parts of the first one)
EXPECTED = {
    "classes": ("classification", CLASSES),
    "onehot": ("classification", CLASSES),
    "logits": ("classification", CLASSES),
    "hinge": ("classification", CLASSES - {"calibration"}),
    "yes and no": ("binary", CLASSES),
    "yes and no as logits": ("binary", CLASSES),
    "margins": ("binary", CLASSES - {"calibration"}),
    "two flags": ("multilabel", CLASSES - {"confusion"}),
    "share": ("regression", {"residuals"}),
    "number": ("regression", {"residuals"}),
    "two numbers": ("regression", {"residuals"}),
    "no validation": ("regression", {"residuals"}),
    "two outputs": ("classification, regression", CLASSES),
    "a sequence": ("binary", CLASSES),
    "a class at each step": ("binary", CLASSES),
    "yes or no at each step": ("binary", CLASSES),
    "text": ("binary", CLASSES),
    "color pictures": ("classification", CLASSES),
    "a class at each pixel": ("classification", CLASSES),
    "yes or no at each pixel": ("multilabel", CLASSES - {"confusion"}),
    "a number at each pixel": ("regression", {"residuals"}),
    "rebuilt pictures": ("other", {"residuals", "reconstructions"}),
    "lines": ("ctc", {"sequences"}),
    "tanh": ("regression", {"residuals"}),
}
QUICK = ("classes", "yes and no as logits", "two flags", "number", "two outputs", "a class at each step",
         "yes or no at each step", "text",
         "color pictures", "a class at each pixel", "yes or no at each pixel", "a number at each pixel",
         "rebuilt pictures", "lines")  # fmt: skip
PARTS = CLASSES | {"residuals", "reconstructions", "sequences"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("kinds")
    write_data(place)
    return place


def test_every_kind_has_an_expectation():
    assert set(EXPECTED) == set(CONFIGS)


@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in CONFIGS]
)
def test_a_kind_of_model(name, folder, monkeypatch):
    monkeypatch.chdir(folder)
    document = findings_of([trained(name, folder)])
    [run] = document["runs"]
    task, parts = EXPECTED[name]
    assert run["missing"] == [] and run["facts"]["task"] == task
    assert {part for part in PARTS if run["outputs"][0][part]} == parts
    assert run["verdict"]["headline"] and run["verdict"]["sentences"]
    evaluated = load(run["folder"]).evaluate(split=run["evaluation"]["split"])
    assert run["evaluation"]["metrics"] == pytest.approx(evaluated, rel=1e-5, abs=1e-7)
    for each in run["outputs"]:
        if each["confusion"]:
            assert np.sum(each["confusion"]["matrix"]) == sum(row["support"] for row in each["per_class"])
    text = dumps(document)
    assert json.loads(text) == document and len(text) < 3_000_000
    assert run["verdict"]["headline"] in markdown_of(document)


@pytest.mark.parametrize("name, target", [("a class at each pixel", "part"), ("yes or no at each pixel", "dark")])
def test_answers_for_each_pixel(name, target, tmp_path, monkeypatch):
    """All pixels of all rows count, and those of a row are listed as `predict` gives them."""
    monkeypatch.chdir(tmp_path)
    write_data(tmp_path)
    run = load(trained(name, tmp_path))
    output = findings_of([run.folder])["runs"][0]["outputs"][0]
    true, predicted = np.load("pictures.npz")[target].reshape(80, 36), run.predict("pictures.npz")
    wrong = output["most_wrong"][0]
    row = int(wrong["row"]) - 1
    assert wrong["target"] == " ".join(map(str, true[row])) and wrong["predicted"] == " ".join(map(str, predicted[row]))
    assert sum(each["rows"] for each in output["calibration"]["bins"]) == 36 * run.evaluation().rows


def test_yes_or_no_at_each_step(tmp_path, monkeypatch):
    """Sequences of 2 to 4 steps, of which all that are no padding count."""
    monkeypatch.chdir(tmp_path)
    write_data(tmp_path)
    run = load(trained("yes or no at each step", tmp_path))
    [matrix] = run.evaluation().confusion.values()
    [output] = findings_of([run.folder])["runs"][0]["outputs"]
    assert output["confusion"]["matrix"] == matrix.tolist()
    predicted = run.predict("steps.csv")
    assert predicted.shape == (40, 4) and set(predicted[0]) <= {"u", "v", None} and predicted[0, 2] is None


def test_numbers_for_each_pixel(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_data(tmp_path)
    run = load(trained("a number at each pixel", tmp_path))
    [residuals] = findings_of([run.folder])["runs"][0]["outputs"][0]["residuals"]
    assert residuals["root_mean_squared_error"] ** 2 == pytest.approx(run.evaluate()["loss"], rel=1e-4)
    assert sum(residuals["histogram"]["counts"]) == 36 * run.evaluation().rows


def test_a_constant_target_has_no_r2(tmp_path, monkeypatch):
    """The mean of its float64 numbers may differ from them by a rounding error, which is no variance."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text("a,b,sum\n" + "".join(f"{i % 7},{i % 5},0.1\n" for i in range(300)))
    config = table("sum", "{units: 1}", "mse", ", normalize: {sum: standard}").replace(", <script>", "")
    (tmp_path / "c.yaml").write_text(config)
    run = nnctl.train("c.yaml", folder="run")
    [residuals] = findings_of([run.folder])["runs"][0]["outputs"][0]["residuals"]
    assert residuals["r2"] is None and set(residuals["actual"]) == {0.1}
