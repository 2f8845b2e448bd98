"""Signals of one tick, the latest of each kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

from straks.accounts.principals import Principal

__all__ = ["Signals", "SoonCaller"]

Deliver: TypeAlias = Callable[[str, Principal, str, dict[str, Any]], None]


class SoonCaller(Protocol):
    """The part of an event loop that runs something in its next turn."""

    def call_soon(self, callback: Callable[[], object], /) -> object: ...


class Signals:
    """Holds signals until the tick ends: the latest per (channel, sender, kind) wins.

    At most ``capacity`` a tick. Overflow policy: "drop": a signal is worth nothing later.
    """

    def __init__(self, deliver: Deliver, loop: SoonCaller, *, capacity: int = 4096) -> None:
        self._deliver = deliver
        self._loop = loop
        self._capacity = capacity
        self._waiting: dict[tuple[str, str, str], tuple[Principal, dict[str, Any]]] = {}

    def put(self, channel: str, sender: Principal, kind: str, data: dict[str, Any]) -> None:
        """Send a checked signal at the end of this tick, in place of an earlier one."""
        what = (channel, sender.sender, kind)
        if not self._waiting:
            self._loop.call_soon(self._flush)
        elif len(self._waiting) >= self._capacity and what not in self._waiting:
            return
        self._waiting[what] = (sender, data)

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, {}
        for (channel, _, kind), (sender, data) in waiting.items():
            self._deliver(channel, sender, kind, data)
