"""BLAS on one thread, for as long as there is a thread pool."""

from __future__ import annotations

import threading
from typing import Any

_lock = threading.RLock()  # the garbage collector may end a pool while this thread begins another one
_pools = 0
_limits: Any = None


def limit() -> None:
    """A thread pool begins."""
    global _pools, _limits
    with _lock:
        _pools += 1
        if _pools == 1:
            from threadpoolctl import threadpool_limits  # imported here to keep start-up fast

            _limits = threadpool_limits(1, "blas")


def release() -> None:
    """A thread pool ends. After the last one, BLAS has as many threads as before."""
    global _pools
    with _lock:
        _pools -= 1
        if _pools == 0:
            _limits.restore_original_limits()
