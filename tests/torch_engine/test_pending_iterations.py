"""The torch engine's metrics are computed for several iterations together, with the values of one by one."""

import pytest

pytest.importorskip("torch")

from nnctl import config
from nnctl.errors import TrainingError
from nnctl.training import pending_iterations, runner
from nnctl.training.events import EpochEnded, IterationEnded, IterationsEnded

CONFIG = """
dataset: iris
layers:
  - Dense: {units: 8, activation: relu}
  - Dense: {units: 3, activation: softmax}
loss: scce
optimizer: {sgd: {learning_rate: RATE}}
metrics: [accuracy, {sparse_top_k_categorical_accuracy: 2}]
epochs: 3
batch_size: 16
engine: {backend: torch}
"""


def told(tmp_path, rate=0.1, each=lambda event: event.each()):
    """(the events of iterations and epochs, without times; how often several came together)."""
    found, together = [], 0

    def listen(event):
        nonlocal together
        if isinstance(event, IterationsEnded):
            together += 1
            found.extend(each(event))
            assert found[-1] == event.last
        elif isinstance(event, (IterationEnded, EpochEnded)):
            found.append(event)

    spec = config.loads(CONFIG.replace("RATE", str(rate)), "c.yaml")
    try:
        runner.train(spec, folder=tmp_path, subscribers=[listen])
    except TrainingError as error:
        found.append(str(error).splitlines()[0])
    return [event if isinstance(event, str) else strip(event) for event in found], together


def strip(event):
    return [getattr(event, name) for name in event.__slots__ if name != "seconds"]


@pytest.mark.parametrize("rate", [0.1, 1e30], ids=["trains", "diverges"])
def test_the_same_events_as_one_by_one(tmp_path, monkeypatch, rate):
    monkeypatch.setattr(pending_iterations, "SECONDS", 1000)
    several, together = told(tmp_path / "several", rate)
    monkeypatch.setattr(pending_iterations, "SECONDS", -1)
    single, none_together = told(tmp_path / "single", rate)
    assert several == single
    assert none_together == 0
    assert together == 3 or rate == 1e30
    assert len(single) == 21 or rate == 1e30  # 3 epochs of 6 iterations


def test_each_gives_the_last_ones_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(pending_iterations, "SECONDS", 1000)
    all_of_them, _ = told(tmp_path / "all")
    last, _ = told(tmp_path / "last", each=lambda event: event.each(last=2))
    epochs = [all_of_them[start + 4 : start + 7] for start in (0, 7, 14)]
    assert last == [event for epoch in epochs for event in epoch]


def test_they_do_not_wait_where_much_memory_would(tmp_path, monkeypatch):
    monkeypatch.setattr(pending_iterations, "SECONDS", 1000)
    monkeypatch.setattr(pending_iterations, "MOST_BYTES", 700)  # 16 class numbers and 48 float32 are 320 bytes
    _, together = told(tmp_path)
    assert together == 6  # 3 and 3 of 6 in each epoch
