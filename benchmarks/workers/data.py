"""Made-up training rows for a workload, the same for every worker."""

import resource

import numpy as np


def rows_of(workload):
    """x (rows, *shape) float32, y (rows,) classes; for CTC y (rows, 8) labels from 1."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(workload.rows, *workload.shape)).astype(np.float32)
    if workload.target == "labels":
        return x, rng.integers(1, workload.classes, (workload.rows, 8))
    return x, rng.integers(0, workload.classes, workload.rows)


def peak_memory() -> float:
    """Of this process, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
