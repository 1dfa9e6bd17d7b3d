"""The memory that this process may still use."""

from __future__ import annotations

import contextlib
from pathlib import Path

from nnctl.data.readers.memory_map import machine_memory

# (limit, usage) of the process' control group: version 2, and version 1
_GROUPS = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current", "/sys/fs/cgroup/memory.stat"),
    ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes",
     "/sys/fs/cgroup/memory/memory.stat"),
)  # fmt: skip


def available_memory() -> float:
    """Bytes: the least of what the machine has free, what the container may use, and what `ulimit` leaves."""
    return max(0.0, min(_machine(), *_containers(), *_limits()))


def _machine() -> float:
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return float(line.split()[1]) * 1024
    return machine_memory()


def _containers() -> list[float]:
    """What the limit of each control group leaves; the files that it has cached in memory do not count."""
    found = []
    for limit, usage, stat in _own_groups():
        with contextlib.suppress(OSError, ValueError):  # "max" is not a number
            allowed, used = (int(Path(path).read_text(encoding="ascii")) for path in (limit, usage))
            cached = [int(line.split()[1]) for line in Path(stat).read_text(encoding="ascii").splitlines()
                      if line.split()[0] in ("inactive_file", "active_file")]  # fmt: skip
            found.append(float(allowed - max(0, used - sum(cached))))
    return found


def _own_groups() -> list[tuple[str, str, str]]:
    """The files of the control groups that this process is in: those of a container's root, and its own below."""
    groups = list(_GROUPS)
    with contextlib.suppress(OSError, ValueError):
        for line in Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines():
            _, kinds, below = line.split(":", 2)
            for names, kind in zip(_GROUPS, ("", "memory"), strict=True):
                if kind in kinds.split(",") and below != "/":
                    first, second, third = (Path(name) for name in names)
                    groups.append(tuple(str(p.parent / below.lstrip("/") / p.name) for p in (first, second, third)))  # type: ignore[arg-type]
    return groups


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
