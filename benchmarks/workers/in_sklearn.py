"""Milliseconds of a training iteration of scikit-learn's MLPClassifier (dense workloads only).

    python in_sklearn.py FOLDER THREADS ITERATIONS

Its fit is called epoch by epoch, going on where it stopped; it keeps a running loss, no accuracy.
"""

import sys
import time
import warnings

from rows import epochs_for, model_of, parts_of, report
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits


def main(folder: str, threads: int, iterations: int) -> None:
    description = model_of(folder)
    part = parts_of(folder, description)["train"]
    [x], [y] = part.x, part.y
    hidden = [node["arguments"]["units"] for node in description["nodes"][:-1]]
    model = MLPClassifier(hidden, batch_size=description["batch"], max_iter=1, warm_start=True, alpha=0.0)
    warnings.simplefilter("ignore")  # it says each time that one epoch is too few
    ends = []
    with threadpool_limits(threads):
        for _ in range(epochs_for(iterations, description["iterations"])):
            model.fit(x, y)  # with warm_start: one more epoch
            ends.append(time.perf_counter())
    report(ends, description["iterations"])


main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
