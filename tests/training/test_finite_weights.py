"""Weights, optimizer slots and moving averages that stop being finite: the run ends before the bad update."""

import itertools
import re

import numpy as np
import pytest
from safetensors.numpy import load_file

from nnctl import config, kernels
from nnctl.engine.optimizer_step import OptimizerStep
from nnctl.errors import TrainingError
from nnctl.training import checkpoint, divergence_guard, loop, multi_step, runner
from nnctl.training.events import Said

CONFIG = """
dataset: {{path: {folder}/rows.npz{split}}}
seed: 3
layers:
{layers}
loss: {loss}
optimizer: {optimizer}
epochs: {epochs}
batch_size: {batch}
engine: {{threads: {threads}{engine}}}
{more}
"""
NETWORK = """
  - Dense: {units: 6, activation: tanh}
  - Dense: {units: 1}
"""
LINEAR = "  - Dense: {units: 1}\n"
NORMALIZED = "  - BatchNormalization\n" + LINEAR
NO_SPLIT = ", split: {validation: 0, test: 0}"
ROWS, BATCH, EPOCHS = 24, 8, 2  # three iterations an epoch, six in all
LAST = 3 * EPOCHS


@pytest.fixture
def train(tmp_path, monkeypatch):
    """Trains on y = x . (1, 2, 3) / 4 and returns the error and the run's folder."""

    def run(*, scale=1.0, kernel="numpy", plant=None, **values):
        monkeypatch.setenv(kernels.SWITCH, kernel)
        x = np.random.default_rng(0).standard_normal((ROWS, 3)).astype(np.float32)
        y = x @ np.float32([1, 2, 3]) / 4
        np.savez(tmp_path / "rows.npz", x=x * np.float32(scale), y=y)
        defaults = {
            "layers": NETWORK, "loss": "mse", "optimizer": "sgd", "epochs": EPOCHS, "batch": BATCH, "threads": 1,
            "engine": "", "split": NO_SPLIT, "more": "", "folder": tmp_path,
        }  # fmt: skip
        built = config.loads(CONFIG.format(**{**defaults, **values}))
        if plant:
            plant(monkeypatch)
        folder = tmp_path / "run"
        try:
            return runner.train(built, folder=folder), folder
        except TrainingError as error:
            return error, folder

    return run


def blow_up_of(error):
    """(epoch, iteration, what) of the error."""
    assert isinstance(error, TrainingError), f"the run ended well: {error}"
    assert error.exit_code == 1
    message = error.problems[0].message
    found = re.search(r"training has diverged at epoch (\d+), iteration (\d+): after its update, (.*)", message)
    assert found, str(error)
    return int(found[1]), int(found[2]), found[3]


def all_arrays(folder):
    """Every array of floats that the run's folder holds."""
    for path in [folder / "model.safetensors", *folder.glob("checkpoints/*/arrays.safetensors")]:
        if path.exists():
            yield from ((path, name, a) for name, a in load_file(path).items() if a.dtype.kind == "f")


def check_kept(folder, steps):
    """Everything that is kept is finite, and --resume continues after so many steps."""
    names = set()
    for path, name, array in all_arrays(folder):
        names.add(path.name)
        assert np.isfinite(array).all(), f"{path}: {name}"
        if not name.startswith("slot/"):
            assert float(np.abs(array).max(initial=0)) < 1e19, f"{path}: {name}"
    assert "model.safetensors" in names
    found, skipped = checkpoint.newest(folder / "checkpoints")
    assert not skipped and found.position["step"] == steps


def at_step(step, rate=1e38, good=0.01):
    """A schedule of which the 0-based step has a rate that no weights survive."""
    boundaries, values = ([step - 1, step], [good, rate, good]) if step else ([0], [rate, good])
    values = ", ".join(f"{value:e}" for value in values)
    return f"{{PiecewiseConstantDecay: {{boundaries: {boundaries}, values: [{values}]}}}}"


OPTIMIZERS = [
    "sgd", "momentum", "nesterov", "adam", "adamw", "adamax", "nadam", "rmsprop", "adagrad", "adadelta", "lion",
]  # fmt: skip


