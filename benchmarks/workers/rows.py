"""What every worker reads and reports: the rows and the model that prepare.py wrote, epochs' times, peak memory."""

import json
import math
import resource
import statistics
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Split:
    """x: an array for each input; y: one for each output; lengths: by input; weights: (rows,) or None."""

    x: list[np.ndarray]
    y: list[np.ndarray]
    lengths: dict[str, np.ndarray]
    weights: np.ndarray | None

    @property
    def rows(self) -> int:
        return len(self.x[0])


def model_of(folder: str) -> dict:
    return json.loads(Path(folder, "model.json").read_text(encoding="utf-8"))


def parts_of(folder: str, model: dict) -> dict[str, Split]:
    """The splits of the data, by "train", "validation" and "test"; those that the data do not have are absent."""
    with np.load(Path(folder, "rows.npz")) as file:
        return {
            part: Split(
                [file[name] for name in names["x"]],
                [file[name] for name in names["y"]],
                {name: file[array] for name, array in names["lengths"].items()},
                file[names["weights"]] if names["weights"] else None,
            )
            for part, names in model["parts"].items()
        }


def epochs_for(iterations: int, per_epoch: int) -> int:
    """The number of epochs to train: one to warm up, and at least five to measure."""
    return 1 + max(5, math.ceil(iterations / per_epoch))


def report(ends: list[float], per_epoch: int) -> None:
    """Prints the median milliseconds of an iteration and the peak memory in MB of this process.

    ends: when each epoch ended, in seconds: the time from the first epoch's end on counts.
    """
    ms = [(b - a) / per_epoch * 1000 for a, b in pairwise(ends)]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"ms": statistics.median(ms), "memory": memory}))
