"""Weights are checked after the update as well: no run keeps weights that are not finite or have overflowed, or ends
well with them."""

import math

import numpy as np
import pytest
from click.testing import CliRunner

from nnctl import cli, config, kernels
from nnctl.data.load import load_fitted
from nnctl.errors import TrainingError
from nnctl.training import checkpoint, loop, runner
from nnctl.training.checks.weights import fault_of
from nnctl.training.events import EpochEnded, IterationEnded, IterationsEnded, RunEnded
from nnctl.training.model import Model
from nnctl.training.model_file import load_model

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")
INF, NAN = math.inf, math.nan

CONFIG = """
dataset: {name: diabetes, split: {validation: VALIDATION, test: 0.2}}
layers: [{Dense: {units: 8, activation: relu}}, BatchNormalization, {Dense: {units: 1}}]
loss: mse
optimizer: {OPTIMIZER: {learning_rate: RATE}}
epochs: EPOCHS
batch_size: BATCH
engine: {threads: 1}
"""


def config_text(optimizer="sgd", rate=0.01, epochs=3, batch="64", validation=0.2, text=CONFIG):
    for key, value in dict(OPTIMIZER=optimizer, RATE=rate, EPOCHS=epochs, BATCH=batch, VALIDATION=validation).items():
        text = text.replace(key, str(value))
    return config.loads(text)


@pytest.fixture(scope="module")
def model():
    given = config_text()
    data = runner.load_data(given)
    return Model.build(given, data.input_shapes, data.targets)


@pytest.mark.parametrize(
    ("buffer", "place", "value", "says"),
    [
        (None, None, None, None),
        ("parameters", 3, NAN, "weight 'dense/kernel' is not finite"),
        ("parameters", 3, INF, "weight 'dense/kernel' is not finite"),
        ("parameters", -1, -INF, "'dense_1/bias' is not finite"),
        ("parameters", 3, 1e30, "weight 'dense/kernel' has overflowed to 1e+30"),
        ("parameters", 3, -3e19, "weight 'dense/kernel' has overflowed to 3e+19"),
        ("parameters", 3, 1e15, None),  # large, but what is computed of it is finite
        ("state", 0, NAN, "moving_mean' is not finite"),
        ("state", -1, INF, "moving_variance' is not finite"),
        ("state", -1, 1e30, None),  # a variance is the square of something
        ("slot", 0, NAN, "m of 'dense/kernel', in the optimizer state, is not finite"),
        ("slot", 0, 1e30, None),
    ],
)
def test_what_is_wrong_is_named(model, buffer, place, value, says):
    program = model.program
    buffers = {"parameters": program.parameters, "state": program.state, "slot": np.zeros_like(program.parameters)}
    if buffer is None:
        assert fault_of(program, {"m": buffers["slot"]}) is None
        return
    before = buffers[buffer].copy()
    buffers[buffer][place] = value
    try:
        found = fault_of(program, {"m": buffers["slot"]})
    finally:
        buffers[buffer][...] = before
    assert found is None if says is None else says in found


def blown(tmp_path, given, name="run", **more):
    events = []
    with pytest.raises(TrainingError) as raised:
        runner.train(given, folder=tmp_path / name, subscribers=[events.append, *more.get("listeners", ())])
    assert isinstance(events[-1], RunEnded) and events[-1].reason == "nan"
    return str(raised.value), events


def assert_good(folder):
    """Everything that the run keeps is finite and gives finite predictions."""
    for weights in (None, "last"):
        model, preprocessing = load_model(folder / "model.safetensors", weights)
        assert fault_of(model.program, {}) is None
        data = load_fitted(preprocessing)
        assert math.isfinite(model.compute_metrics(data.train)["loss"])
    for path in (folder / "checkpoints").glob("*"):
        found = checkpoint.load(path)
        for name, array in found.arrays.items():
            assert np.isfinite(array).all(), f"{path.name} {name}"


@pytest.mark.parametrize("fuse", ["chain", "no chain"])
@pytest.mark.parametrize(
    ("optimizer", "rate", "epochs", "batch", "validation"),
    [
        # one step in all, the last of the run: its own loss was finite
        ("sgd", 1e30, 1, "all", 0.2), ("sgd", 1e30, 1, "all", 0), ("sgd", 1e38, 1, "all", 0.2),
        ("adam", 1e30, 1, "all", 0.2),
        ("adam", 1e19, 1, "all", 0), ("lion", 1e37, 1, "all", 0.2), ("momentum", 1e35, 1, "all", 0.2),
        # the last step of an epoch, then the next
        ("sgd", 1e30, 3, "all", 0.2), ("adam", 1e25, 3, "all", 0.2), ("sgd", 1e30, 3, "64", 0.2),
        ("rmsprop", 1e30, 2, "100", 0),
        ("sgd", 10.0, 50, "64", 0.2),
    ],
)  # fmt: skip
def test_no_run_ends_well_with_weights_that_have_overflowed(tmp_path, fuse, optimizer, rate, epochs, batch, validation):
    text = CONFIG.replace("BatchNormalization, ", "") if fuse == "chain" else CONFIG
    given = config_text(optimizer, rate, epochs, batch, validation, text)
    message, events = blown(tmp_path, given)
    assert "epoch" in message and "learning_rate below" in message and "were saved" in message
    assert events[-1].kept is not None
    assert_good(tmp_path / "run")


