"""nnctl in a program: trained runs predict and are evaluated, from files and from rows in memory, like the commands."""

import csv
import gc
import json
import os
import subprocess
import sys
import threading

import numpy as np
import pytest
from click.testing import CliRunner

import nnctl
from nnctl import cli
from nnctl.data.catalog.bundled import bundled_path
from nnctl.errors import ConfigError, DataError, InputError, RunError
from nnctl.training.events import EpochEnded

TABLES = ("iris", "cars", "wine")
ARRAYS = ("digits", "japanese_vowels_gru")


@pytest.fixture(scope="session")
def runs(tmp_path_factory):
    """Trains a bundled config for one epoch when it is first asked for."""
    made = {}

    def run(name):
        if name not in made:
            made[name] = nnctl.train(name, epochs=1, folder=tmp_path_factory.mktemp("api") / name)
        return made[name]

    return run


def command(*arguments):
    """What a command prints as JSON."""
    done = CliRunner().invoke(cli.program, [*map(str, arguments), "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def path_of(run):
    [path] = run._preprocessing.dataset.path or [str(bundled_path(run.config["dataset"]["name"]))]
    return path


def columns_of(path):
    """The columns of a CSV file as a program would have them: numbers where all values are numbers."""
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: [_value(row[name]) for row in rows] for name in rows[0]}


def _value(word):
    if word in ("", "NA", "?"):
        return None
    try:
        return float(word)
    except ValueError:
        return word


@pytest.mark.parametrize("name", TABLES)
def test_columns_in_memory_are_predicted_as_the_file(name, runs):
    run = runs(name)
    columns = {key: values for key, values in columns_of(path_of(run)).items() if key in run.features}
    expected = run.predict(path_of(run))
    if name == "cars":  # rows without a target are predicted, too
        assert len(expected) == len(next(iter(columns.values())))
    np.testing.assert_array_equal(run.predict(columns), expected)
    records = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    np.testing.assert_array_equal(run.predict(records), expected)
    some = {key: values[7:8] for key, values in columns.items()}
    assert run.predict(some)[0] == pytest.approx(expected[7]) if expected.dtype.kind == "f" else expected[7]
    by_row = [[columns[key][row] for key in run.features] for row in range(5)]
    found = run.predict(by_row)
    if expected.dtype.kind == "f":
        np.testing.assert_allclose(found, expected[:5], rtol=1e-6)
    else:
        np.testing.assert_array_equal(found, expected[:5])


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_in_memory_are_predicted_as_the_file(name, runs, tmp_path):
    run = runs(name)
    with np.load(path_of(run)) as file:
        whole = {key: file[key] for key in file}
    entries = [
        each for entry in run._preprocessing.array_inputs.values() for each in (entry.array, entry.lengths) if each
    ]
    arrays = {key: next(whole[each] for each in (key, f"{key}_test") if each in whole)[:9] for key in entries}
    np.savez(tmp_path / "some.npz", **arrays)
    expected = run.predict(tmp_path / "some.npz")
    np.testing.assert_array_equal(run.predict(arrays), expected)
    if len(entries) == 1:
        np.testing.assert_array_equal(run.predict(arrays[entries[0]]), expected)
        np.testing.assert_array_equal(run.predict(arrays[entries[0]][:1]), expected[:1])


def test_several_outputs_are_a_dict(runs):
    run = runs("two_inputs_two_outputs")
    predicted = run.predict(path_of(run))
    assert tuple(predicted) == run.outputs and len(predicted) == 2
    assert tuple(run.classes) == run.outputs


def test_probabilities_are_those_of_the_classes(runs):
    run = runs("iris")
    probabilities = run.predict_proba(path_of(run))
    assert probabilities.shape == (150, 3)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)
    answers = np.array(run.classes)[probabilities.argmax(axis=1)]
    np.testing.assert_array_equal(run.predict(path_of(run)), answers)
    with pytest.raises(InputError, match="no probabilities"):
        runs("cars").predict_proba(path_of(runs("cars")))


def test_numbers_agree_with_the_commands(runs):
    run = runs("iris")
    assert run.evaluate() == command("eval", run.folder)["metrics"]
    assert run.evaluate(split="train") == command("eval", run.folder, "--split", "train")["metrics"]
    assert run.evaluate(path_of(run)) == command("eval", run.folder, "--data", path_of(run))["metrics"]
    assert run.evaluate(columns_of(path_of(run))) == run.evaluate(path_of(run))
    predicted = command("predict", run.folder, path_of(run))
    assert run.predict(path_of(run)).tolist() == [row["species"] for row in predicted]


