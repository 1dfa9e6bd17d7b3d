"""A run that is stopped anywhere and resumed ends with the same bytes as one that was never stopped."""

import itertools
import signal

import pytest

from nnctl import config, kernels
from nnctl.engine import strategy
from nnctl.errors import RunError, TrainingError
from nnctl.training import multi_step, runner
from nnctl.training.events import IterationEnded, IterationsEnded

CONFIG = """
dataset: iris
seed: 5
layers:
  - Dense: {{units: 12, activation: relu}}
  - BatchNormalization
  - Dropout: {{rate: {dropout}}}
  - Dense: {{units: 3, activation: softmax}}
loss: sparse_categorical_crossentropy
optimizer: {optimizer}
metrics: [accuracy, auc]
epochs: {epochs}
batch_size: {batch_size}
callbacks:
  - EarlyStopping: {{patience: 50, restore_best_weights: true}}
  - ReduceLROnPlateau: {{patience: 1, factor: 0.5}}
"""


def stop_at(step):
    """A subscriber that asks the run to stop, as Ctrl-C does, after that step."""

    def listen(event):
        if isinstance(event, IterationEnded) and event.step == step:
            signal.raise_signal(signal.SIGINT)

    return listen


def outcome(folder):
    """Everything of a run that must not depend on whether it was stopped."""
    files = [folder / "model.safetensors", folder / "metrics.csv"]
    files += sorted(path for path in (folder / "checkpoints").rglob("*") if path.name == "arrays.safetensors")
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def checked(**values):
    defaults = {"dropout": 0.3, "optimizer": "adam", "epochs": 4, "batch_size": 32}
    return config.loads(CONFIG.format(**{**defaults, **values}))


