"""Kinds of fault that were found once, each by the small input that showed it: see tests/kinds/."""

import csv
import io
import json
import runpy
import shutil
from pathlib import Path

import numpy as np
import pytest
from cli.small_runs import nnctl

from nnctl.config import load
from nnctl.data.columns.column_format import ColumnFormat
from nnctl.training.model import load_data

KINDS = Path(__file__).parent / "kinds"


@pytest.fixture
def kind(request, tmp_path, monkeypatch):
    """A copy of the folder that the test is named after, as the current folder."""
    name = request.function.__name__.removeprefix("test_")
    [folder] = [each for each in KINDS.iterdir() if each.name.replace("-", "_").replace("^", "_") == name]
    shutil.copytree(folder, tmp_path / "kind")
    monkeypatch.chdir(tmp_path / "kind")
    if Path("make.py").exists():
        runpy.run_path("make.py")
    return tmp_path / "kind"


def ok(*arguments):
    result = nnctl(*arguments)
    assert result.exit_code == 0, result.output
    return result


def refused(*arguments):
    result = nnctl(*arguments)
    assert result.exit_code == 2 and "bug" not in result.output, result.output
    return " ".join(result.stderr.split())


def said(result):
    return " ".join((result.stdout + result.stderr).split())


def rows(result):
    return list(csv.DictReader(io.StringIO(result.stdout)))


def evaluated(run, *arguments):
    return json.loads(ok("eval", run, "--json", *arguments).stdout)


def data(config):
    return load_data(load(config))


def epochs(run):
    with (Path(run) / "metrics.csv").open(newline="", encoding="utf-8") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


# What a column means


def test_late_decimals(kind):
    Path("jsonl.yaml").write_text(
        Path("c.yaml").read_text(encoding="utf-8").replace("late.tsv", "late.jsonl"), encoding="utf-8"
    )
    for config in ("c.yaml", "jsonl.yaml"):
        run = kind / config.removesuffix(".yaml")
        ok("train", config, "--quiet", "--run", run)
        assert evaluated(run)["metrics"]["mae"] < 1e-4
        assert evaluated(run, "--data", "last.tsv")["metrics"]["mae"] < 1e-4


def test_late_words(kind):
    loaded = data("code.yaml").preprocessing.inputs["input"].features
    assert {each.name: each.words for each in loaded if hasattr(each, "words")} == {
        "code": (*map(str, range(9)), "A1"), "sex": ("F", "M"),
    }  # fmt: skip
    with open("late.csv", encoding="utf-8") as file:
        Path("late2.csv").write_text("".join(line.split(",", 1)[1] for line in file), encoding="utf-8")
    Path("sex2.yaml").write_text(
        Path("sex2.yaml").read_text(encoding="utf-8").replace(", ignore: [code]", ""), encoding="utf-8"
    )
    assert data("sex2.yaml").preprocessing.inputs["input"].features[0].words == ("F", "M")


def test_ids_beyond_2_53(kind):
    for config in ("csv.yaml", "parquet.yaml"):
        loaded = data(config)
        assert (sum(loaded.rows.values()), loaded.input_shapes["input"]) == (24, (2, 1))
    Path("csv_category.yaml").write_text(
        Path("cat.yaml").read_text(encoding="utf-8").replace("ids.parquet", "ids.csv"), encoding="utf-8"
    )
    for config in ("cat.yaml", "csv_category.yaml"):
        words = {
            word
            for each in data(config).preprocessing.inputs["input"].features
            if each.name == "id"
            for word in each.words
        }
        assert all(int(word) in range(1161888007138312192, 1161888007138326192) for word in words)
        assert {int(word) % 2 for word in words} == {0, 1}  # neighbours stay apart


def test_predict_F_is_false(kind):
    ok("train", "c.yaml", "--quiet", "--run", "r")
    [alone], [first, _] = rows(ok("predict", "r", "one.csv")), rows(ok("predict", "r", "two.csv"))
    assert alone == first and float(alone["probability_hi"]) > 0.9


def test_date_at_predict(kind):
    ok("train", "c.yaml", "--quiet", "--run", "r")
    message = refused("predict", "r", "p1.csv")
    assert "row 1" in message and '"2024-01-12"' in message and 'column "day"' in message
    [alone], [first, _] = rows(ok("predict", "r", "p2.csv")), rows(ok("predict", "r", "p3.csv"))
    assert alone == first and float(alone["probability_A"]) > 0.9


def test_yes_no_classes(kind):
    Path("c.yaml").write_text(
        Path("c.yaml").read_text(encoding="utf-8").replace("# class_weight", "class_weight"), encoding="utf-8"
    )
    ok("train", "c.yaml", "--quiet", "--run", "r")
    answers = rows(ok("predict", "r", "p.csv"))
    assert [each["label"] for each in answers] == ["no", "yes"]
    assert all({"probability_no", "probability_yes"} <= set(each) for each in answers)