def test_a_run_is_loaded_resumed_and_says_what_it_is(runs, tmp_path):
    run = nnctl.load(runs("iris").folder)
    assert run.features == ("sepal_length", "sepal_width", "petal_length", "petal_width")
    assert run.classes == ("setosa", "versicolor", "virginica")
    assert run.config["epochs"] == 1 and run.weights.epoch == 1 and run.ended is None
    assert nnctl.load(run.folder / "model.safetensors").classes == run.classes
    epochs = []
    longer = nnctl.train("iris", epochs=1, folder=tmp_path / "run")
    longer = nnctl.resume(
        tmp_path / "run", epochs=3, on_event=lambda e: epochs.append(e) if isinstance(e, EpochEnded) else 0
    )
    assert [each.epoch for each in epochs] == [2, 3] and longer.ended.epochs == 3
    with pytest.raises(RunError, match="nowhere"):
        nnctl.load(tmp_path / "nowhere")


def test_a_config_may_be_a_dict(tmp_path):
    config = {"dataset": "iris", "layers": [{"Dense": {"units": 3, "activation": "softmax"}}],
              "loss": "sparse_categorical_crossentropy", "optimizer": "adam"}  # fmt: skip
    run = nnctl.train(config, folder=tmp_path / "run", overrides={"optimizer.adam.learning_rate": 0.01}, epochs=2)
    assert run.config["optimizer"]["adam"]["learning_rate"] == 0.01 and run.ended.epochs == 2
    with pytest.raises(ConfigError, match="Dens"):
        nnctl.train({**config, "layers": ["Dens"]})


@pytest.mark.parametrize(("rows", "message"), [
    ({"sepal_length": [1.0]}, "lacks the columns sepal_width, petal_length, petal_width"),
    ([[1.0, 2.0]], r"an array of shape \(1, 2\) does not hold the columns"),
    (np.zeros(4), "does not hold the columns"),
    ({"sepal_length": [1.0, 2.0], "sepal_width": [1.0], "petal_length": [1.0], "petal_width": [1.0]},
     "different lengths: sepal_length 2, sepal_width 1"),
    ([["a", 1.0, 2.0, 3.0]], 'row 1 holds "a" in a column of numbers'),
    ({"sepal_length": [[1, 2]], "sepal_width": [1], "petal_length": [1], "petal_width": [1]}, "holds"),
    ({"sepal_length": 1.0, "sepal_width": 2.0, "petal_length": 1.0, "petal_widht": 1.0},
     "lacks the column petal_width\n.*did you mean petal_widht"),
    ({"sepal_length": 1.0, "sepal_width": 2.0, "petal_length": 1.0}, "lacks the column petal_width\n  hint: the model"),
    ({"sepal_length": [1.0, 2.0], "sepal_width": [1.0], "petal_length": 1.0, "petal_width": 1.0},
     'column "petal_length" is a single value, but others'),
    ([[1.0, 2.0, 3.0, 4.0], [1.0]], "do not form an array"),
    ([], "no rows"),
    (7, "cannot be given as int"),
    ("nowhere.csv", "no such file"),
])  # fmt: skip
def test_rows_that_do_not_fit_are_named(rows, message, runs):
    with pytest.raises(DataError, match=message):
        runs("iris").predict(rows)


def test_arguments_that_do_not_exist_are_named(runs, tmp_path):
    for call, message in (
        (
            lambda: runs("iris").evaluate(split="tset"),
            "there is no split 'tset'\n  hint: splits: train, validation, test",
        ),
        (lambda: nnctl.load(runs("iris").folder, weights="bset"), "weights are 'best' or 'last', not 'bset'"),
        (lambda: nnctl.train(None), "a config cannot be given as NoneType"),
        (lambda: nnctl.train("iris", overrides="epoch=3", save=False), "--set epoch=3: epoch: unknown key 'epoch'"),
    ):
        with pytest.raises(InputError, match=message):
            call()


def test_threads_get_the_numbers_of_one(runs):
    run = runs("iris")
    rows = columns_of(path_of(run))
    expected = run.predict_proba(rows)
    found = [None] * 8

    def predicts(at):
        for _ in range(5):
            found[at] = run.predict_proba(rows)

    threads = [threading.Thread(target=predicts, args=(at,)) for at in range(len(found))]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    for each in found:
        np.testing.assert_array_equal(each, expected)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
