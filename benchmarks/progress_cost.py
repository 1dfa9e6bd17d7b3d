"""What the live table, plain lines, JSON lines and the files of a run add to the time of training.

    python benchmarks/progress_cost.py [WORKLOAD ...] [--rounds N] [--seconds S]

Each workload is trained in this process, on one thread: without subscribers (what sending the events costs), with the
run's log (metrics.csv and events.jsonl), and with the log and a report, as `nnctl train` has it in a pipe, with --json,
and in a terminal (80 x 24). A run takes about S seconds of CPU time. The cost is the CPU time of the subscribers over
that of the rest of the training; the table has the median of the rounds. Both are of one run, so that other work
on the machine changes both alike. --whole also compares CPU and wall time of the whole training with those of
a run without subscribers, in turns; that needs a quiet machine. Another process reads the terminal and the pipe.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import pty
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from nnctl.config import load
from nnctl.reports.live_table import LiveReport
from nnctl.reports.run_report import JsonReport, PlainReport
from nnctl.reports.terminal import Terminal
from nnctl.training import together
from nnctl.training.events import Event, Subscriber
from nnctl.training.model import Model, load_data
from nnctl.training.run import Run
from nnctl.training.run_log import Log

# name -> (config, overrides): from microseconds to tens of milliseconds an iteration
WORKLOADS = {
    "iris, batch 1": ("iris", ["batch_size=1"]),
    "iris, batch 16": ("iris", []),
    "digits, batch 1": ("digits", ["batch_size=1"]),
    "digits, batch 32": ("digits", []),
    "digits_cnn, batch 32": ("digits_cnn", ["optimizer=adam"]),
}
VARIANTS = ("silent", "log", "log, pipe", "log, JSON", "log, table")


class Silent(Run):
    """A run that writes no log."""

    def open_log(self) -> Log:
        return together._NoLog()


@contextlib.contextmanager
def reports(variant: str) -> Iterator[list[Subscriber]]:
    """The subscribers of a run, with a reader at the other end of what they write."""
    if "," not in variant:
        yield []
        return
    reading, writing = pty.openpty() if "table" in variant else os.pipe()
    reader = subprocess.Popen(["cat"], stdin=reading, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(reading)
    with open(writing, "w", encoding="utf-8") as stream:
        live = "table" in variant
        terminal = Terminal(stream, live=live, color=live, unicode=True, width=80 if live else None)
        report = {"table": LiveReport, "pipe": PlainReport, "JSON": JsonReport}[variant.split(", ")[1]](terminal)
        yield [report]
        report.close()
    reader.wait()


def seconds_of_clock() -> float:
    """What reading the clock twice adds to the time between."""
    readings = [time.thread_time() for _ in range(10_000)]
    return (readings[-1] - readings[0]) / (len(readings) - 1)


class Measured(NamedTuple):
    """CPU seconds, wall seconds, and the CPU seconds of them that the subscribers took."""

    cpu: float
    wall: float
    subscribers: float


def measured(config: str, overrides: list[str], variant: str) -> Measured:
    """The training of a run; reading data and saving the model do not count."""
    spec = load(config, [*overrides, "engine.threads=1"])
    data = load_data(spec)
    model = Model.build(spec, data.input_shapes, data.targets)
    with tempfile.TemporaryDirectory() as folder, reports(variant) as subscribers:
        run = (Silent if variant == "silent" else Run)(spec, data, model, subscribers)
        loop, took = run.loop, [0.0, 0.0, 0.0]
        train, emit, clock = loop.run, loop.emit, seconds_of_clock()

        def timed_emit(event: Event) -> None:
            began = time.thread_time()
            emit(event)
            took[2] += time.thread_time() - began - clock

        def timed_train() -> str:
            began = time.process_time(), time.perf_counter()
            reason = train()
            took[:2] = time.process_time() - began[0], time.perf_counter() - began[1]
            return reason

        loop.emit, loop.run = timed_emit, timed_train  # type: ignore[method-assign]
        together.start(run, Path(folder, "run"))
    return Measured(*took)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workload", nargs="*", default=list(WORKLOADS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=VARIANTS)
    parser.add_argument("--whole", action="store_true", help="also the whole time over that of a silent run")
    arguments = parser.parse_args()
    variants = list(arguments.variants)
    print(
        f"{'':22}{'epochs':>8}{'us/iter':>9}  "
        + "".join(f"{name:>{26 if arguments.whole else 12}}" for name in variants)
    )
    for name in arguments.workload:
        config, overrides = WORKLOADS[name]
        epochs = 20
        for _ in range(3):  # the first ones import, and compile kernels, which only long runs use
            took = measured(config, [*overrides, f"epochs={epochs}"], "log, table").cpu
            epochs = max(20, round(epochs * arguments.seconds / took))
        full = [*overrides, f"epochs={epochs}"]
        rounds: dict[str, list[Measured]] = {}
        for _ in range(arguments.rounds):
            for variant in (["silent"] if arguments.whole else []) + variants:
                rounds.setdefault(variant, []).append(measured(config, full, variant))
        micro = min(one.cpu for each in rounds.values() for one in each) / iterations(config, full) * 1e6
        cells = []
        for variant in variants:
            share = statistics.median(one.subscribers / (one.cpu - one.subscribers) for one in rounds[variant])
            text = f"{share * 100:.2f} %"
            if arguments.whole:
                pairs = list(zip(rounds[variant], rounds["silent"], strict=True))
                cpu = statistics.median(one.cpu / silent.cpu for one, silent in pairs) * 100 - 100
                wall = statistics.median(one.wall / silent.wall for one, silent in pairs) * 100 - 100
                text += f" ({cpu:+.1f}, {wall:+.1f} %)"
            cells.append(f"{text:>{26 if arguments.whole else 12}}")
        print(f"{name:22}{epochs:>8}{micro:>9.1f}  " + "".join(cells), flush=True)


def iterations(config: str, overrides: list[str]) -> int:
    """The iterations of a run."""
    spec = load(config, overrides)
    rows = load_data(spec).train.rows
    return -(-rows // min(spec.batch_size or rows, rows)) * spec.epochs


main()
