"""Milliseconds of each training iteration of Keras' fit; the backend is KERAS_BACKEND's."""

import json
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from workers.data import peak_memory, rows_of  # noqa: E402
from workloads import WORKLOADS  # noqa: E402

import keras  # noqa: E402


def build(workload):
    """The workload's entries by the functional API."""
    made = {}
    above = keras.layers.Input(workload.shape)
    inputs = above
    for entry in workload.layers:
        [(kind, given)] = entry.items()
        arguments = {key: value for key, value in given.items() if key not in ("from", "name", "layer")}
        if "layer" in given:
            [(inner, inner_arguments)] = given["layer"].items()
            arguments["layer"] = getattr(keras.layers, inner)(**inner_arguments)
        source = given.get("from", above)
        source = [made[one] for one in source] if isinstance(source, list) else made.get(source, source) if isinstance(
            source, str) else source  # fmt: skip
        above = getattr(keras.layers, kind)(**arguments)(source)
        made[given.get("name", id(above))] = above
    return keras.Model(inputs, above)


class Clock(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.ends = []

    def on_epoch_end(self, epoch, logs=None):
        self.ends.append(time.perf_counter())


def main(name: str, threads: int, iterations: int) -> None:
    if os.environ["KERAS_BACKEND"] == "torch":
        import torch

        torch.set_num_threads(threads)
    workload = WORKLOADS[name]
    x, y = rows_of(workload)
    model = build(workload)
    classes = workload.target == "classes"
    loss = keras.losses.SparseCategoricalCrossentropy() if classes else keras.losses.CTC()
    model.compile(keras.optimizers.Adam(), loss, metrics=["accuracy"] if classes else [])
    per_epoch = -(-workload.rows // workload.batch)
    clock = Clock()
    epochs = max(2, -(-iterations // per_epoch)) + 1
    model.fit(x, y, batch_size=workload.batch, epochs=epochs, verbose=0, callbacks=[clock])
    times = [(b - a) / per_epoch * 1000 for a, b in zip(clock.ends, clock.ends[1:], strict=False)]
    print(json.dumps({"ms": sorted(times)[len(times) // 2], "memory": peak_memory()}))


main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
