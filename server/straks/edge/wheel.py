"""One timer for all connections."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final, Protocol

__all__ = ["Timed", "TimerLoop", "Wheel"]

logger = logging.getLogger(__name__)

NOWHERE: Final = -1


class Timed(Protocol):
    """Something that is called back at most once at a time; give ``slot`` the value -1 first."""

    slot: int
    """Where the wheel holds it; only the wheel changes this."""

    def on_timer(self, now: float) -> float | None:
        """Do what is due. Returns seconds until the next call, None for no more."""
        ...


class TimerLoop(Protocol):
    """The part of an event loop that the wheel needs."""

    def call_later(self, delay: float, callback: Callable[[], object], /) -> object: ...

    def time(self) -> float: ...


class Wheel:
    """A ring of slots that turns once every ``tick`` seconds; adding and removing are O(1).

    Its time is the loop's *awake* time: a turn that comes late counts as two ticks at most. What
    peers sent during a stall lies unread in the sockets, so a stall must not count as their
    silence. Calls come up to one tick late, or early where the ring is shorter than the delay:
    whoever is called looks at ``now``.
    """

    def __init__(self, *, tick: float = 0.1, slots: int = 512) -> None:
        self.now = 0.0
        """Seconds awake: a clock to stamp with that costs no call."""
        self._tick = tick
        self._slots: list[set[Timed]] = [set() for _ in range(slots)]
        self._at = 0
        self._loop: TimerLoop | None = None
        self._turned = 0.0

    def add(self, timed: Timed, delay: float) -> None:
        """Call ``timed`` in ``delay`` seconds, in place of its earlier call."""
        if timed.slot != NOWHERE:
            self._slots[timed.slot].discard(timed)
        ahead = min(max(int(delay / self._tick) + 1, 1), len(self._slots) - 1)
        timed.slot = (self._at + ahead) % len(self._slots)
        self._slots[timed.slot].add(timed)

    def discard(self, timed: Timed) -> None:
        """Forget the call of ``timed``."""
        if timed.slot != NOWHERE:
            self._slots[timed.slot].discard(timed)
            timed.slot = NOWHERE

    def start(self, loop: TimerLoop) -> None:
        """Turn on by itself until :meth:`stop`."""
        self._loop = loop
        self._turned = loop.time()
        loop.call_later(self._tick, self._turn)

    def stop(self) -> None:
        """Stand still after the turn that is due."""
        self._loop = None

    def _turn(self) -> None:
        if self._loop is None:
            return
        time = self._loop.time()
        elapsed = time - self._turned
        self._turned = time
        self.advance(elapsed)
        self._loop.call_later(self._tick, self._turn)

    def advance(self, elapsed: float) -> None:
        """Turn by one tick, or by two when ``elapsed`` seconds are that many or more."""
        elapsed = min(elapsed, 2 * self._tick)
        self.now += elapsed
        self._step()
        if elapsed >= 2 * self._tick:
            self._step()

    def _step(self) -> None:
        self._at = (self._at + 1) % len(self._slots)
        due = self._slots[self._at]
        if not due:
            return
        self._slots[self._at] = set()
        for timed in due:
            timed.slot = NOWHERE
        for timed in due:
            try:
                delay = timed.on_timer(self.now)
            except Exception:
                # The wheel turns for everybody: it must not stop for one.
                logger.exception("a timer of a %s failed", type(timed).__name__)
                continue
            if delay is not None:
                self.add(timed, delay)
