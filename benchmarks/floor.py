"""Measures the matrix products of a workload alone: a lower bound for any engine.

    python benchmarks/floor.py [WORKLOAD...] [--threads 2]

All products of a training iteration (forward, gradients of weights and of inputs), as often as they occur, each thread
with its fraction of the rows and with operands in its cache: with nnctl's kernel (kernels/primitives/gemm.py), and with
NumPy's BLAS on one thread. A convolution counts as the equivalent product of windows and weights.
"""

import argparse
import statistics
import sys
import time
from math import prod
from pathlib import Path

import numpy as np
import yaml
from workloads import WORKLOADS

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


def products_of(name: str, threads: int) -> list[tuple[int, int, int, int, str]]:
    """(times, rows, depth, columns, kind) of one thread's products; kind "plain", or "left" for a^T b."""
    from nnctl import config
    from nnctl.engine.graph import Graph

    workload = WORKLOADS[name]
    text = yaml.safe_dump({"dataset": "iris", "layers": workload.layers, "loss": "mse"})
    built = config.loads(text)
    graph = Graph.build(built.nodes, {"input": workload.shape}, built.outputs)
    rows = -(-workload.batch // threads)
    found = []
    first = True
    for node in graph.nodes:
        weights = graph.weights.get(node.name, {})
        for key, weight in weights.items():
            if not key.endswith("kernel"):
                continue
            shape = graph.shapes[node.sources[0]]
            depth, columns = prod(weight.shape[:-1]), weight.shape[-1]
            # a state's product is made step by step, all else at once
            steps = shape[0] if "recurrent" in key else 1
            places = (
                prod(n or 1 for n in graph.shapes[node.name][:-1]) if node.layer.kind != "Bidirectional" else shape[0]
            )
            if node.layer.kind in ("LSTM", "GRU"):
                places = shape[0]
            high = rows * (1 if "recurrent" in key else places)
            found.append((steps, high, depth, columns, "plain"))
            found.append((1, depth, rows * places, columns, "left"))
            if "recurrent" in key or not first:  # nothing is trained before the first layer
                found.append((steps, high, columns, depth, "plain"))
        first = first and not weights
    return found


def milliseconds(found, matmul) -> float:
    """The time of all products, one after another."""
    rng = np.random.default_rng(0)
    total = 0.0
    for times, rows, depth, columns, kind in found:
        a = rng.normal(size=(rows, depth) if kind == "plain" else (depth, rows)).astype(np.float32)
        b, c = rng.normal(size=(depth, columns)).astype(np.float32), np.empty((rows, columns), np.float32)
        taken = []
        for _ in range(15):
            began = time.perf_counter()
            matmul(a, b, c, kind)
            taken.append(time.perf_counter() - began)
        total += times * statistics.median(taken[3:]) * 1000
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "workload", nargs="*", default=["mlp", "mlp_32", "cnn", "lstm", "wide", "residual", "gru", "ctc"]
    )
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    from threadpoolctl import threadpool_limits

    from nnctl.kernels import Kernels

    gemm = Kernels().gemm

    def tiles(a, b, c, kind):
        (gemm.times if kind == "plain" else gemm.times_left)(a, b, c, False)

    def blas(a, b, c, kind):
        np.matmul(a if kind == "plain" else a.T, b, out=c)

    print("| workload | billion multiply-adds | ms, tiles | ms, NumPy's BLAS | tiles, GF/s a core |")
    print("| --- | ---: | ---: | ---: | ---: |")
    with threadpool_limits(1):
        for name in arguments.workload:
            found = products_of(name, arguments.threads)
            work = sum(times * rows * depth * columns for times, rows, depth, columns, _ in found) / 1e9
            own, other = milliseconds(found, tiles), milliseconds(found, blas)
            print(f"| {WORKLOADS[name].title}, {WORKLOADS[name].batch} | {work * arguments.threads:.2f} | {own:.2f} |"
                  f" {other:.2f} | {2 * work / own * 1000:.0f} |", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