def test_None_is_a_class(kind):
    assert data("json.yaml").targets["dense"].classes == ("Mild", "None", "Severe")
    assert data("land.yaml").preprocessing.inputs["input"].features[-1].words == ("DE", "NA")
    message = refused("check", "csv.yaml")
    assert "'None'" in message and "`missing_values: []`" in message
    assert '"level"' in message
    Path("csv.yaml").write_text(
        Path("csv.yaml").read_text(encoding="utf-8").replace("target: level", "target: level, missing_values: []"),
        encoding="utf-8",
    )
    assert data("csv.yaml").targets["dense"].classes == ("Mild", "None", "Severe")


def test_numbers_as_words(kind):
    for config, columns in (("eu.yaml", ["len", "wid"]), ("money.yaml", ["price", "rate", "cost", "gain"]),
                            ("str.yaml", ["price", "n"])):  # fmt: skip
        loaded = data(config)
        assert loaded.preprocessing.inputs["input"].columns == tuple((name, "number") for name in columns)
        written = [name for name in columns if loaded.preprocessing.formats[name] != ColumnFormat("number", whole=True)]
        assert all(any(f'"{name}"' in note and "`categorical:" in note for note in loaded.notes) for name in written)
    table = {f.name: f for f in data("money.yaml").preprocessing.inputs["input"].features}
    assert 1000 < table["price"].shift < 2100 and 0 < table["rate"].shift < 9 and 10 < table["cost"].shift < 40


def test_text_sorted_by_letter(kind):
    for config in ("time.yaml", "de.yaml"):
        assert data(config).test.names.tolist() == [16, 17, 18, 19, 20]
    loaded = data("step.yaml")
    assert np.asarray(loaded.train.inputs["input"])[0].ravel().tolist() == [*range(1, 12)]


# Files


def test_csv_header(kind):
    for config, names in (("newline.csv.yaml", ["length\n(cm)", "b"]), ("sep.csv.yaml", ["a", "b"]),
                          ("UP.CSV.GZ.yaml", ["a", "b"])):  # fmt: skip
        assert [name for name, _ in data(config).preprocessing.inputs["input"].columns] == names
    message = refused("check", "space.csv.yaml")
    assert "'?'" in message and 'column "work"' in message
    text = Path("space.csv.yaml").read_text(encoding="utf-8").replace("target: y", "target: y, missing: category")
    Path("space.csv.yaml").write_text(text, encoding="utf-8")
    loaded = data("space.csv.yaml")
    assert loaded.targets["dense"].classes == ("A", "B")
    assert "(missing)" in next(f for f in loaded.preprocessing.inputs["input"].features if f.name == "work").words


def test_mixed_line_ends(kind):
    loaded = data("c.yaml")
    assert sum(loaded.rows.values()) == 16 and any("line endings" in note for note in loaded.notes)


def test_parquet_list_types(kind):
    assert data("dec.yaml").preprocessing.features == ("x",)
    for config, words in (("ts.yaml", ['"seen" holds lists of dates']),
                          ("time.yaml", ['"at" holds times of day', '"b" holds bytes'])):  # fmt: skip
        loaded = data(config)
        assert loaded.preprocessing.features == ("x",)
        assert all(any(word in note for note in loaded.notes) for word in words)
    assert "mixed types (numbers and words)" in refused("check", "mixed.yaml")


def test_transparent_images(kind):
    pytest.importorskip("PIL")
    for config, noted in (("icons.yaml", "transparen"), ("deep.yaml", None)):
        run = kind / f"run_{config}"
        ok("train", config, "--quiet", "--run", run)
        assert evaluated(run, "--split", "train")["metrics"]["accuracy"] == 1
        assert noted is None or any(noted in note for note in data(config).notes)


# What eval and predict say


def test_predict_says_nothing(kind):
    ok("train", "c.yaml", "--quiet", "--run", "r")
    for result in (ok("predict", "r", "p.csv"), ok("eval", "r", "--data", "e.csv")):
        notes = " ".join(result.stderr.split())
        assert "green" in notes and "median" in notes
    assert 'column "colour"' in " ".join(ok("predict", "r", "p.csv").stderr.split())


def test_computed_target(kind):
    ok("train", "c.yaml", "--quiet", "--run", "r")
    ok("train", "c2.yaml", "--quiet", "--run", "r2")
    answers = rows(ok("predict", "r", "new.csv"))
    assert len(answers) == 20
    assert rows(ok("predict", "r2", "new.csv")) == answers
    assert rows(ok("predict", "r2", "w.csv"))[:20] == answers and len(rows(ok("predict", "r2", "w.csv"))) == 300


# Metrics


def test_weighted_metrics(kind):
    ok("train", "a.yaml", "--quiet", "--run", "r")
    [epoch] = epochs("r")
    assert epoch["accuracy"] == evaluated("r", "--split", "train")["metrics"]["accuracy"] == 0.5


