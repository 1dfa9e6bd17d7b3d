"""Milliseconds of a training iteration of nnctl: its training loop with metrics, logs and checkpoints.

    python in_nnctl.py FOLDER THREADS ITERATIONS [ENGINE]

ENGINE: numpy (default) or torch. Times are taken at the event EpochEnded.
"""

import sys
import tempfile
import time
from pathlib import Path

from rows import epochs_for, model_of, report

from nnctl import config as spec
from nnctl.training import runner
from nnctl.training.events import EpochEnded


def main(folder: str, threads: int, iterations: int, engine: str = "numpy") -> None:
    ends: list[float] = []

    def listen(event) -> None:
        if isinstance(event, EpochEnded):
            ends.append(time.perf_counter())

    per_epoch = model_of(folder)["iterations"]
    overrides = [f"epochs={epochs_for(iterations, per_epoch)}", f"engine.threads={threads}",
                 f"engine.backend={engine}"]  # fmt: skip
    config = spec.load(f"{folder}/config.json", overrides)
    with tempfile.TemporaryDirectory() as run:
        ended = runner.train(config, folder=Path(run, "run"), subscribers=[listen])
    assert ended.reason == "done"
    report(ends, per_epoch)


main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:])
