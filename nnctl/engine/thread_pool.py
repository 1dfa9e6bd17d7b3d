"""The thread pool: threads that run the same task together, again and again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from nnctl.kernels.toolchain import shared_library

Task = Callable[[int], None]

# How often a thread looks at a flag before it goes to sleep, which takes half a millisecond to two by the CPU: longer
# than the pauses between and within steps.
LOOKS = 50_000


class ThreadPool:
    """Runs task(0) on the calling thread and task(1) to task(n - 1) on threads of its own, which it keeps.

    until: waits for a flag without sleeping (kernels/primitives/spin_barrier.py). None where nothing is compiled: then
    every wait is a sleep.
    """

    def __init__(self, until: Callable[[Any, int, int], bool] | None = None):
        self._until = until
        self._others: list[_Member] = []
        self._flag = np.zeros(1, np.int64)

    def __call__(self, task: Task, threads: int) -> None:
        """Runs the task on all threads; raises what one of them raised, once all have ended."""
        while len(self._others) < threads - 1:
            self._others.append(_Member(len(self._others) + 1, self._until))
        others = self._others[: threads - 1]
        if self._until is not None:
            self._until(self._flag, 0, 1)  # does not wait, but returns with Python's lock held by this thread
        for other in others:
            other.begin(task)
        try:
            task(0)
        finally:
            errors = [other.end() for other in others]
        for error in errors:
            if error is not None:
                raise error

    def close(self) -> None:
        for other in self._others:
            other.leave()
        self._others = []


class _Flag:
    """A number that only grows, and can be waited for."""

    def __init__(self, until: Any):
        self.value = np.zeros(1, np.int64)
        self._until = until
        self._sleeps = False
        self._bell = threading.Semaphore(0)

    def raise_to(self, value: int) -> None:
        self.value[0] = value
        if self._sleeps:  # set before the sleeper's last look: it has seen the value, or hears the bell
            self._sleeps = False
            self._bell.release()

    def wait_for(self, value: int) -> None:
        if self._until is not None and self._until(self.value, value, LOOKS):
            return
        while True:
            self._sleeps = True
            if self.value[0] >= value:
                self._sleeps = False
                return
            shared_library.leave()
            self._bell.acquire()


class _Member:
    """One thread and its task."""

    def __init__(self, number: int, until: Any):
        self._number = number
        self._asked, self._done = _Flag(until), _Flag(until)
        self._rounds = 0
        self._task: Task | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=f"shard-{number}", daemon=True)
        self._thread.start()

    def begin(self, task: Task | None) -> None:
        self._task = task
        self._rounds += 1
        self._asked.raise_to(self._rounds)

    def end(self) -> BaseException | None:
        """Waits for the end of the task and returns what it raised."""
        self._done.wait_for(self._rounds)
        error, self._error = self._error, None
        return error

    def leave(self) -> None:
        self.begin(None)
        self._thread.join()

    def _run(self) -> None:
        done = 0
        while True:
            done += 1
            self._asked.wait_for(done)
            if self._task is None:
                return
            try:
                self._task(self._number)
            except BaseException as error:  # raised on the calling thread
                self._error = error
            self._done.raise_to(done)
