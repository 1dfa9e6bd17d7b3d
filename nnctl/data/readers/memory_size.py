"""The memory of the machine or the container, and what this process may still use of it."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any

# Where control groups are, of version 2 and of version 1: the controllers in /proc/self/cgroup, the folder, and the
# names of the files with limit and usage.
_VERSIONS = (
    ("", "/sys/fs/cgroup", "memory.max", "memory.current"),
    ("memory", "/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes"),
)


def available_memory() -> float:
    """Bytes: the least of what the machine has free, what the container may use, and what `ulimit` leaves."""
    return max(0.0, min([_free(), *(limit - used for limit, used in _containers()), *_limits()]))


def machine_memory() -> float:
    """The memory of the machine in bytes, or of the container if that is less; infinite if unknown."""
    return min([_installed(), *(limit for limit, _ in _containers())])


def _installed() -> float:
    try:
        if os.name == "nt":
            return _windows_memory()
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return float("inf")


def _windows_memory() -> float:
    import ctypes  # only here, since it takes time to load

    class MemoryStatus(ctypes.Structure):
        """Windows' MEMORYSTATUSEX."""

        _fields_ = (
            ("length", ctypes.c_uint32), ("percent_used", ctypes.c_uint32), ("total", ctypes.c_uint64),
            ("others", ctypes.c_uint64 * 6),
        )  # fmt: skip

    status = MemoryStatus(ctypes.sizeof(MemoryStatus))
    kernel: Any = getattr(ctypes, "windll").kernel32  # noqa: B009  (mypy checks for a system that has none)
    return float(status.total) if kernel.GlobalMemoryStatusEx(ctypes.byref(status)) else float("inf")


def _free() -> float:
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return float(line.split()[1]) * 1024
    return _installed()


def _containers() -> list[tuple[float, float]]:
    """The limit of each control group, and what is used; the files that it has cached in memory do not count."""
    found = []
    for controller, folder, limit, usage in _VERSIONS:
        for group in (Path(folder), Path(folder) / _own_group(controller)):  # a container sees only the first
            with contextlib.suppress(OSError, ValueError):  # "max" is not a number
                allowed, used = (int((group / name).read_text(encoding="ascii")) for name in (limit, usage))
                lines = (group / "memory.stat").read_text(encoding="ascii").splitlines()
                cached = [int(line.split()[1]) for line in lines if line.startswith(("inactive_file", "active_file"))]
                found.append((float(allowed), float(max(0, used - sum(cached)))))
    return found


def _own_group(controller: str) -> str:
    """The control group of this process, below the folder of all groups."""
    with contextlib.suppress(OSError, ValueError):
        for line in Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines():
            _, controllers, group = line.split(":", 2)
            if controller in controllers.split(","):
                return group.lstrip("/")
    return ""


def _limits() -> list[float]:
    """What the limits of the process, as `ulimit -v` sets them, leave."""
    try:
        import resource  # not on Windows
    except ImportError:
        return []
    found = []
    with contextlib.suppress(OSError, ValueError, IndexError):
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()
        for kind, held in ((resource.RLIMIT_AS, pages[0]), (resource.RLIMIT_DATA, pages[5])):
            limit = resource.getrlimit(kind)[0]
            if limit != resource.RLIM_INFINITY:
                found.append(float(limit - int(held) * resource.getpagesize()))
    return found