@pytest.mark.parametrize("step", [0, 3, LAST - 1])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_rate_that_no_weight_survives(optimizer, step, train):
    """At the first iteration, inside the run, at its very last."""
    error, folder = train(optimizer=f"{{{optimizer}: {{learning_rate: {at_step(step)}}}}}")
    epoch, iteration, what = blow_up_of(error)
    assert (epoch, iteration) == (1 + step // 3, 1 + step % 3)
    assert re.fullmatch(r"weight 'dense(_1)?/(kernel|bias)' (is not finite|has overflowed to \S+)", what)
    assert error.problems[0].where.startswith(f"batch {iteration} of 3 (training rows ")
    check_kept(folder, step)


@pytest.mark.parametrize(("optimizer", "step"), list(itertools.product(["sgd", "adam"], [0, 4, LAST - 1])))
@pytest.mark.skipif(not kernels.installed(), reason="Numba is not installed")
def test_steps_compiled_in_one_call_are_made_again_one_by_one(optimizer, step, train):
    error, folder = train(optimizer=f"{{{optimizer}: {{learning_rate: {at_step(step)}}}}}", kernel="numba")
    assert blow_up_of(error)[:2] == (1 + step // 3, 1 + step % 3)
    check_kept(folder, step)


PATHS = {
    "NumPy": {"kernel": "numpy"},
    "shards": {"kernel": "numpy", "threads": 2, "engine": ", shard_rows: 3"},
    "two threads": {"kernel": "numpy", "threads": 2},
    "compiled": {"kernel": "numba"},
    "compiled, layer by layer": {"kernel": "numba", "engine": ", fuse: [activation, loss, update]"},
    "compiled, without the update": {"kernel": "numba", "engine": ", fuse: [activation, loss]"},
    "float64": {"kernel": "numpy", "engine": ", dtype: float64"},
}


@pytest.mark.parametrize("path", PATHS)
def test_what_is_kept_are_the_weights_before_the_update(path, train, tmp_path):
    """They equal, byte for byte, those of a run that ends there; with dropout and moving averages."""
    values = PATHS[path]
    if values["kernel"] == "numba" and not kernels.installed():
        pytest.skip("Numba is not installed")
    layers = "  - Dense: {units: 6, activation: relu}\n  - BatchNormalization\n  - Dropout: {rate: 0.2}\n" + LINEAR
    if path.startswith("compiled"):
        layers = layers.replace("  - BatchNormalization\n", "")  # so that it is a chain
    rate = 1e300 if "float64" in path else 1e38
    error, folder = train(layers=layers, optimizer=f"{{adam: {{learning_rate: {at_step(5, rate)}}}}}", **values)
    assert blow_up_of(error)[:2] == (2, 3)
    bad, _ = checkpoint.newest(folder / "checkpoints")
    folder.rename(tmp_path / "bad")

    def interrupt(monkeypatch):
        monkeypatch.setattr(loop.Loop, "_is_over", lambda self: self.step == 5 and not self.stop("interrupted"))
        monkeypatch.setattr(multi_step.MultiStep, "length", 1)

    ended, folder = train(layers=layers, optimizer="{adam: {learning_rate: 0.01}}", plant=interrupt, **values)
    assert ended.reason == "interrupted"
    good, _ = checkpoint.newest(folder / "checkpoints")
    assert bad.position["step"] == good.position["step"] == 5
    for name, array in good.arrays.items():
        assert bad.arrays[name].tobytes() == array.tobytes(), name


def planted(step, array, value, entry=-1):
    """Puts a value into an array of the optimizer's or the program's after the 0-based step's update."""

    def plant(monkeypatch):
        def poisoned(self, gradients, number, update=OptimizerStep.step):
            update(self, gradients, number)
            if number == step:
                (self._weights if array == "weights" else self.slots[array])[entry] = value

        monkeypatch.setattr(OptimizerStep, "step", poisoned)

    return plant


PLANTED = {
    "NaN in a weight": ("adam", "weights", np.nan, "weight 'dense_1/bias' is not finite"),
    "infinity in a weight": ("adam", "weights", np.inf, "weight 'dense_1/bias' is not finite"),
    "minus infinity in a weight": ("sgd", "weights", -np.inf, "weight 'dense_1/bias' is not finite"),
    "a weight that has overflowed": ("sgd", "weights", 3e38, "weight 'dense_1/bias' has overflowed to 3e+38"),
    "Adam's momentum": ("adam", "momentum", np.nan, "momentum of 'dense_1/bias', in the optimizer state, is not"),
    "Adam's velocity": ("adam", "velocity", np.inf, "velocity of 'dense_1/bias', in the optimizer state, is not"),
    "AMSGrad's velocity": ("{adam: {amsgrad: true}}", "velocity_hat", np.inf, "velocity_hat of 'dense_1/bias'"),
    "momentum": ("momentum", "momentum", np.inf, "momentum of 'dense_1/bias'"),
    "Adagrad's sum": ("adagrad", "accumulator", np.inf, "accumulator of 'dense_1/bias'"),
    "Ftrl's sum": ("{ftrl: {learning_rate: 0.1}}", "linear", np.nan, "linear of 'dense_1/bias'"),
    "RMSprop's mean": ("{rmsprop: {centered: true}}", "average_gradient", np.inf, "average_gradient of 'dense_1/bias'"),
    "Adadelta's steps": ("adadelta", "accumulated_delta_var", np.inf, "accumulated_delta_var of 'dense_1/bias'"),
    "Lion's momentum": ("lion", "momentum", np.inf, "momentum of 'dense_1/bias'"),
}


@pytest.mark.parametrize("step", [1, 2, LAST - 1])
@pytest.mark.parametrize("name", PLANTED)
def test_planted(name, step, train):
    """A slot that is infinite may leave its weight as it is for ever, and the loss finite."""
    optimizer, array, value, words = PLANTED[name]
    error, folder = train(optimizer=optimizer, plant=planted(step, array, value))
    epoch, iteration, what = blow_up_of(error)
    assert (epoch, iteration) == (1 + step // 3, 1 + step % 3) and what.startswith(words)
    check_kept(folder, step)


def test_gradients_whose_squares_overflow(train):
    """Adam's velocity becomes infinite, the weights stay where they are, and the loss is finite."""
    error, folder = train(layers=LINEAR, loss="mae", optimizer="adam", scale=1e25)
    assert blow_up_of(error) == (1, 1, "velocity of 'dense/kernel', in the optimizer state, is not finite")
    check_kept(folder, 0)


def test_moving_averages_that_overflow(train):
    """The variance of a batch is infinite, what is normalized by it 0, and the loss finite."""
    error, folder = train(layers=NORMALIZED, scale=1e25)
    assert blow_up_of(error) == (1, 1, "weight 'batch_normalization/moving_variance' is not finite")
    check_kept(folder, 0)


def test_weight_decay_that_grows(train):
    """w <- w - 1e10 w, which takes four iterations to overflow in float32."""
    error, folder = train(optimizer="{sgd: {learning_rate: 1.0e-4, weight_decay: 1.0e+14}}", loss="mae")
    assert isinstance(error, TrainingError)
    assert all(np.isfinite(array).all() for _, _, array in all_arrays(folder))


@pytest.mark.parametrize("kernel", ["numpy", "numba"])
def test_a_schedule_beyond_what_a_float_holds(kernel, train):
    if kernel == "numba" and not kernels.installed():
        pytest.skip("Numba is not installed")
    rate = "{ExponentialDecay: {initial_learning_rate: 0.01, decay_steps: 1, decay_rate: 1.0e+200}}"
    error, folder = train(optimizer=f"{{sgd: {{learning_rate: {rate}}}}}", kernel=kernel, epochs=9)
    assert blow_up_of(error)[:2] == (1, 2)
    check_kept(folder, 1)


@pytest.mark.parametrize("keep", ["best", "last"])
@pytest.mark.parametrize("epochs", [1, 2, 5])
def test_finite_weights_with_which_the_next_loss_overflows(keep, epochs, train):
    """The whole training set is one batch, so no later batch would reveal it."""
    rate = at_step(epochs - 1, 1e17)
    layers = "  - Dense: {units: 6, activation: relu}\n" * 2 + LINEAR
    error, folder = train(layers=layers, epochs=epochs, batch=ROWS, optimizer=f"{{sgd: {{learning_rate: {rate}}}}}",
                          more=f"keep: {keep}")  # fmt: skip
    epoch, iteration, what = blow_up_of(error)
    assert (epoch, iteration) == (epochs, 1)
    layer = r"the output of layer 'dense(_1|_2)?', row \d+ of the batch"
    assert re.fullmatch(f"the loss of the same batch is (inf|nan): first seen in {layer}", what)
    check_kept(folder, epochs - 1)


def test_restored_weights_and_the_best_are_those_before(train):
    more = "callbacks: [EarlyStopping: {monitor: loss, patience: 9, restore_best_weights: true}]"
    error, folder = train(more=more, epochs=4, optimizer=f"{{sgd: {{learning_rate: {at_step(9)}}}}}")
    assert blow_up_of(error)[:2] == (4, 1)
    check_kept(folder, 9)
    position = checkpoint.newest(folder / "checkpoints")[0].position
    assert position["best"]["epoch"] == 3 and len(position["history"]) == 3
    best = load_file(next(folder.glob("checkpoints/best-*")) / "arrays.safetensors")
    assert all(np.isfinite(array).all() for array in best.values())


def test_a_checkpoint_inside_an_epoch_is_refused_rather_than_written(train, monkeypatch):
    """A checkpoint is due after each iteration; the one of the bad update is not written, the one before is there."""
    monkeypatch.setitem(loop.Loop.__init__.__kwdefaults__, "save_seconds", 0.0)
    error, folder = train(optimizer="adam", plant=planted(4, "velocity", np.inf))
    assert blow_up_of(error)[:2] == (2, 2)
    check_kept(folder, 4)


@pytest.mark.parametrize("step", [1, 5])
def test_copies_are_made_at_any_time(step, train, monkeypatch):
    """Even at each step: it does not matter from which copy the steps are repeated."""
    monkeypatch.setattr(divergence_guard, "EVERY", 0.0)
    monkeypatch.setattr(divergence_guard, "SHARE", 1e9)
    error, folder = train(optimizer="adam", plant=planted(step, "weights", np.nan, 0))
    assert blow_up_of(error) == (1 + step // 3, 1 + step % 3, "weight 'dense/kernel' is not finite")
    check_kept(folder, step)


def test_a_model_too_large_to_be_copied_goes_back_to_its_checkpoint(train, monkeypatch):
    monkeypatch.setattr(divergence_guard, "MOST_BYTES", 0)
    more = "callbacks: [ModelCheckpoint: {monitor: loss, every_epochs: 1}]"
    error, folder = train(more=more, optimizer="adam", plant=planted(4, "weights", np.nan))
    assert isinstance(error, TrainingError) and "at epoch 2, iteration 3" in str(error)
    assert "--resume continues after epoch 1;" in error.problems[0].hint
    check_kept(folder, 3)


def test_a_learning_rate_lowered_by_a_callback_is_that_of_the_steps_made_again(train, tmp_path):
    """ReduceLROnPlateau acts at the ends of epochs that lie between the copy and the update that was wrong."""
    more = "callbacks: [ReduceLROnPlateau: {monitor: loss, patience: 1, min_delta: 1000, factor: 0.5}]"
    error, folder = train(more=more, epochs=5, optimizer="sgd", plant=planted(13, "weights", np.nan))
    assert blow_up_of(error)[:2] == (5, 2)
    bad, _ = checkpoint.newest(folder / "checkpoints")
    folder.rename(tmp_path / "bad")

    def interrupt(monkeypatch):
        monkeypatch.setattr(loop.Loop, "_is_over", lambda self: self.step == 13 and not self.stop("interrupted"))

    _, folder = train(more=more, epochs=5, optimizer="sgd", plant=interrupt)
    good, _ = checkpoint.newest(folder / "checkpoints")
    assert bad.position["optimizer"] == good.position["optimizer"] and good.position["optimizer"]["rate_scale"] < 1
    assert bad.arrays["parameters"].tobytes() == good.arrays["parameters"].tobytes()


@pytest.mark.parametrize("kernel", ["numpy", "numba"])
def test_resumed_with_a_lower_rate(kernel, train):
    """The message says where the run continues; it stops there again with the same settings, and not with others."""
    if kernel == "numba" and not kernels.installed():
        pytest.skip("Numba is not installed")
    rate = "{PiecewiseConstantDecay: {boundaries: [3], values: [0.01, 1.0e+38]}}"
    error, folder = train(optimizer=f"{{adam: {{learning_rate: {rate}}}}}", kernel=kernel)
    first = str(error)
    assert blow_up_of(error)[:2] == (2, 2)
    assert "--set optimizer.adam.learning_rate=0.0001" in error.problems[0].hint
    with pytest.raises(TrainingError) as raised:
        runner.resume(folder)
    assert str(raised.value) == first
    check_kept(folder, 4)
    told = []
    ended = runner.resume(folder, overrides=["optimizer.adam.learning_rate=0.01"], subscribers=[told.append])
    assert ended.reason == "done"
    notes = " ".join(note for event in told for note in getattr(event, "notes", ()))
    assert "diverged" in notes and "resuming after iteration 1 of epoch 2" in notes
    assert not any(isinstance(event, Said) and "restored" in event.text for event in told)


def test_a_row_that_is_to_blame_leaves_the_weights_as_they_are(train, tmp_path):
    """The loss of one batch overflows by its data: the weights before it are good, moving averages too."""
    values = {"layers": NORMALIZED, "optimizer": "adam", "loss": "mse"}

    def outlier(monkeypatch):
        data = dict(np.load(tmp_path / "rows.npz"))
        data["y"][7] = 1e30
        np.savez(tmp_path / "rows.npz", **data)

    error, folder = train(plant=outlier, **values)
    assert isinstance(error, TrainingError) and "the loss is inf at epoch 1, iteration" in str(error)
    iteration = int(re.search(r"iteration (\d)", str(error))[1])
    check_kept(folder, iteration - 1)


def test_a_checkpoint_of_numbers_that_are_not_finite_is_skipped(train):
    """An older version of nnctl may have written it: its checksums are right, its weights are not."""
    _, folder = train(more="callbacks: [ModelCheckpoint: {monitor: loss, every_epochs: 1}]")
    last = checkpoint.newest(folder / "checkpoints")[0]
    arrays = {**last.arrays, "parameters": np.full_like(last.arrays["parameters"], np.nan)}
    checkpoint.save(folder / "checkpoints", "last", LAST + 1, checkpoint.Checkpoint(arrays, last.position))
    found, skipped = checkpoint.newest(folder / "checkpoints")
    assert found.position["step"] == LAST and skipped == ["skipped last-0000000007: its parameters are not finite"]
