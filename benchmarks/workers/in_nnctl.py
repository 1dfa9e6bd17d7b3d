"""Milliseconds of each training iteration of nnctl: its own loop, events and metrics included."""

import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from workers.data import peak_memory, rows_of  # noqa: E402
from workloads import WORKLOADS  # noqa: E402


def main(name: str, threads: int, iterations: int) -> None:
    from nnctl import spec
    from nnctl.training import runner
    from nnctl.training.events import IterationEnded

    workload = WORKLOADS[name]
    x, y = rows_of(workload)
    per_epoch = -(-workload.rows // workload.batch)
    config = {
        "dataset": {"path": "", "target": "y", "split": {"validation": 0.0, "test": 0.0}},
        "layers": workload.layers,
        "loss": "ctc" if workload.target == "labels" else "sparse_categorical_crossentropy",
        "metrics": [] if workload.target == "labels" else ["accuracy"],
        "optimizer": "adam",
        "epochs": -(-iterations // per_epoch) + 1,
        "batch_size": workload.batch,
        "engine": {"threads": threads},
    }
    with tempfile.TemporaryDirectory() as folder:
        config["dataset"]["path"] = f"{folder}/rows.npz"
        np.savez(config["dataset"]["path"], x=x, y=y)
        ends: list[float] = []

        def listen(event) -> None:
            if isinstance(event, IterationEnded):
                ends.append(time.perf_counter())

        ended = runner.train(spec.loads(yaml.safe_dump(config)), folder=Path(folder, "run"), subscribers=[listen])
        assert ended.reason == "done"
    ms = np.diff(ends)[per_epoch - 1 :] * 1000  # the first epoch warms up
    print(json.dumps({"ms": float(np.median(ms)), "memory": peak_memory()}))


main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
