"""Sends the events of a run to its subscribers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable
from time import perf_counter
from typing import Any

from nnctl.training.events import EpochEnded, Event, IterationEnded, IterationsEnded, Subscriber

SECONDS = 1 / 24  # the longest that an event waits for others
LATEST = 8  # iterations that a subscriber to progress gets at least, if there were as many


class Progress(ABC):
    """A subscriber that takes the epochs and iterations of the last moment together.

    A small model trains thousands of epochs a second. Calling a function for each of them, whose code is no longer in
    the processor's caches, takes several times as long as what the function does.
    """

    @abstractmethod
    def __call__(self, event: Event) -> None:
        """Called with every other event, at once."""

    @abstractmethod
    def progress(self, epochs: list[EpochEnded], iterations: list[IterationEnded | IterationsEnded]) -> None:
        """Called with the epochs that have ended since the last call, and the latest iterations. Of these, all but the
        last one are single iterations."""


class Dispatcher:
    """Calls each subscriber with each event, and those of the kind Progress with those of a moment together.

    A subscriber whose output was closed gets no more events; `lost` is called with its error. Errors of the `required`
    subscriber are raised.
    """

    def __init__(self, subscribers: Iterable[Subscriber], lost: Callable[[OSError], None]):
        self._lost = lost
        self._required: Subscriber | None = None
        self._all: list[Subscriber] = []
        self._together: list[Progress] = []
        self._one_by_one: list[Subscriber] = []
        for subscriber in subscribers:
            self.add(subscriber)
        self._epochs: list[EpochEnded] = []  # those that wait
        self._iterations: deque[IterationEnded | IterationsEnded] = deque(maxlen=LATEST)
        self._due = 0.0

    def __bool__(self) -> bool:
        """Whether there are subscribers."""
        return bool(self._all)

    def add(self, subscriber: Subscriber, required: bool = False) -> None:
        self._all.append(subscriber)
        if isinstance(subscriber, Progress):
            self._together.append(subscriber)
        else:
            self._one_by_one.append(subscriber)
        if required:
            self._required = subscriber

    def wants_iterations(self) -> bool:
        """Whether an iteration would be sent now. If not, events of iterations need not be made."""
        return bool(self._one_by_one) or perf_counter() >= self._due

    def emit(self, event: Event) -> None:
        if isinstance(event, EpochEnded):
            if self._one_by_one:
                self._send_at_once(event)
            self._epochs.append(event)
            if (event.seconds or 0.0) >= SECONDS:
                self.deliver()
        elif isinstance(event, (IterationEnded, IterationsEnded)):
            if self._one_by_one:
                self._send_at_once(event)
            self._iterations.append(event)
            if perf_counter() >= self._due:
                self.deliver(event)
        else:
            self.deliver()
            for each in tuple(self._all):
                self._call(each, each, event)

    def _send_at_once(self, event: Event) -> None:
        for subscriber in tuple(self._one_by_one):
            self._call(subscriber, subscriber, event)

    def deliver(self, handled: IterationEnded | IterationsEnded | None = None) -> None:
        """Sends the events that wait. handled: the last of them, if it is being handled (see IterationsEnded)."""
        epochs, waiting = self._epochs, self._iterations
        if not (epochs or waiting):
            return
        self._epochs, self._iterations = [], deque(maxlen=LATEST)
        iterations = [
            each.last if isinstance(each, IterationsEnded) and each is not handled else each for each in waiting
        ]
        for subscriber in tuple(self._together):
            self._call(subscriber, subscriber.progress, epochs, iterations)
        self._due = perf_counter() + SECONDS

    def _call(self, subscriber: Subscriber, function: Callable[..., None], *arguments: object) -> None:
        try:
            function(*arguments)
        except OSError as error:
            if subscriber is self._required:
                raise
            lists: tuple[list[Any], ...] = self._all, self._together, self._one_by_one
            for listed in lists:
                if subscriber in listed:
                    listed.remove(subscriber)
            self._lost(error)