@pytest.mark.parametrize(
    ("optimizer", "dropout", "batch_size"),
    list(itertools.product(["adam", "nadam", "momentum", "rmsprop"], [0.0, 0.3], [32, 30, "all"])),
)
def test_stopped_at_any_step_and_resumed(optimizer, dropout, batch_size, tmp_path):
    given = checked(optimizer=optimizer, dropout=dropout, batch_size=batch_size)
    runner.train(given, folder=tmp_path / "whole")
    expected = outcome(tmp_path / "whole")
    steps = 4 * {32: 3, 30: 3, "all": 1}[batch_size]
    for step in sorted({1, steps // 2, steps - 1}):
        folder = tmp_path / f"stopped-{step}"
        ended = runner.train(given, folder=folder, subscribers=[stop_at(step)])
        assert ended.reason == "interrupted"
        assert runner.resume(folder).reason == "done"
        found = outcome(folder)
        for name in ("model.safetensors", "metrics.csv"):
            assert found[name] == expected[name], f"{name} after a stop at step {step}"
        last = max(name for name in expected if "last-" in name)
        assert found[last] == expected[last]


def test_stopped_three_times(tmp_path):
    given = checked()
    runner.train(given, folder=tmp_path / "whole")
    folder = tmp_path / "stopped"
    runner.train(given, folder=folder, subscribers=[stop_at(2)])
    for step in (5, 6):
        runner.resume(folder, subscribers=[stop_at(step)])
    runner.resume(folder)
    assert outcome(folder)["model.safetensors"] == outcome(tmp_path / "whole")["model.safetensors"]


def test_a_finished_run_trains_on_when_given_more_epochs(tmp_path):
    runner.train(checked(epochs=6), folder=tmp_path / "six")
    folder = tmp_path / "run"
    runner.train(checked(epochs=4), folder=folder)
    with pytest.raises(RunError, match="finished"):
        runner.resume(folder)
    assert runner.resume(folder, overrides=["epochs=6"]).epochs == 6
    assert (folder / "metrics.csv").read_text().count("\n") == 7


def test_other_data_are_refused(tmp_path):
    table = tmp_path / "data.csv"
    rows = [f"{i % 7},{i % 5},{'ab'[i % 2]}" for i in range(60)]
    table.write_text("\n".join(["x,y,kind", *rows]))
    text = f"""
dataset: {{path: {table}, target: kind}}
layers: [{{Dense: {{units: 2, activation: softmax}}}}]
loss: sparse_categorical_crossentropy
optimizer: sgd
epochs: 5
"""
    folder = tmp_path / "run"
    runner.train(config.loads(text), folder=folder, subscribers=[stop_at(2)])
    table.write_text("\n".join(["x,y,kind", *reversed(rows)]))
    with pytest.raises(RunError, match="data"):
        runner.resume(folder)


def test_a_damaged_checkpoint_is_skipped_and_named(tmp_path):
    folder = tmp_path / "run"
    runner.train(checked(), folder=folder, subscribers=[stop_at(3)])
    runner.resume(folder, subscribers=[stop_at(7)])
    newest = max((folder / "checkpoints").glob("last-*"))
    content = bytearray((newest / "arrays.safetensors").read_bytes())
    content[len(content) // 2] ^= 1
    (newest / "arrays.safetensors").write_bytes(content)
    said = []
    assert runner.resume(folder, subscribers=[said.append]).reason == "done"
    assert any("damaged" in note and newest.name in note for note in said[0].notes)


CHAIN = """
dataset: digits
seed: 4
layers:
  - Dense: {units: 40, activation: relu}
  - Dense: {units: 10, activation: softmax}
loss: sparse_categorical_crossentropy
optimizer: nadam
metrics: [accuracy, auc]
epochs: 3
batch_size: 50
engine: {threads: 2}
"""


@pytest.mark.skipif(not kernels.installed(), reason="Numba is not installed")
@pytest.mark.parametrize(
    ("dataset", "classes", "batch_size", "work"),
    [
        ("wine", 3, 8, 300_000),
        # the only chain of byte rows among the tests: it takes ten seconds to compile
        pytest.param("digits", 10, 50, 4_000_000, marks=pytest.mark.slow),
    ],
)
def test_a_run_of_several_steps_a_call_stops_between_two_calls_and_resumes(
    dataset, classes, batch_size, work, tmp_path, monkeypatch
):
    monkeypatch.setenv(kernels.SWITCH, "numba")
    monkeypatch.setattr(multi_step, "WORK", work)  # some steps a call, several calls an epoch
    monkeypatch.setattr(strategy, "CHAIN_WORTH_A_THREAD", 0)
    text = CHAIN.replace("digits", dataset).replace("units: 10", f"units: {classes}")
    text = text.replace("batch_size: 50", f"batch_size: {batch_size}")
    given = config.loads(text)
    goes = []
    ends = lambda event: goes.append(event.last.step) if isinstance(event, IterationsEnded) else None  # noqa: E731
    runner.train(given, folder=tmp_path / "whole", subscribers=[ends])
    runner.train(given, folder=tmp_path / "again")
    expected = outcome(tmp_path / "whole")
    again = outcome(tmp_path / "again").items()
    assert (
        again <= expected.items() or expected.items() <= again
    )  # a slow run writes one more checkpoint, since it is due by time
    assert len(goes) > 6 and goes[0] > 1
    for stop in (goes[0], goes[len(goes) // 2]):
        folder = tmp_path / f"stopped-{stop}"

        def listen(event, stop=stop):
            if isinstance(event, IterationsEnded) and event.last.step == stop:
                signal.raise_signal(signal.SIGINT)

        assert runner.train(given, folder=folder, subscribers=[listen]).reason == "interrupted"
        assert runner.resume(folder).reason == "done"
        found = outcome(folder)
        for name in ("model.safetensors", "metrics.csv"):
            assert found[name] == expected[name], f"{name} after a stop at step {stop}"


@pytest.mark.skipif(not kernels.installed(), reason="Numba is not installed")
def test_a_loss_of_nan_is_found_among_several_steps_a_call(tmp_path, monkeypatch):
    """The weights before the batch are kept, as they are with one step at a time."""
    monkeypatch.setenv(kernels.SWITCH, "numba")
    text = CHAIN.replace("digits", "diabetes").replace("units: 10, activation: softmax", "units: 1")
    text = text.replace("sparse_categorical_crossentropy", "mse").replace("metrics: [accuracy, auc]\n", "")
    text = text.replace("nadam", "{sgd: {learning_rate: 1.0e+12}}")
    seen = {}
    for fuse in ("[activation, loss, update, chain]", "[activation, loss, update]"):
        built = config.loads(text.replace("{threads: 2}", f"{{threads: 1, fuse: {fuse}}}"))
        folder = tmp_path / str(len(seen))
        with pytest.raises(TrainingError) as raised:
            runner.train(built, folder=folder)
        seen[fuse] = str(raised.value).replace(str(folder), "RUN")  # its hint names the run
        assert (folder / "model.safetensors").is_file()
    one, other = seen.values()
    assert one == other and "iteration" in one
