"""Milliseconds of each training iteration of scikit-learn's MLPClassifier (dense workloads only)."""

import json
import sys
import time
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from workers.data import peak_memory, rows_of  # noqa: E402
from workloads import WORKLOADS  # noqa: E402

from sklearn.neural_network import MLPClassifier  # noqa: E402
from threadpoolctl import threadpool_limits  # noqa: E402


def main(name: str, threads: int, iterations: int) -> None:
    workload = WORKLOADS[name]
    x, y = rows_of(workload)
    hidden = [entry["Dense"]["units"] for entry in workload.layers[:-1]]
    per_epoch = -(-workload.rows // workload.batch)
    model = MLPClassifier(hidden, batch_size=workload.batch, max_iter=1, warm_start=True, alpha=0.0)
    warnings.simplefilter("ignore")
    times = []
    with threadpool_limits(threads):
        for _ in range(max(2, -(-iterations // per_epoch)) + 1):
            began = time.perf_counter()
            model.fit(x, y)  # with warm_start: one more epoch
            times.append((time.perf_counter() - began) / per_epoch * 1000)
    times = sorted(times[1:])
    print(json.dumps({"ms": times[len(times) // 2], "memory": peak_memory()}))


main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
