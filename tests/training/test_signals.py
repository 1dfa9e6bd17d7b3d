"""What a Ctrl-C during a run says while the iteration under way is not yet finished."""

import os
import signal
import threading

import pytest

from nnctl import interrupts
from nnctl.training import signals
from nnctl.training.signals import Signals

pytestmark = pytest.mark.skipif(signal.getsignal(signal.SIGINT) is signal.SIG_IGN, reason="SIGINT is ignored here")


@pytest.fixture
def at_a_terminal(monkeypatch):
    monkeypatch.setattr(interrupts, "_command", True)
    monkeypatch.setattr(signals, "PATIENCE", 0.3)
    monkeypatch.setattr(os, "isatty", lambda number: True)


def pressed(long=True):
    """Ctrl-C in a run; returns the reason that the run ends for. long: whether its iteration takes longer than a user
    waits without a word."""
    reasons, before = [], set(threading.enumerate())
    with Signals(reasons.append):
        signal.raise_signal(signal.SIGINT)
        timers = set(threading.enumerate()) - before
        for timer in timers if long else ():
            timer.join()
    for timer in timers:
        timer.join()
    return reasons


def test_a_long_iteration_is_explained(at_a_terminal, capfd):
    assert pressed() == ["interrupted"]
    said = capfd.readouterr().err
    assert "this iteration is finished first" in said and "Ctrl-C again stops at once" in said


def test_a_short_one_is_not(at_a_terminal, monkeypatch, capfd):
    monkeypatch.setattr(signals, "PATIENCE", 20)
    assert pressed(long=False) == ["interrupted"]
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("missing", ["command", "terminal"])
def test_nothing_is_said_in_a_program_or_a_pipe(at_a_terminal, monkeypatch, capfd, missing):
    if missing == "command":
        monkeypatch.setattr(interrupts, "_command", False)
    else:
        monkeypatch.setattr(os, "isatty", lambda number: False)
    assert pressed() == ["interrupted"]
    assert capfd.readouterr().err == ""


def test_a_key_that_is_held_counts_once(monkeypatch):
    monkeypatch.setattr(signals, "ONE_PRESS", 60)
    reasons = []
    with Signals(reasons.append):
        for _ in range(3):
            signal.raise_signal(signal.SIGINT)
        assert reasons == ["interrupted"]
        monkeypatch.setattr(signals, "ONE_PRESS", 0)
        with pytest.raises(KeyboardInterrupt):  # as a program that uses nnctl sees it
            signal.raise_signal(signal.SIGINT)