def test_auc_of_logits(kind):
    for loss in ("{binary_crossentropy: {from_logits: true}}", "hinge"):
        text = (KINDS / "auc-of-logits" / "a.yaml").read_text(encoding="utf-8")
        Path("a.yaml").write_text(text.replace("{binary_crossentropy: {from_logits: true}}", loss), encoding="utf-8")
        run = kind / loss[:5].strip("{")
        ok("train", "a.yaml", "--quiet", "--run", run)
        for epoch in epochs(run):
            assert epoch["val_auc"] == pytest.approx(0.875, abs=1e-4)


def test_auto_direction_numbered(kind):
    result = ok("train", "a.yaml", "--run", "r")
    best = max(epochs("r"), key=lambda epoch: epoch["val_auc_1"])
    assert best["epoch"] == 5 and "weights of epoch 5, the best, are restored" in said(result)


def test_f1_absent_class():
    from nnctl.nn.metrics import resolve
    from nnctl.nn.metrics.scores import F1Score

    truth, guess = np.array([0, 0, 1, 1, 1]), np.eye(3)[[0, 1, 1, 1, 0]]
    for average, right in (("macro", (0.5 + 2 / 3 + 0) / 3), ("micro", 0.6), ("weighted", (2 * 0.5 + 3 * 2 / 3) / 5)):
        metric = resolve(F1Score(average=average), "integer", (3,), False)
        state = metric.start()
        metric.update(state, truth, guess, None)
        assert float(metric.result(state)) == pytest.approx(right)


def test_empty_row_average(kind):
    for config in ("a.yaml", "b.yaml"):
        ok("train", config, "--quiet", "--run", kind / config.removesuffix(".yaml"))
        assert all(np.isfinite(list(epoch.values())).all() for epoch in epochs(kind / config.removesuffix(".yaml")))
    answers = rows(ok("predict", "a", "d.csv"))
    assert all(value for answer in answers for name, value in answer.items() if name.startswith("probability"))


def test_soft_targets(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("d.csv").write_text("x,y\n" + "".join(f"{i},{i / 39}\n" for i in range(40)), encoding="utf-8")
    Path("k.csv").write_text("x,y\n" + "".join(f"{i},{'ab'[i % 2]}\n" for i in range(40)), encoding="utf-8")
    for file, units, loss in (("d.csv", 1, "binary_crossentropy"), ("k.csv", 2, "sparse_categorical_crossentropy")):
        Path("c.yaml").write_text(f"dataset: {{path: {file}, target: y}}\n"
                                  f"layers: [{{Dense: {{units: {units}, activation: sigmoid}}}}]\n"
                                  f"loss: {loss}\nepochs: 2\n", encoding="utf-8")  # fmt: skip
        ok("train", "c.yaml", "--quiet", "--run", file[0])
        assert all(np.isfinite(list(epoch.values())).all() for epoch in epochs(file[0]))


# Hints


def test_missing_mixed(kind):
    message = refused("check", "c.yaml")
    start = message.index("`missing: {") + 1
    hint = message[start : message.index("}", start) + 1]
    text = Path("c.yaml").read_text(encoding="utf-8")
    assert "Sex" in hint and "Body Mass (g)" in hint
    Path("c.yaml").write_text(text.replace("target: y,", f"target: y, {hint},"), encoding="utf-8")
    ok("check", "c.yaml")
    Path("c.yaml").write_text(text.replace("target: y,", "target: y, missing: drop,"), encoding="utf-8")
    assert "2 of 10 rows" in said(ok("check", "c.yaml"))


def test_sql_hint(kind):
    result = said(ok("check", "c.yaml", "--set", "dataset.missing=drop"))
    start = result.index("`query: ") + len("`query: ")
    query = result[start : result.index("`", start)]
    assert "Date Egg" in query
    ok("check", "c.yaml", "--set", "dataset.missing=drop", "--set", f"dataset.query={json.dumps(query)}")


def test_text_not_named(kind):
    assert "`text: {column: body}`" in refused("check", "c.yaml")
    Path("c.yaml").write_text(
        Path("c.yaml").read_text(encoding="utf-8").replace("target: kind", "target: kind, text: {column: body}"),
        encoding="utf-8",
    )
    ok("check", "c.yaml")


def test_poisson_linear(kind):
    assert "activation: exponential" in refused("check", "c.yaml")
    assert "activation: exponential" in refused("train", "c.yaml", "--run", "r")
    assert not Path("r").exists()


def test_every_kind_has_a_test():
    names = {name.removeprefix("test_") for name in globals() if name.startswith("test_")}
    folders = {each.name.replace("-", "_").replace("^", "_") for each in KINDS.iterdir() if each.is_dir()}
    assert folders <= names
