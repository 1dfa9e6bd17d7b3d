"""model.safetensors: it is verified before it is used, and has the weights of the best epoch and the last ones."""

import json
import random
import shutil
import signal

import numpy as np
import pytest
from click.testing import CliRunner
from safetensors import safe_open
from safetensors.numpy import save_file

from nnctl import cli, config
from nnctl.api import load
from nnctl.errors import NnctlError, RunError
from nnctl.training import runner
from nnctl.training.model_file import load_model
from nnctl.training.safetensors_writer import pieces, signed, verified

CONFIG = """
dataset: iris
seed: 3
layers: [{Dense: {units: 8, activation: relu}}, {Dense: {units: 3, activation: softmax}}]
loss: sparse_categorical_crossentropy
optimizer: {adam: {learning_rate: 0.3}}
epochs: 12
batch_size: 16
engine: {threads: 1}
"""


def trained(folder, more="", text=CONFIG):
    ended = runner.train(config.loads(text + more), folder=folder)
    return ended


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run whose best epoch is not the last."""
    folder = tmp_path_factory.mktemp("saved") / "run"
    ended = trained(folder)
    assert ended.best_epoch < 12
    return folder


def flips(content: bytes, number: int):
    """Copies of it with one bit changed each, half of them in the header."""
    chance = random.Random(number)
    header = 8 + int.from_bytes(content[:8], "little")
    for i in range(number):
        bad = bytearray(content)
        at = chance.randrange(header) if i % 2 else chance.randrange(len(bad))
        bad[at] ^= 1 << chance.randrange(8)
        yield at, bytes(bad)


@pytest.mark.parametrize("number", [pytest.param(150), pytest.param(500, marks=pytest.mark.slow)])
def test_every_bit_flip_is_an_error_of_one_line(run, tmp_path, number):
    folder = tmp_path / "run"
    shutil.copytree(run, folder)
    path = folder / "model.safetensors"
    silent = []
    for at, bad in flips((run / "model.safetensors").read_bytes(), number):
        path.write_bytes(bad)
        try:
            load_model(path)
        except RunError as error:
            assert len(error.problems) == 1 and "\n" not in error.problems[0].message
            assert "damaged" in str(error) and "nnctl train --resume" in error.problems[0].hint
        else:
            silent.append(at)
    assert silent == []


@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 100, -9, -1])
def test_truncation_is_an_error(run, tmp_path, length):
    folder = tmp_path / "run"
    shutil.copytree(run, folder)
    path = folder / "model.safetensors"
    content = path.read_bytes()
    path.write_bytes(content[:length])
    with pytest.raises(RunError, match="damaged"):
        load_model(path)
    path.write_bytes(content + b"\0")
    with pytest.raises(RunError, match="damaged"):
        load_model(path)


def test_the_library_reads_the_file_and_its_bytes_are_the_runs_own(run, tmp_path):
    trained(tmp_path / "again")
    content = (run / "model.safetensors").read_bytes()
    assert (tmp_path / "again" / "model.safetensors").read_bytes() == content
    with safe_open(run / "model.safetensors", "numpy") as file:
        assert set(file.metadata()) == {"nnctl", "sha256"} and file.metadata()["sha256"] in content.decode("latin1")
        names = {"dense/kernel", "dense/bias", "dense_1/kernel", "dense_1/bias"}
        assert set(file.keys()) == names | {f"last:{name}" for name in names}
        model, _ = load_model(run / "model.safetensors")
        np.testing.assert_array_equal(file.get_tensor("dense/kernel"), model.program.view("dense/kernel"))


def test_a_signed_file_of_nothing_and_of_names_that_look_like_the_checksum(tmp_path):
    arrays = {"sha256": np.arange(3.0), '"sha256":"' + "0" * 64: np.zeros(0, np.float32)}
    for each in ({}, arrays):
        content = b"".join(signed(each, {"nnctl": '{"sha256":"' + "0" * 64 + '"}'}))
        assert verified(content)["nnctl"].startswith('{"sha256"')


def replaced(run, tmp_path, write):
    folder = tmp_path / "run"
    shutil.copytree(run, folder)
    write(folder / "model.safetensors")
    return folder


def about(run):
    return json.loads(verified((run / "model.safetensors").read_bytes())["nnctl"])


def test_files_of_earlier_and_later_formats_and_of_others_are_refused(run, tmp_path):
    weights = {"dense/kernel": np.zeros((4, 8), np.float32)}
    old = {**about(run), "format": "nnctl 1"}

    def signed_as(about, arrays=weights):
        return lambda path: path.write_bytes(b"".join(signed(arrays, {"nnctl": json.dumps(about)})))

    whole = load_model(run / "model.safetensors")[0].program.named_weights()
    spreads = {**whole, "dense/kernel": np.ones((1, 1), np.float32)}
    cases = {
        "earlier": (lambda path: save_file(weights, path, {"nnctl": json.dumps(old)}), "an earlier version of nnctl"),
        "later": (signed_as({**old, "format": "nnctl 99"}), "'nnctl 99'"),
        "unsigned": (lambda path: path.write_bytes(b"".join(pieces(weights, {"nnctl": json.dumps(about(run))}))),
                     "checksum is missing"),
        "of others": (lambda path: save_file(weights, path), "not a model written by nnctl"),
        "text": (lambda path: path.write_text("hello"), "not a model written by nnctl"),
        "of no metadata": (lambda path: path.write_bytes(b"".join(signed(weights, {}))), "damaged"),
        "of other weights": (signed_as(about(run)), "cannot be read"),
        "a shape that spreads": (signed_as(about(run), spreads), "shape"),
    }  # fmt: skip
    for name, (write, says) in cases.items():
        folder = replaced(run, tmp_path / name, write)
        with pytest.raises(RunError) as raised:
            load_model(folder / "model.safetensors")
        assert says in str(raised.value), name


def test_models_of_two_runs_that_are_swapped_are_told_apart(run, tmp_path):
    trained(tmp_path / "other", text=CONFIG.replace("units: 8", "units: 7"))
    folder = replaced(run, tmp_path, lambda path: shutil.copy(tmp_path / "other" / "model.safetensors", path))
    with pytest.raises(RunError, match="not this run's: its layers"):
        load(folder).evaluation()
    alone = tmp_path / "alone.safetensors"  # by itself it is a model as good as any
    shutil.copy(tmp_path / "other" / "model.safetensors", alone)
    assert load(alone).evaluation().rows == 30


def test_only_a_damaged_model_in_a_run_can_be_written_again(run, tmp_path):
    (tmp_path / "new.png").write_bytes(b"no model")
    with pytest.raises(RunError) as error:
        load_model(tmp_path / "new.png")
    assert error.value.problems[0].hint == "give the folder of a run, or its model.safetensors"
    shutil.copytree(run, tmp_path / "run")
    (tmp_path / "run" / "model.safetensors").write_bytes(b"no model")
    with pytest.raises(RunError) as error:
        load_model(tmp_path / "run" / "model.safetensors")
    assert f"nnctl train --resume {tmp_path / 'run'} writes it again" in error.value.problems[0].hint


@pytest.mark.parametrize("damage", ["missing", "flipped", "another's", "of the former format"])
def test_a_finished_run_gets_its_model_again(run, tmp_path, damage):
    folder = tmp_path / "run"
    shutil.copytree(run, folder)
    path = folder / "model.safetensors"
    expected = path.read_bytes()
    if damage == "missing":
        path.unlink()
    elif damage == "flipped":
        path.write_bytes(expected[:-1] + bytes([expected[-1] ^ 1]))
    elif damage == "another's":
        trained(tmp_path / "other", text=CONFIG.replace("epochs: 12", "epochs: 2"))
        shutil.copy(tmp_path / "other" / "model.safetensors", path)
    else:
        save_file({"a": np.zeros(1)}, path, {"nnctl": json.dumps({"format": "nnctl 1"})})
    metrics = (folder / "metrics.csv").read_bytes()
    result = CliRunner().invoke(cli.program, ["train", "--resume", str(folder)])
    assert result.exit_code == 0, result.output
    assert "the run is finished" in result.output and "written" in result.output
    assert path.read_bytes() == expected and (folder / "metrics.csv").read_bytes() == metrics
    again = CliRunner().invoke(cli.program, ["train", "--resume", str(folder)])
    assert again.exit_code == 2 and "the run is finished: it has trained its 12 epochs" in again.stderr


def metrics_of(folder):
    lines = [line.split(",") for line in (folder / "metrics.csv").read_text().splitlines()]
    return {name: [float(line[i]) for line in lines[1:]] for i, name in enumerate(lines[0])}


def test_eval_and_predict_use_the_best_epochs_weights_and_say_so(run):
    rows = metrics_of(run)
    best = int(np.argmin(rows["val_loss"])) + 1
    for weights, epoch in ((None, best), ("best", best), ("last", 12)):
        found = load(run, weights=weights).evaluation(split="validation")
        assert found.metrics["loss"] == pytest.approx(rows["val_loss"][epoch - 1], rel=1e-6)
        assert found.kept.epoch == epoch and found.kept.weights == (weights or "best")
    assert found.kept.monitor is None
    iris = load(run).evaluation(split="validation").kept
    assert iris.monitor == "val_loss" and iris.value == pytest.approx(min(rows["val_loss"]))


def test_the_commands_take_weights(run, tmp_path):
    def nnctl(*arguments):
        result = CliRunner().invoke(cli.program, [str(a) for a in arguments])
        assert result.exit_code == 0, result.output
        return result.stdout

    (tmp_path / "new.csv").write_text("sepal_length,sepal_width,petal_length,petal_width\n6.1,2.9,4.8,1.6\n")
    best = int(np.argmin(metrics_of(run)["val_loss"])) + 1
    said = {w: nnctl("eval", run, *(["--weights", w] if w else [])) for w in ("", "best", "last")}
    assert said[""] == said["best"] != said["last"]
    assert f"weights of epoch {best}, the best by val_loss" in said["best"]
    assert "weights of epoch 12, the last" in said["last"]
    assert json.loads(nnctl("eval", run, "--weights", "last", "--json"))["kept"] == {
        "weights": "last", "epoch": 12, "iteration": None, "monitor": None, "value": None}  # fmt: skip
    p = {w: nnctl("predict", run, tmp_path / "new.csv", *(["--weights", w] if w else [])) for w in ("", "best", "last")}
    assert p[""] == p["best"] != p["last"]
    assert CliRunner().invoke(cli.program, ["eval", str(run), "--weights", "first"]).exit_code == 2


def test_the_test_table_is_of_the_weights_that_eval_uses(tmp_path):
    for keep in ("best", "last"):
        ended = trained(tmp_path / keep, f"keep: {keep}\n")
        assert ended.kept.weights == keep and ended.kept.epoch == (ended.best_epoch if keep == "best" else 12)
        assert load(tmp_path / keep).evaluation().metrics == ended.test
        events = [json.loads(line) for line in (tmp_path / keep / "events.jsonl").read_text().splitlines()]
        assert events[-1]["kept"]["weights"] == keep and events[-1]["kept"]["epoch"] == ended.kept.epoch
    best, last = (load(tmp_path / each, weights="last").evaluation().metrics for each in ("best", "last"))
    assert best == last  # keep chooses which weights are used, not which are saved


def test_keep_can_be_changed_later(run, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(run, folder)
    result = CliRunner().invoke(cli.program, ["train", "--resume", str(folder), "--set", "keep=last"])
    assert result.exit_code == 0 and "eval and predict now use the last weights" in result.output
    assert load(folder).evaluation().kept.epoch == 12
    assert load(folder, weights="best").evaluation().metrics == load(run).evaluation().metrics


def test_without_validation_the_last_weights_are_used(tmp_path):
    text = CONFIG.replace("dataset: iris", "dataset: {name: iris, split: {validation: 0}}")
    ended = trained(tmp_path / "run", text=text)
    assert ended.kept.weights == "last" and ended.kept.epoch == 12
    assert load(tmp_path / "run").evaluation().kept.weights == "last"
    assert load(tmp_path / "run", weights="best").evaluation().kept.monitor == "loss"


@pytest.mark.parametrize(
    ("callbacks", "monitor", "bigger"),
    [
        ("[{ModelCheckpoint: {monitor: val_accuracy}}]", "val_accuracy", True),
        ("[{EarlyStopping: {monitor: val_accuracy, patience: 99}}]", "val_accuracy", True),
        (
            "[{EarlyStopping: {monitor: loss, patience: 99}}, {ModelCheckpoint: {monitor: val_accuracy}}]",
            "val_accuracy",
            True,
        ),
        ("[{ModelCheckpoint: {monitor: val_accuracy, mode: min}}]", "val_accuracy", False),
        ("[{ReduceLROnPlateau: {monitor: loss}}]", "val_loss", False),
    ],
)
def test_the_best_is_chosen_by_what_a_callback_monitors(tmp_path, callbacks, monitor, bigger):
    ended = trained(tmp_path / "run", f"callbacks: {callbacks}\n")
    values = metrics_of(tmp_path / "run")[monitor]
    best = values.index(max(values) if bigger else min(values)) + 1
    assert (ended.best_epoch, ended.kept.epoch, ended.kept.monitor) == (best, best, monitor)


@pytest.mark.parametrize(
    "stopping", ["patience: 2", "patience: 2, min_delta: 0.05", "patience: 2, start_from_epoch: 4", "patience: 99"]
)
def test_what_early_stopping_restores_is_the_best_and_the_last(tmp_path, stopping):
    """As in Keras, the model ends with the restored weights, so the best and the last are the same."""
    events = []
    given = config.loads(f"{CONFIG}callbacks: [{{EarlyStopping: {{{stopping}, restore_best_weights: true}}}}]\n")
    ended = runner.train(given, folder=tmp_path / "run", subscribers=[events.append])
    [said] = [e.text for e in events if type(e).__name__ == "Said" and "are restored" in e.text]
    assert f"the weights of epoch {ended.best_epoch}, the best" in said
    stars = [e.epoch for e in events if type(e).__name__ == "EpochEnded" and e.is_best]
    assert stars[-1] == ended.best_epoch == ended.kept.epoch
    model, _ = load_model(tmp_path / "run" / "model.safetensors", "last")
    assert model.kept.epoch == ended.best_epoch
    assert about(tmp_path / "run")["kept"]["best"]["epoch"] == ended.best_epoch
    with safe_open(tmp_path / "run" / "model.safetensors", "numpy") as file:
        assert not [name for name in file.keys() if ":" in name]  # noqa: SIM118
    found = load(tmp_path / "run").evaluation(split="validation").metrics["loss"]
    assert found == pytest.approx(metrics_of(tmp_path / "run")["val_loss"][ended.best_epoch - 1], rel=1e-6)


def test_a_run_that_trains_on_is_as_if_it_had_not_ended(tmp_path):
    """The weights that EarlyStopping restores at the end are in the model; training continues from the last epoch."""
    more = "callbacks: [{EarlyStopping: {patience: 99, restore_best_weights: true}}]\n"
    trained(tmp_path / "whole", more)
    trained(tmp_path / "half", more, CONFIG.replace("epochs: 12", "epochs: 7"))
    runner.resume(tmp_path / "half", overrides=["epochs=12"])
    assert metrics_of(tmp_path / "half") == metrics_of(tmp_path / "whole")
    for weights in ("best", "last"):
        half, whole = (load_model(tmp_path / each / "model.safetensors", weights)[0] for each in ("half", "whole"))
        np.testing.assert_array_equal(half.program.parameters, whole.program.parameters)


def test_a_run_that_was_stopped_in_its_first_epoch_has_no_best_weights(tmp_path):
    def listen(event):
        if type(event).__name__ == "IterationEnded":
            signal.raise_signal(signal.SIGINT)

    text = CONFIG.replace("{threads: 1}", "{threads: 1, fuse: []}")  # each iteration is told of by itself
    ended = runner.train(config.loads(text), folder=tmp_path / "run", subscribers=[listen])
    assert (ended.best_epoch, ended.kept.weights, ended.kept.epoch, ended.kept.iteration) == (None, "last", 1, 1)
    with pytest.raises(NnctlError, match="no best weights"):
        load_model(tmp_path / "run" / "model.safetensors", "best")
    assert load(tmp_path / "run").predictions(str(iris_path())).columns


def iris_path():
    from nnctl.data.catalog.bundled import bundled_path

    return bundled_path("iris")
