"""The thread pool: its threads end with it, and all have ended their task when it returns."""

import gc
import signal
import threading
import time
import weakref

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from nnctl.engine import thread_pool
from nnctl.engine.thread_pool import ThreadPool


def blas_threads():
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


@pytest.fixture
def two_for_blas():
    gc.collect()  # pools of earlier tests
    with threadpool_limits(2, "blas"):
        if blas_threads() != {2}:
            pytest.skip("NumPy's BLAS has no second thread")
        yield


@pytest.mark.parametrize("first_to_end", [0, 1])
def test_blas_has_its_threads_back_after_the_last_pool(first_to_end, two_for_blas):
    pools = [ThreadPool(), ThreadPool()]
    assert blas_threads() == {1}
    pools.pop(first_to_end).close()
    assert blas_threads() == {1}
    pools.pop()  # no longer referenced
    gc.collect()
    assert blas_threads() == {2}


def test_a_closed_pool_has_no_threads():
    before = set(threading.enumerate())
    pool = ThreadPool()
    pool(lambda number: None, 3)
    threads = set(threading.enumerate()) - before
    assert len(threads) == 2
    pool.close()
    assert not any(thread.is_alive() for thread in threads)


def test_a_task_is_not_kept():
    class Model:
        pass

    model = Model()
    there = weakref.ref(model)
    pool = ThreadPool()
    pool(lambda number, model=model: None, 2)
    del model
    assert there() is None
    pool.close()


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="Windows cannot send a signal to a thread")
def test_ctrl_c_is_raised_after_all_threads_have_ended_their_task():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    pool, ended = ThreadPool(), threading.Event()

    def task(number):
        if number == 1:
            time.sleep(0.1)  # the main thread has ended its own part, and waits for this one
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
            time.sleep(0.1)
            ended.set()

    try:
        with pytest.raises(KeyboardInterrupt):
            pool(task, 2)
        assert ended.is_set()
        found = []
        pool(found.append, 2)
        assert sorted(found) == [0, 1]
    finally:
        signal.signal(signal.SIGINT, before)
        pool.close()


def test_ctrl_c_before_a_thread_is_asked_leaves_no_thread_waiting(monkeypatch):
    pool, found, interrupts = ThreadPool(), [], [KeyboardInterrupt]
    raise_to = thread_pool._Flag.raise_to

    def interrupted(flag, value):
        if interrupts:
            raise interrupts.pop()
        raise_to(flag, value)

    monkeypatch.setattr(thread_pool._Flag, "raise_to", interrupted)
    with pytest.raises(KeyboardInterrupt):
        pool(lambda number: None, 3)
    pool(found.append, 3)
    assert sorted(found) == [0, 1, 2]
    pool.close()
