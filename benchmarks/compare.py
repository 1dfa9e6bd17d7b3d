"""nnctl beside PyTorch, Keras and scikit-learn: milliseconds per training iteration, in alternating runs.

    python benchmarks/compare.py --peers /path/to/python/with/the/frameworks

Every figure is the median of several processes, each the median of its iterations; the peers take turns, since a
machine is faster at one time than at another. Prints a Markdown table; --json FILE keeps the figures.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

from workloads import WORKLOADS

PINS = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")  # a build machine may hold NumPy to an older CPU's kernels
HERE = Path(__file__).resolve().parent
# peer: (worker, extra argument, KERAS_BACKEND)
PEERS = {
    "nnctl": ("in_nnctl", None, None),
    "nnctl, NumPy only": ("in_nnctl", None, None),
    "PyTorch": ("in_torch", "eager", None),
    "PyTorch, channels last": ("in_torch", "channels_last", None),
    "torch.compile": ("in_torch", "compile", None),
    "Keras, JAX": ("in_keras", None, "jax"),
    "Keras, torch": ("in_keras", None, "torch"),
    "Keras, TensorFlow": ("in_keras", None, "tensorflow"),
    "scikit-learn": ("in_sklearn", None, None),
}


def fits(peer: str, name: str) -> bool:
    workload = WORKLOADS[name]
    if peer == "scikit-learn":
        return all("Dense" in entry for entry in workload.layers) and workload.target == "classes"
    return peer != "PyTorch, channels last" or len(workload.shape) == 3


def measure(peer: str, name: str, arguments: argparse.Namespace) -> dict | None:
    """One process's figures, or None where the peer is not installed or fails."""
    worker, variant, backend = PEERS[peer]
    python = sys.executable if worker == "in_nnctl" else arguments.peers
    # bytecode and compiled kernels are kept, and every library chooses for its CPU, whatever this shell says
    environment = {key: value for key, value in os.environ.items() if key not in PINS}
    environment |= {"PYTHONDONTWRITEBYTECODE": "", "TF_CPP_MIN_LOG_LEVEL": "3"}
    environment |= {key: str(arguments.threads) for key in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
    if backend:
        environment["KERAS_BACKEND"] = backend
    if backend == "jax" and arguments.threads == 1:
        environment["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    if worker == "in_nnctl":  # these runs are too short for nnctl to ask for Numba by itself
        environment["NNCTL_KERNELS"] = "numpy" if peer == "nnctl, NumPy only" else "numba"
    command = [python, str(HERE / "workers" / f"{worker}.py"), name, str(arguments.threads), str(arguments.iterations)]
    cores = sorted(os.sched_getaffinity(0))[: arguments.threads]
    done = subprocess.run(
        [*command, *([variant] if variant else [])], env=environment, capture_output=True, text=True, timeout=600,
        preexec_fn=lambda: os.sched_setaffinity(0, cores),
    )  # fmt: skip
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        print(f"  {peer} on {name}: {last[:150]}", file=sys.stderr)
        return None
    return json.loads(done.stdout.strip().splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workload", nargs="*", help=f"default: all of {', '.join(WORKLOADS)}")
    parser.add_argument("--peers", default=sys.executable, help="the Python that has the frameworks")
    parser.add_argument("--peer", action="append", choices=list(PEERS), help="only these; may be repeated")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--iterations", type=int, default=60)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    figures: dict[str, dict[str, dict[str, list[float]]]] = {}
    for name in arguments.workload or WORKLOADS:
        peers = [peer for peer in arguments.peer or PEERS if fits(peer, name)]
        found = figures[name] = {peer: {"ms": [], "memory": []} for peer in peers}
        for _ in range(arguments.rounds):
            for peer in list(peers):
                if (figure := measure(peer, name, arguments)) is None:
                    peers.remove(peer)
                    continue
                for key, value in figure.items():
                    found[peer][key].append(value)
        show(name, found, arguments)
        if arguments.json:
            arguments.json.write_text(json.dumps({"threads": arguments.threads, "figures": figures}, indent=1))


def show(name: str, found: dict[str, dict[str, list[float]]], arguments: argparse.Namespace) -> None:
    """One workload's table: nnctl's share of each peer's time."""
    ours = statistics.median(found["nnctl"]["ms"]) if found.get("nnctl", {}).get("ms") else None
    print(f"\n**{WORKLOADS[name].title}**, batch {WORKLOADS[name].batch}, {arguments.threads} threads\n")
    print("| | ms an iteration | nnctl's share | peak MB |\n| --- | ---: | ---: | ---: |")
    for peer, figure in found.items():
        if not figure["ms"]:
            print(f"| {peer} | does not run here | | |")
            continue
        ms = statistics.median(figure["ms"])
        share = f"{ours / ms:.2f}" if ours else ""
        print(f"| {peer} | {ms:.3g} | {share} | {statistics.median(figure['memory']):.0f} |", flush=True)


if __name__ == "__main__":
    main()
