"""Freed memory is kept for the next iteration."""

from __future__ import annotations

import ctypes
import os
import sys

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # malloc.h
MMAP_THRESHOLD = 32 << 20  # the largest that glibc takes
TRIM_THRESHOLD = 256 << 20
# LD_PRELOAD may bring another malloc.
CHOSEN_BY_USER = ("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "GLIBC_TUNABLES", "LD_PRELOAD")


def keep_freed_memory() -> bool:
    """Has malloc keep freed memory instead of giving it back to the system at once. Returns whether it will.

    PyTorch allocates each tensor anew. By default, glibc returns the large ones to the system when they are freed, and
    in the next iteration every page of them is faulted in again: a CNN on small images has 3,000 page faults an
    iteration. Nothing is changed where the user has chosen (see CHOSEN_BY_USER), or without glibc.
    """
    if sys.platform != "linux" or any(name in os.environ for name in CHOSEN_BY_USER):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # musl has no mallopt
        return False
    return bool(mallopt(M_MMAP_THRESHOLD, MMAP_THRESHOLD) and mallopt(M_TRIM_THRESHOLD, TRIM_THRESHOLD))
