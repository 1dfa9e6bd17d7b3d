"""Runs the processes that are measured, all under the same conditions: cores, threads, environment.

This module and the scripts that use it import the standard library only: on Linux, the peak memory of a child is at
least the size of the parent that started it.
"""

import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
# A build machine may hold NumPy to an older CPU's kernels: every library chooses for its CPU, whatever this shell says.
PINS = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "PYTHONPATH", "NNCTL_KERNELS")
# glibc gives large arrays back to the system when they are freed, and faults them in again in each iteration, or does
# not, as the sizes freed before happen to lie: a CNN in PyTorch takes 25 ms or 14. The frameworks get the faster way.
MALLOC = {"MALLOC_MMAP_THRESHOLD_": str(2**30), "MALLOC_TRIM_THRESHOLD_": str(2**32)}
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
CORES = len(os.sched_getaffinity(0))


@dataclass(frozen=True)
class Done:
    """rc: the exit status. seconds: from the start of the process to its end. memory: its peak, in MB."""

    rc: int
    seconds: float
    memory: float
    out: str
    said: str  # the last line of stderr

    def last(self) -> str:
        return (self.out.strip().splitlines() or [""])[-1]


def environment(threads: int = CORES, **more: str) -> dict[str, str]:
    """The environment; bytecode and compiled kernels are cached, as for any installed program."""
    kept = {key: value for key, value in os.environ.items() if key not in PINS and not key.startswith("NNCTL_BENCH")}
    kept |= {"PYTHONDONTWRITEBYTECODE": "", "TF_CPP_MIN_LOG_LEVEL": "3"}
    if threads < CORES:  # with all cores each library chooses for itself
        kept |= dict.fromkeys(THREADS, str(threads))
    return kept | more


def run(command: list[str], env: dict[str, str], threads: int = CORES, timeout: float = 600) -> Done:
    """Runs a command on the first `threads` of this process' cores, to its end."""
    cores = sorted(os.sched_getaffinity(0))[:threads]
    with tempfile.TemporaryFile("w+", encoding="utf-8") as out, tempfile.TemporaryFile("w+", encoding="utf-8") as said:
        began = time.perf_counter()
        process = subprocess.Popen(
            command, env=env, stdout=out, stderr=said, preexec_fn=lambda: os.sched_setaffinity(0, cores)
        )
        timer = threading.Timer(timeout, process.kill)
        timer.start()  # sleeps until then: one that looked now and then would take the cores that it measures
        _, status, usage = os.wait4(process.pid, 0)
        timer.cancel()
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        said.seek(0)
        lines = said.read().strip().splitlines() or ["no message"]
        return Done(process.returncode, seconds, usage.ru_maxrss / 1024, out.read(), lines[-1][:200])


def framework_environment(threads: int = CORES, **more: str) -> dict[str, str]:
    """The environment of the frameworks' processes."""
    return environment(threads, **MALLOC, **more)


def nnctl_environment(threads: int = CORES, **more: str) -> dict[str, str]:
    """The environment of processes of the nnctl in this repository."""
    return environment(threads, PYTHONPATH=str(ROOT), **more)


def prepare(what: str, name: str, folder: str) -> Done:
    """Writes the rows and the model's description into the folder (see workers/prepare.py)."""
    return run([sys.executable, str(HERE / "workers" / "prepare.py"), what, name, folder], nnctl_environment())


def keras_environment(backend: str, threads: int = CORES) -> dict[str, str]:
    more = {"KERAS_BACKEND": backend}
    if backend == "jax" and threads == 1:
        more["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    return framework_environment(threads, **more)
