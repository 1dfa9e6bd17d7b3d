"""What torchrun tells a process that it has started, by the environment. PyTorch is not imported for that."""

from __future__ import annotations

import os
import platform


def processes() -> int:
    """How many processes train together."""
    return _number("WORLD_SIZE", 1) if "RANK" in os.environ else 1


def rank() -> int:
    """The number of this process among all, from 0."""
    return _number("RANK", 0) if processes() > 1 else 0


def local_rank() -> int:
    """The number of this process on its machine, from 0."""
    return _number("LOCAL_RANK", 0)


def restarts() -> int:
    """How often torchrun has started all processes anew, because one of them had ended."""
    return _number("TORCHELASTIC_RESTART_COUNT", 0)


def launcher() -> str | None:
    """What identifies the launcher of this process, and stays the same when it starts the processes anew; None where
    there is none."""
    return f"{platform.node()}:{os.getppid()}" if "RANK" in os.environ else None


def _number(name: str, otherwise: int) -> int:
    given = os.environ.get(name, "")
    return int(given) if given.isdecimal() else otherwise
