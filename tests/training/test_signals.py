"""What a Ctrl-C during a run says while the iteration under way is not yet finished."""

import os
import signal
import time

import pytest

from nnctl import interrupts
from nnctl.training import signals
from nnctl.training.signals import Signals

pytestmark = pytest.mark.skipif(signal.getsignal(signal.SIGINT) is signal.SIG_IGN, reason="SIGINT is ignored here")


@pytest.fixture
def at_a_terminal(monkeypatch):
    monkeypatch.setattr(interrupts, "_command", True)
    monkeypatch.setattr(signals, "PATIENCE", 0.05)
    monkeypatch.setattr(os, "isatty", lambda number: True)


def pressed(wait):
    """Ctrl-C in a run whose iteration takes `wait` more seconds; returns the reason that the run ends for."""
    reasons = []
    with Signals(reasons.append):
        signal.raise_signal(signal.SIGINT)
        time.sleep(wait)
    time.sleep(0.1)
    return reasons


def test_a_long_iteration_is_explained(at_a_terminal, capfd):
    assert pressed(wait=0.5) == ["interrupted"]
    said = capfd.readouterr().err
    assert "this iteration is finished first" in said and "Ctrl-C again stops at once" in said


def test_a_short_one_is_not(at_a_terminal, capfd):
    assert pressed(wait=0.0) == ["interrupted"]
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("missing", ["command", "terminal"])
def test_nothing_is_said_in_a_program_or_a_pipe(at_a_terminal, monkeypatch, capfd, missing):
    if missing == "command":
        monkeypatch.setattr(interrupts, "_command", False)
    else:
        monkeypatch.setattr(os, "isatty", lambda number: False)
    assert pressed(wait=0.3) == ["interrupted"]
    assert capfd.readouterr().err == ""


def test_a_key_that_is_held_counts_once(monkeypatch):
    monkeypatch.setattr(signals, "ONE_PRESS", 0.2)
    reasons = []
    with Signals(reasons.append):
        for _ in range(3):
            signal.raise_signal(signal.SIGINT)
            time.sleep(0.01)
        assert reasons == ["interrupted"]
        time.sleep(0.2)
        with pytest.raises(KeyboardInterrupt):  # as a program that uses nnctl sees it
            signal.raise_signal(signal.SIGINT)