def test_a_forked_process_predicts_the_same(tmp_path):
    """It has neither the threads of the run that it inherits, nor the one that holds the run's lock."""
    program = tmp_path / "forked.py"
    program.write_text(
        """
import os, threading
import numpy as np
import nnctl

run = nnctl.train("digits_cnn", epochs=1, save=False, overrides={"engine.threads": 2})
x = np.random.default_rng(0).random((1500, 8, 8, 1), np.float32)
before = run.predict_proba(x)
assert threading.active_count() == 2, "the batch is to need a second thread"
run._lock.acquire()
child = os.fork()
if not child:
    os._exit(0 if np.array_equal(run.predict_proba(x), before) else 1)
_, status = os.waitpid(child, 0)
raise SystemExit(os.waitstatus_to_exitcode(status))
""",
        encoding="utf-8",
    )
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def test_threads_end_with_their_run(runs):
    before = set(threading.enumerate())
    run = nnctl.load(runs("digits_cnn").folder)
    run.model.executor.threads = 2
    run.predict(np.zeros((1500, 8, 8, 1), np.float32))
    [thread] = set(threading.enumerate()) - before
    del run
    gc.collect()
    thread.join(20)
    assert not thread.is_alive()


def test_a_program_keeps_its_own_settings(tmp_path):
    """Training, a config that is refused, predictions and reading images change nothing outside of nnctl."""
    program = tmp_path / "program.py"
    program.write_text(
        """
import decimal, gc, locale, os, pathlib, random, signal, sys, threading, warnings
import numpy as np
import nnctl
from nnctl.data.readers.images import read_image_folder
from nnctl.data.config import ImageSpec
from PIL import Image

def settings():
    return {
        "environment": os.environ.copy() | {"KMP_DUPLICATE_LIB_OK": "by threadpoolctl"},
        "warnings": list(warnings.filters), "signals": [signal.getsignal(each) for each in signal.valid_signals()],
        "numpy errors": np.geterr(), "numpy random": np.random.get_state()[1].tolist(), "random": random.getstate(),
        "gc": (gc.get_threshold(), gc.isenabled()), "locale": locale.setlocale(locale.LC_ALL),
        "decimal": decimal.getcontext().prec, "recursion": sys.getrecursionlimit(), "folder": os.getcwd(),
        "hooks": (sys.excepthook, sys.unraisablehook), "umask": os.umask(0o77), "threads": threading.active_count(),
    }

os.umask(0o77)
before = settings()
run = nnctl.train("digits_cnn", epochs=1, overrides={"engine.threads": 2})
run.predict(np.zeros((1500, 8, 8, 1), np.float32))
try:
    nnctl.train("iris", epochs="many")
except nnctl.errors.ConfigError:
    pass
for name in ("a", "b"):
    os.makedirs(f"photos/{name}")
    Image.new("L", (4, 4)).save(f"photos/{name}/1.png")
read_image_folder(pathlib.Path("photos"), ImageSpec())
run.close()
assert "pydantic" in sys.modules
now = settings()
changed = [name for name in before if now[name] != before[name]]
assert not changed, changed
""",
        encoding="utf-8",
    )
    done = subprocess.run([sys.executable, program], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def test_a_program_imports_neither_rich_nor_click(runs):
    code = (
        "import sys, json; before = set(sys.modules); import nnctl; light = len(set(sys.modules) - before);"
        f"run = nnctl.load({str(runs('iris').folder)!r}); run.predict([[5.1, 3.5, 1.4, 0.2]]);"
        "print(json.dumps([light, sorted({'rich', 'click'} & set(sys.modules))]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    light, heavy = json.loads(done.stdout)
    assert light < 10 and heavy == []


def test_a_query_sees_rows_in_memory(tmp_path):
    with open(tmp_path / "w.csv", "w", encoding="utf-8") as file:
        file.write("temp,rain,kind\n" + "".join(f"{t},{t % 3},{'snow' if t < 0 else 'dry'}\n" for t in range(-20, 20)))
    config = {"dataset": {"path": str(tmp_path / "w.csv"), "target": "snow",
                          "query": "select temp, temp * 2 as double, (kind = 'snow')::int as snow from data"},
              "layers": [{"Dense": {"units": 1, "activation": "sigmoid"}}], "loss": "binary_crossentropy"}  # fmt: skip
    run = nnctl.train(config, folder=tmp_path / "run")
    expected = run.predict_proba(tmp_path / "w.csv")
    columns = columns_of(tmp_path / "w.csv")
    np.testing.assert_array_equal(run.predict_proba(columns), expected)