@pytest.mark.skipif(not kernels.installed(), reason="Numba is not installed")
@pytest.mark.parametrize("rate", [1e30, 1e12, 30.0])
def test_many_steps_in_one_call_are_checked_as_well(tmp_path, monkeypatch, rate):
    monkeypatch.setenv(kernels.SWITCH, "numba")
    text = CONFIG.replace("BatchNormalization, ", "").replace("OPTIMIZER", "adam" if rate == 1e30 else "sgd")
    text = text.replace("RATE", str(rate)).replace("EPOCHS", "30").replace("BATCH", "16").replace("VALIDATION", "0.2")
    seen = []
    blown(tmp_path, config.loads(text), listeners=[lambda event: seen.append(type(event))])
    assert IterationsEnded in seen or rate == 1e30
    assert_good(tmp_path / "run")


def planted(monkeypatch, step, harm):
    """After the update of that 1-based step, `harm(loop)` is done to the weights."""
    real = loop.Loop._train_step

    def train_step(self, batch, rows):
        real(self, batch, rows)
        if self.step == step:
            harm(self)

    monkeypatch.setattr(loop.Loop, "_train_step", train_step)


def put(buffer, value):
    def harm(run):
        if buffer == "slot":
            next(iter(run.optimizer.slots.values()))[0] = value
        else:
            getattr(run.model.program, buffer)[0] = value

    return harm


@pytest.mark.parametrize("buffer", ["parameters", "state", "slot"])
@pytest.mark.parametrize("value", [NAN, INF])
@pytest.mark.parametrize("step", [1, 3, 5, 14, 15])  # of an epoch of 5 steps, in 3 epochs
def test_a_bad_value_anywhere_is_never_kept(tmp_path, monkeypatch, buffer, value, step):
    planted(monkeypatch, step, put(buffer, value))
    _, events = blown(tmp_path, config_text("adam", 0.01, 3, "64"))
    assert_good(tmp_path / "run")
    epochs = [event for event in events if isinstance(event, EpochEnded)]
    assert len(epochs) == (step - 1) // 5  # the epoch in which it happened is none
    kept = events[-1].kept
    done = 5 * (kept.epoch - 1) + kept.iteration if kept.iteration else 5 * kept.epoch
    assert done < step


def test_resuming_continues_from_good_weights_with_a_note(tmp_path, monkeypatch):
    given = config_text("adam", 0.01, 3, "64")
    runner.train(given, folder=tmp_path / "whole")
    with monkeypatch.context() as patched:
        planted(patched, 8, put("parameters", NAN))
        blown(tmp_path, given)
    events = []
    runner.resume(tmp_path / "run", subscribers=[events.append])
    assert "training had diverged; it resumes from the last good weights" in " ".join(events[0].notes)
    one, other = ((tmp_path / name / "model.safetensors").read_bytes() for name in ("run", "whole"))
    assert one == other


def test_a_batch_whose_data_are_not_finite_leaves_the_weights_before_it(tmp_path, monkeypatch):
    """These weights are good; only the data are not."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(100, 3)).astype(np.float32), rng.normal(size=100).astype(np.float32)
    np.savez(tmp_path / "d.npz", x=x, y=y)
    given = config.loads(
        f"dataset: {{path: {tmp_path}/d.npz, split: {{validation: 0, test: 0}}}}\n"
        "layers: [{Dense: {units: 1}}]\nloss: mse\n"
        "epochs: 2\nbatch_size: 10\nengine: {threads: 1, fuse: []}\n"
    )
    real = loop.make_batch
    taken = []

    def bad(part, rows, **more):
        batch = real(part, rows, **more)
        if len(taken) == 6:
            next(iter(batch.inputs.values()))[0, 0] = NAN
        taken.append(1)
        return batch

    from nnctl.training import prefetch

    monkeypatch.setattr(prefetch, "make_batch", bad)
    message, events = blown(tmp_path, given)
    assert "first seen in input" in message
    assert (events[-1].kept.epoch, events[-1].kept.iteration) == (1, 6)
    assert checkpoint.newest(tmp_path / "run" / "checkpoints")[0].position["step"] == 6
    assert_good(tmp_path / "run")


def test_the_command_prints_one_error(tmp_path):
    result = CliRunner().invoke(
        cli.program,
        ["train", "diabetes", "--run", str(tmp_path / "r"), "--epochs", "1", "--set", "batch_size=all",
         "--set", "optimizer={sgd: {learning_rate: 1.0e+30}}"],
    )  # fmt: skip
    assert result.exit_code == 1 and result.stderr.count("error: ") == 1
    assert "overflowed" in " ".join(result.stderr.split())
    assert_good(tmp_path / "r")


def test_a_good_run_is_not_changed(tmp_path):
    seen = []
    runner.train(config_text("sgd", 0.001), folder=tmp_path / "run", subscribers=[seen.append])
    assert isinstance(seen[-1], RunEnded) and seen[-1].reason == "done"
    assert sum(isinstance(event, IterationEnded) for event in seen) == 15
    assert_good(tmp_path / "run")
