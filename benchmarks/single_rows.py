"""Milliseconds of a prediction of one row in a program, after the model is loaded.

    python benchmarks/single_rows.py [CONFIG ...] [--rounds N]

First it prints how long `import nnctl` takes in a new Python, before anything else is imported.
Trains each bundled config for an epoch, then predicts the first row of its data a hundred times in a round; the median,
the fastest and the slowest round are printed, with the time that loading the run takes.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nnctl
from nnctl.data.catalog.bundled import bundled_path

CONFIGS = ("iris", "cars", "digits")


def row_of(run: nnctl.TrainedRun) -> object:
    """The first row of the run's data: a dict of values, or an array with one row."""
    path = bundled_path(run.config["dataset"]["name"])
    if path.suffix == ".npz":
        import numpy as np

        with np.load(path) as file:
            return file[run.features[0]][:1]
    import csv

    with path.open(encoding="utf-8", newline="") as file:
        row = next(csv.DictReader(file))
    return {name: row[name] for name in run.features}


def importing() -> float:
    """Milliseconds that `import nnctl` takes in a Python of its own."""
    code = "import time; began = time.perf_counter(); import nnctl; print((time.perf_counter() - began) * 1000)"
    return float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", nargs="*", default=list(CONFIGS))
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()
    imports = [importing() for _ in range(arguments.rounds)]
    print(f"import nnctl: {statistics.median(imports):.1f} ms ({min(imports):.1f} to {max(imports):.1f})")
    for name in arguments.config:
        with tempfile.TemporaryDirectory() as folder:
            nnctl.train(name, epochs=1, folder=Path(folder, "run"))
            began = time.perf_counter()
            run = nnctl.load(Path(folder, "run"))
            loading = time.perf_counter() - began
            row = row_of(run)
            run.predict(row)
            rounds = []
            for _ in range(arguments.rounds):
                began = time.perf_counter()
                for _ in range(100):
                    run.predict(row)
                rounds.append((time.perf_counter() - began) * 10)
        print(f"{name}: {statistics.median(rounds):.3f} ms a row ({min(rounds):.3f} to {max(rounds):.3f}), "
              f"loading {loading * 1000:.0f} ms")  # fmt: skip


main()
