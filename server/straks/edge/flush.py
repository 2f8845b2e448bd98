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
    """Calls everyone who wrote in this tick once, at its end."""

    __slots__ = ("_dirty", "_loop")

    def __init__(self, loop: SoonLoop) -> None:
        self._loop = loop
        self._dirty: list[Flushed] = []

    def add(self, flushed: Flushed) -> None:
        """Flush ``flushed`` at the end of the tick."""
        if not self._dirty:
            self._loop.call_soon(self._flush)
        self._dirty.append(flushed)

    def _flush(self) -> None:
        dirty, self._dirty = self._dirty, []
        for flushed in dirty:
            flushed.flush()
