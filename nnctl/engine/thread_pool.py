"""The thread pool: threads that run the same task together, again and again."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from nnctl.engine import blas_threads
from nnctl.kernels.toolchain import shared_library

Task = Callable[[int], None]

# How often a thread looks at a flag before it goes to sleep, which takes half a millisecond to two by the CPU: longer
# than the pauses between and within steps.
LOOKS = 50_000


class ThreadPool:
    """Runs task(0) on the calling thread and task(1) to task(n - 1) on threads of its own, which it keeps until it is
    closed or no longer referenced. Meanwhile BLAS computes on one thread: the tasks are the parallelism.

    until: waits for a flag without sleeping (kernels/primitives/spin_barrier.py). None where nothing is compiled: then
    every wait is a sleep.
    """

    def __init__(self, until: Callable[[Any, int, int], bool] | None = None):
        self._until = until
        self._others: list[_Member] = []
        self._flag = np.zeros(1, np.int64)
        blas_threads.limit()
        self._end = weakref.finalize(self, _end, self._others)
        self._end.atexit = False  # the threads end with the process
        _pools.add(self)

    def __call__(self, task: Task, threads: int) -> None:
        """Runs the task on all threads; raises what one of them raised, once all have ended."""
        while len(self._others) < threads - 1:
            self._others.append(_Member(len(self._others) + 1, self._until))
        others = self._others[: threads - 1]
        if self._until is not None:
            self._until(self._flag, 0, 1)  # does not wait, but returns with Python's lock held by this thread
        begun: list[_Member] = []
        try:
            for other in others:
                begun.append(other)
                other.begin(task)
            task(0)
        except KeyboardInterrupt:
            for other in begun:
                other.ask_again()
            raise
        finally:
            errors = _ended(begun)
        for error in errors:
            if error is not None:
                raise error

    def close(self) -> None:
        others = list(self._others)
        self._end()
        for other in others:
            other.join()

    def forget(self) -> None:
        """In a process that was forked, which has none of the threads: the next task starts new ones."""
        self._others.clear()


def _ended(members: list[_Member]) -> list[BaseException | None]:
    """Waits for the end of the members' tasks and returns what they raised. A Ctrl-C is raised afterwards: until then
    the threads write into memory that the next task uses."""
    errors: list[BaseException | None] = []
    interrupt = None
    while len(errors) < len(members):
        try:
            errors.append(members[len(errors)].end())
        except KeyboardInterrupt as error:
            interrupt = error
    return [interrupt, *errors]


def _end(members: list[_Member]) -> None:
    """Has the threads end, without waiting for them: this may be called on one of them, by the garbage collector."""
    for member in members:
        member.begin(None)
    members.clear()
    blas_threads.release()


_pools: weakref.WeakSet[ThreadPool] = weakref.WeakSet()


def _forget_all() -> None:
    for pool in _pools:
        pool.forget()


if hasattr(os, "register_at_fork"):  # Windows has no fork
    os.register_at_fork(after_in_child=_forget_all)


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

    def ask_again(self) -> None:
        """After a Ctrl-C, which may have come in `begin` when the thread was not yet asked, and never would be."""
        self._asked.raise_to(self._rounds)

    def end(self) -> BaseException | None:
        """Waits for the end of the task and returns what it raised."""
        self._done.wait_for(self._rounds)
        error, self._error = self._error, None
        return error

    def join(self) -> None:
        self._thread.join()

    def _run(self) -> None:
        done = 0
        while True:
            done += 1
            self._asked.wait_for(done)
            task, self._task = self._task, None  # not kept: it refers to the model, which may go while the thread waits
            if task is None:
                return
            try:
                task(self._number)
            except BaseException as error:  # raised on the calling thread
                self._error = error
            del task
            self._done.raise_to(done)
