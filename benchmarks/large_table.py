"""Generates a large table, trains on it, and shows time and memory: the figures of docs/large_tables.md.

    python benchmarks/large_table.py write rows.csv 20000000    # 3.6 GB
    python benchmarks/large_table.py train rows.csv --stream true

`train` starts nnctl in a process of its own and looks at its memory 20 times a second: its heap ("anonymous" memory,
which only it can free) and its resident memory, which also counts the pages of mapped files that the system may drop at
any time. Before that, it measures a process that has only imported the libraries.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FEATURES = 19
CONFIG = """
dataset: {{path: {path}, target: y, stream: {stream}}}
layers: [{{Dense: {{units: 32, activation: relu}}}}, {{Dense: {{units: 1, activation: sigmoid}}}}]
loss: binary_crossentropy
optimizer: adam
metrics: [accuracy]
epochs: 1
batch_size: 4096
"""
LIBRARIES = "import numpy, duckdb, yaml, click, safetensors.numpy, nnctl.training.runner, nnctl.training.loop"


def write(path: Path, rows: int) -> None:
    """19 numbers with 6 decimals, and a class that depends on three of them."""
    import duckdb

    columns = ", ".join(f"round(random() * 2 - 1, 6) as x{at}" for at in range(1, FEATURES + 1))
    with duckdb.connect(config={"threads": 1}) as connection:  # with one thread, the same numbers every time
        connection.execute("select setseed(0.5)")
        connection.execute(
            f"copy (select *, (x1 + x2 - x3 + 0.3 * (random() - 0.5) > 0)::int as y"
            f" from (select {columns} from range({rows}))) to '{path}' (header)"
        )


def train(path: Path, stream: str, engine: str) -> None:
    """Trains one epoch; prints seconds and the peak of both kinds of memory, beyond the libraries."""
    libraries = LIBRARIES + (", nnctl.torch_engine.executor" if engine == "torch" else "")
    base = watched([sys.executable, "-c", f"{libraries}; import time; time.sleep(0.5)"])
    print(f"libraries alone: {_megabytes(base)}")
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config.yaml"
        config.write_text(CONFIG.format(path=path.absolute(), stream=stream), encoding="utf-8")
        began = time.perf_counter()
        peak = watched([sys.executable, "-m", "nnctl", "train", str(config), "--run", f"{folder}/run",
                        "--engine", engine])  # fmt: skip
        print(f"{time.perf_counter() - began:.0f} s; {_megabytes(peak)}")
        print(f"beyond the libraries: {_megabytes({kind: peak[kind] - base[kind] for kind in peak})}")


def watched(command: list[str]) -> dict[str, int]:
    """Runs a command, and returns the peak of its memory in bytes, anonymous and resident."""
    process = subprocess.Popen(command, env=os.environ | {"MALLOC_ARENA_MAX": "2"})
    peak = {"anonymous": 0, "resident": 0}
    while process.poll() is None:
        for kind, value in _memory(process.pid).items():
            peak[kind] = max(peak[kind], value)
        time.sleep(0.05)
    if process.returncode:
        sys.exit(process.returncode)
    return peak


def _memory(process: int) -> dict[str, int]:
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return {}
    found = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines if line.startswith(("RssAnon", "VmRSS"))}
    return {"anonymous": found.get("RssAnon", 0), "resident": found.get("VmRSS", 0)}


def _megabytes(memory: dict[str, int]) -> str:
    return ", ".join(f"{value / 1e6:,.0f} MB {kind}" for kind, value in memory.items())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True)
    writes = commands.add_parser("write")
    writes.add_argument("path", type=Path)
    writes.add_argument("rows", type=int)
    writes.set_defaults(call=write)
    trains = commands.add_parser("train")
    trains.add_argument("path", type=Path)
    trains.add_argument("--stream", choices=["true", "false"], default="true")
    trains.add_argument("--engine", choices=["numpy", "torch"], default="numpy")
    trains.set_defaults(call=train)
    arguments = vars(parser.parse_args())
    arguments.pop("call")(**arguments)


if __name__ == "__main__":
    main()
