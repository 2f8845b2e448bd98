"""Signals of one tick, the latest of each kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol, TypeAlias

from straks.accounts.principals import Principal

__all__ = ["KINDS", "Signals", "SoonCaller"]

KINDS: Final[Mapping[str, frozenset[str]]] = {
    "conversation": frozenset({"typing"}),
    "desk": frozenset({"typing", "viewing"}),
}
"""The signals that exist, by kind of channel (PROTOCOL.md §3)."""

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
        """Send a signal at the end of this tick, in place of an earlier one of its kind."""
        if kind not in KINDS.get(channel.partition(":")[0], ()):
            raise ValueError(f"no such signal on {channel}: {kind}")
        on = data.get("on")
        clean = {"on": on if isinstance(on, bool) else True}
        if not self._waiting:
            self._loop.call_soon(self._flush)
        elif len(self._waiting) >= self._capacity:
            return
        self._waiting[channel, sender.sender, kind] = (sender, clean)

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, {}
        for (channel, _, kind), (sender, data) in waiting.items():
            self._deliver(channel, sender, kind, data)
