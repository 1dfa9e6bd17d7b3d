"""Compares nnctl with PyTorch, Keras and scikit-learn: milliseconds per training iteration, in alternating runs.

    python benchmarks/compare.py --peers /path/to/python/with/the/frameworks --threads 2 1 --json FILE --write

Every result is the median over rounds, in which the peers are measured alternately, since the speed of a machine
varies; the result of a round is the median over the epochs of a process. --json FILE saves the results (a run replaces
those of the workloads and peers that it measured), --write makes docs/benchmarks.md and the chart from them, --from
FILE shows them again without measuring. benchmarks/README.md explains what is measured and why.
"""

import argparse
import json
import sys
import tempfile

import figures
import page
import processes
import tables
from peers import PEERS, fits
from workloads import WORKLOADS


def measure(peer: str, folder: str, threads: int, arguments: argparse.Namespace, repeats: int) -> dict | None:
    """{"ms", "memory"} of one process, or None if the peer is not installed or fails."""
    how = PEERS[peer]
    if how.backend:
        env = processes.keras_environment(how.backend, threads)
    elif how.kernels:
        env = processes.nnctl_environment(threads, NNCTL_KERNELS=how.kernels)
    else:
        env = processes.framework_environment(threads)
    python = sys.executable if how.kernels else arguments.peers
    worker = str(processes.HERE / "workers" / f"{how.worker}.py")
    command = [python, worker, folder, str(threads), str(arguments.iterations * repeats)]
    done = processes.run([*command, *([how.variant] if how.variant else [])], env, threads)
    if done.rc:
        print(f"  {peer}: {done.said}", file=sys.stderr)
        return None
    return json.loads(done.last())


def workload(name: str, arguments: argparse.Namespace) -> dict[str, dict]:
    """{threads: {peer: results}} of one workload."""
    found: dict[str, dict] = {}
    with tempfile.TemporaryDirectory() as folder:
        made = processes.prepare("workload", name, folder)
        if made.rc:
            raise SystemExit(f"{name}: {made.said}")
        for threads in arguments.threads:
            peers = [peer for peer in arguments.peer or PEERS if fits(peer, name)]
            here = {peer: {"ms": [], "memory": [], "date": figures.today()} for peer in peers}
            for _ in range(arguments.rounds):
                for peer in list(peers):
                    figure = measure(peer, folder, threads, arguments, WORKLOADS[name].repeats)
                    if figure is None:
                        peers.remove(peer)
                        continue
                    for key, value in figure.items():
                        here[peer][key].append(value)
            found[str(threads)] = here
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workload", nargs="*", choices=[[], *WORKLOADS], metavar="WORKLOAD",
                        help=f"default: all of {', '.join(WORKLOADS)}")  # fmt: skip
    parser.add_argument("--peers", default=sys.executable, help="the Python that has the frameworks")
    parser.add_argument("--peer", action="append", choices=list(PEERS), help="only these; may be repeated")
    parser.add_argument("--threads", type=int, nargs="+", default=[processes.CORES], help="as 2 1; default all cores")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--iterations", type=int, default=60, help="measured at least; and five epochs at least")
    page.add_options(parser)
    arguments = parser.parse_args()
    if arguments.source:
        page.again(arguments, tables.iterations(figures.load(arguments.source)))
        return
    kept = figures.load(arguments.json) if arguments.json else {}
    machine = figures.machine(sys.executable, arguments.peers)
    for name in arguments.workload or WORKLOADS:
        for threads, found in workload(name, arguments).items():
            here = kept.setdefault("iterations", {}).setdefault(threads, {}).setdefault(name, {})
            here |= found
        print("\n" + tables.one_workload(name, kept["iterations"]), flush=True)
        figures.update(arguments.json, kept, machine)
    if arguments.write:
        page.write(kept)


if __name__ == "__main__":
    main()
