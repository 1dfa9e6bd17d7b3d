"""The file of results: JSON with the measurements, and the machine they were made on.

    {"machine": {...}, "iterations": {threads: {workload: {peer: {"ms": [...], "memory": [...], "date": ...}}}},
     "commands": {config: {"epochs", "date", "peers": {peer: {"seconds": [...], "memory": [...], "not": why}}}}}

A run replaces what it measured and keeps the rest.
"""

import datetime
import json
import os
import platform
import statistics
import subprocess
from pathlib import Path

LIBRARIES = ("numpy", "numba", "torch", "keras", "jax", "tensorflow-cpu", "tensorflow", "scikit-learn")
_VERSIONS = (
    "import importlib.metadata as m, json, platform, sys\n"
    "found = {'Python': platform.python_version()}\n"
    "for name in sys.argv[1:]:\n"
    "    try: found[name] = m.version(name)\n"
    "    except m.PackageNotFoundError: pass\n"
    "print(json.dumps(found))"
)


def today() -> str:
    return datetime.date.today().isoformat()


def versions(python: str) -> dict[str, str]:
    """Of the libraries that this Python has."""
    done = subprocess.run([python, "-c", _VERSIONS, *LIBRARIES], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def _first(path: str, start: str = "") -> str:
    """The value in a file's first line with this start, or "unknown"."""
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return "unknown"
    values = [line.removeprefix(start).lstrip("\t :").strip() for line in lines if line.startswith(start)]
    return values[0] if values else "unknown"


def machine(nnctl: str, peers: str) -> dict:
    """nnctl, peers: the two Pythons."""
    cpu = _first("/proc/cpuinfo", "model name")
    flags = _first("/proc/cpuinfo", "flags").split()
    memory = _first("/proc/meminfo", "MemTotal").split()[0]
    return {
        "cpu": platform.processor() or platform.machine() if cpu == "unknown" else cpu,
        "vector": next((name for flag, name in (("avx512f", "AVX-512"), ("avx2", "AVX2")) if flag in flags), ""),
        "cores": len(os.sched_getaffinity(0)),
        "l2": _first("/sys/devices/system/cpu/cpu0/cache/index2/size"),
        "memory_gb": round(int(memory) / 2**20) if memory.isdigit() else None,
        "system": f"{platform.system()} {platform.release()}",
        "nnctl": versions(nnctl),
        "peers": versions(peers),
    }


def load(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def update(path: Path | None, kept: dict, machine: dict) -> None:
    """Writes the results; those of different machines are never mixed."""
    if path is None:
        return
    before = kept.get("machine", {})
    for key in ("cpu", "cores"):
        if before and before[key] != machine[key]:
            raise SystemExit(f"{path} holds the figures of another machine ({before[key]}): give another file")
    kept["machine"] = machine
    text = json.dumps(kept, indent=1)
    temporary = path.with_suffix(".tmp")
    temporary.write_text(text + "\n", encoding="utf-8")
    temporary.replace(path)


def median(figure: dict | None, key: str) -> float | None:
    """The median over the rounds, or None where it was not measured."""
    values = (figure or {}).get(key)
    return statistics.median(values) if values else None
