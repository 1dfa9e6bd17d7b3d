"""From the command to a trained model on iris: nnctl beside Keras, whole processes, in alternating runs.

    python benchmarks/iris.py --python /path/to/python/with/keras --backend jax --backend torch

Prints the medians of the wall time from process start to exit, and the ratio to nnctl, as a Markdown table.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
IRIS = HERE.parent / "datasets" / "iris.csv"


def seconds(command: list[str], backend: str = "") -> float:
    # bytecode is kept, as for any installed program, whatever this shell says
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    began = time.perf_counter()
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", default=sys.executable, help="the Python that has Keras")
    parser.add_argument("--backend", action="append", help="Keras backend (default: jax); may be repeated")
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    backends = arguments.backend or ["jax"]
    times: dict[str, list[float]] = {"nnctl": [], **{f"Keras, {backend}": [] for backend in backends}}
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(arguments.runs + 1):  # the first turn warms the disk's cache and is not counted
            run = ["train", "iris", "--quiet", "--run", f"{folder}/run-{turn}"]
            took = {"nnctl": seconds([sys.executable, "-m", "nnctl", *run])}
            for backend in backends:
                script = [arguments.python, str(HERE / "keras_iris.py"), str(IRIS), f"{folder}/{turn}.keras"]
                took[f"Keras, {backend}"] = seconds(script, backend)
            for name, value in took.items():
                if turn:
                    times[name].append(value)
    ours = statistics.median(times["nnctl"])
    print("| iris, 50 epochs, whole process | median s | nnctl's share |")
    print("| --- | ---: | ---: |")
    for name, values in times.items():
        median = statistics.median(values)
        print(f"| {name} | {median:.2f} | {ours / median:.3f} |")


if __name__ == "__main__":
    main()
