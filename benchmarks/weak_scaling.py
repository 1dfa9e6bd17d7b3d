"""Samples per second of the torch engine in one and in several processes, each with the same number of rows per batch.

    python benchmarks/weak_scaling.py cnn lstm --ranks 1 2 --rounds 3

Each process computes on one thread. With N processes a batch has N times as many rows, so that each computes as many as
one process alone would. Efficiency is the speed of N processes divided by N times the speed of one.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import processes
from workloads import WORKLOADS


def samples_per_second(folder: str, rows: int, batch: int, ranks: int, epochs: int) -> float:
    """Of the median epoch, by the times that the first process prints; the first epoch is left out."""
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(ranks)] if ranks > 1 else []
    with tempfile.TemporaryDirectory() as run:
        command = [sys.executable, *launcher, "-m", "nnctl", "train", f"{folder}/config.json", "--engine", "torch",
                   "--threads", "1", "--epochs", str(epochs), "--set", f"batch_size={batch * ranks}", "--json",
                   "--run-dir", f"{run}/run"]  # fmt: skip
        environment = processes.environment(1, PYTHONPATH=str(processes.ROOT), OMP_NUM_THREADS="1")
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, cwd=run)
    events = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    seconds = [event["seconds"] for event in events if event["event"] == "epoch_ended"][1:]
    return rows / statistics.median(seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workload", nargs="+", choices=list(WORKLOADS), metavar="WORKLOAD")
    parser.add_argument("--ranks", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=5)
    arguments = parser.parse_args()
    print("| model | batch of a process | " + " | ".join(f"{n} process{'es'[: 2 * (n > 1)]}" for n in arguments.ranks)
          + " | efficiency |")  # fmt: skip
    print("| --- | ---: |" + " ---: |" * (len(arguments.ranks) + 1))
    for name in arguments.workload:
        workload = WORKLOADS[name]
        found: dict[int, list[float]] = {n: [] for n in arguments.ranks}
        with tempfile.TemporaryDirectory() as folder:
            made = processes.prepare("workload", name, folder)
            if made.rc:
                raise SystemExit(f"{name}: {made.said}")
            for _ in range(arguments.rounds):
                for n in arguments.ranks:  # in turns, since the speed of a machine varies
                    found[n].append(samples_per_second(folder, workload.rows, workload.batch, n, arguments.epochs))
        speed = {n: statistics.median(each) for n, each in found.items()}
        first, last = arguments.ranks[0], arguments.ranks[-1]
        efficiency = speed[last] / speed[first] * first / last
        numbers = " | ".join(f"{speed[n]:,.0f} samples/s" for n in arguments.ranks)
        print(f"| {workload.title} | {workload.batch} | {numbers} | {efficiency:.2f} |", flush=True)


if __name__ == "__main__":
    assert Path(processes.ROOT, "nnctl").is_dir()
    main()
