"""Which subscriber is called with which events, and what becomes of one whose output is closed."""

import pytest

from nnctl.training import dispatcher
from nnctl.training.dispatcher import LATEST, Dispatcher, Progress
from nnctl.training.events import EpochEnded, IterationEnded, IterationsEnded, Said


def iteration(number):
    return IterationEnded(1, number, number, 0.5, {"loss": 0.5}, 0.1, 0.0)


def epoch(number, seconds=0.0):
    return EpochEnded(number, {"loss": 0.5}, 0.1, seconds)


def never(last=None):
    raise AssertionError("these are no longer handled")


class Together(Progress):
    def __init__(self):
        self.calls = []

    def __call__(self, event):
        self.calls.append(event)

    def progress(self, epochs, iterations):
        self.calls.append((epochs, iterations))


def test_a_function_gets_each_event_at_once():
    events, found = [iteration(1), epoch(1), Said("hello"), IterationsEnded(iteration(2), never)], []
    sent = Dispatcher([found.append], pytest.fail)
    for count, event in enumerate(events, start=1):
        sent.emit(event)
        assert found == events[:count]
    assert sent.wants_iterations()


def test_an_object_that_happens_to_have_progress_is_called_as_a_function():
    class Bar:
        progress = 0.5

        def __call__(self, event):
            found.append(event)

    found = []
    sent = Dispatcher([Bar()], pytest.fail)
    sent.emit(iteration(1))
    sent.emit(epoch(1))
    assert found == [iteration(1), epoch(1)]


def test_fast_epochs_and_iterations_are_sent_together():
    subscriber = Together()
    sent = Dispatcher([subscriber], pytest.fail)
    sent.emit(iteration(1))  # the first is sent at once
    assert subscriber.calls == [([], [iteration(1)])] and not sent.wants_iterations()
    for number in range(2, 12):
        sent.emit(iteration(number))
        sent.emit(epoch(number))
    assert len(subscriber.calls) == 1
    sent.emit(Said("hello"))  # is after those that wait
    latest = [iteration(number) for number in range(12 - LATEST, 12)]
    assert subscriber.calls[1:] == [([epoch(number) for number in range(2, 12)], latest), Said("hello")]


def test_an_event_that_is_due_is_sent_while_it_is_handled(monkeypatch):
    monkeypatch.setattr(dispatcher, "SECONDS", 0.0)
    subscriber, several = Together(), IterationsEnded(iteration(8), lambda last=None: iter([iteration(8)]))
    sent = Dispatcher([subscriber], pytest.fail)
    sent.emit(several)
    assert subscriber.calls == [([], [several])]
    assert sent.wants_iterations()


def test_of_events_that_waited_only_the_last_iteration_is_left():
    subscriber = Together()
    sent = Dispatcher([subscriber], pytest.fail)
    sent.emit(iteration(1))
    sent.emit(IterationsEnded(iteration(8), never))
    sent.deliver()
    assert subscriber.calls[1] == ([], [iteration(8)])
    sent.deliver()  # nothing waits
    assert len(subscriber.calls) == 2


def test_of_many_iterations_the_latest_are_sent():
    subscriber = Together()
    sent = Dispatcher([subscriber], pytest.fail)
    sent.emit(iteration(0))
    for number in range(1, 4 * LATEST):
        sent.emit(iteration(number))
    sent.deliver()
    assert subscriber.calls[1] == ([], [iteration(number) for number in range(3 * LATEST, 4 * LATEST)])


def test_a_slow_epoch_is_sent_at_once():
    subscriber = Together()
    sent = Dispatcher([subscriber], pytest.fail)
    sent.emit(iteration(1))
    sent.emit(epoch(1, seconds=0.04))
    assert len(subscriber.calls) == 1
    sent.emit(epoch(2, seconds=5.0))
    assert subscriber.calls[1:] == [([epoch(1, 0.04), epoch(2, 5.0)], [])]


@pytest.mark.parametrize("together", [False, True])
def test_a_subscriber_whose_output_is_closed_gets_nothing_more(together):
    other, lost = Together(), []

    class Closed(Together):
        def progress(self, epochs, iterations):
            self(None)

        def __call__(self, event):
            super().__call__(event)
            raise BrokenPipeError("closed")

    closed = Closed()
    sent = Dispatcher([other, closed if together else closed.__call__], lost.append)
    sent.emit(iteration(1))
    sent.emit(Said("hello"))
    assert len(closed.calls) == len(lost) == 1 and isinstance(lost[0], BrokenPipeError)
    assert other.calls == [([], [iteration(1)]), Said("hello")]


def test_errors_of_the_required_subscriber_are_raised():
    def full(event):
        raise OSError("the disk is full")

    sent = Dispatcher([], pytest.fail)
    assert not sent
    sent.add(full, required=True)
    assert sent
    with pytest.raises(OSError, match="the disk is full"):
        sent.emit(iteration(1))
