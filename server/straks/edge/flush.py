"""One call per tick that writes what joined during it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

__all__ = ["Flusher", "Flushed", "SoonLoop"]


class Flushed(Protocol):
    """Something with output that waits for the end of the tick."""

    def flush(self) -> None:
        """Write it. Must not raise."""
        ...


class SoonLoop(Protocol):
    """The part of an event loop that the flusher needs."""

    def call_soon(self, callback: Callable[[], object], /) -> object: ...


class Flusher:
    """Counts ticks, and calls everyone whose output joined in one, at its end."""

    __slots__ = ("_counting", "_dirty", "_loop", "_tick")

    def __init__(self, loop: SoonLoop) -> None:
        self._loop = loop
        self._tick = 1
        self._counting = False
        """Somebody asked for the number of this tick: the next one has another."""
        self._dirty: list[Flushed] = []

    def tick(self) -> int:
        """Give the number of this tick, above 0."""
        if not self._counting:
            self._counting = True
            self._loop.call_soon(self._end)
        return self._tick

    def add(self, flushed: Flushed) -> None:
        """Flush ``flushed`` at the end of this tick, whose number somebody has asked for."""
        self._dirty.append(flushed)

    def _end(self) -> None:
        self._counting = False
        self._tick += 1
        dirty, self._dirty = self._dirty, []
        for flushed in dirty:
            flushed.flush()
