"""The neighbours of a hub, for tests that look at it alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from straks.accounts.principals import Principal
from straks.hub.frames import EntryBurst, EntryFrame, Frame
from straks_protocol import Principal as WirePrincipal
from straks_protocol.codec import JSON

__all__ = ["HERE", "Conversations", "Held", "Listener", "Log", "Loop", "Socket"]

HERE = "conversation:a"


class Loop:
    """An event loop that runs when told."""

    def __init__(self) -> None:
        self.now = 0.0
        self.calls: list[tuple[float, Callable[[], object]]] = []

    def call_soon(self, callback: Callable[[], object], /) -> None:
        self.calls.append((self.now, callback))

    def call_later(self, delay: float, callback: Callable[[], object], /) -> None:
        self.calls.append((self.now + delay, callback))

    def time(self) -> float:
        return self.now

    def run(self, seconds: float = 0.0) -> int:
        """Let time pass; tells how many calls were made."""
        self.now += seconds
        made = 0
        while due := [call for call in self.calls if call[0] <= self.now]:
            self.calls.remove(due[0])
            due[0][1]()
            made += 1
        return made


class Log:
    def __init__(self) -> None:
        self.followed: set[str] = set()
        self.marks: list[tuple[str, str, int]] = []

    def follow(self, channel: str) -> None:
        assert channel not in self.followed
        self.followed.add(channel)

    def unfollow(self, channel: str) -> None:
        self.followed.remove(channel)

    def follows(self, channel: str) -> bool:
        return channel in self.followed

    def mark(self, channel: str, reader: str, offset: int) -> None:
        self.marks.append((channel, reader, offset))


class Held:
    def __init__(self) -> None:
        self.agent: WirePrincipal | None = None


class Conversations:
    def __init__(self) -> None:
        self.held = Held()

    def recall(self, conversation_id: str) -> Held | None:
        return self.held


class Listener:
    """A subscriber that writes down what it is told."""

    def __init__(self, principal: Principal, channel: str = HERE) -> None:
        self.principal = principal
        self.channel = channel
        self.told: list[dict[str, Any]] = []
        self.frames: list[bytes] = []

    def _take(self, data: bytes) -> None:
        self.frames.append(data)
        start = 2 if data[1] < 126 else 4
        self.told.append(orjson.loads(data[start:]))

    def entry(self, frame: EntryFrame) -> None:
        self._take(frame.encoded(JSON, own=frame.sender == self.principal.sender))

    def burst(self, burst: EntryBurst) -> None:
        for frame in burst.frames:
            self.entry(frame)

    def signal(self, frame: Frame) -> None:
        self._take(frame.encoded(JSON))

    def read(self, reader: str, offset: int, frame: Frame) -> None:
        self._take(frame.encoded(JSON))

    def presence(self, frame: Frame) -> None:
        self._take(frame.encoded(JSON))

    def lost(self) -> None:
        self.told.append({"type": "lost"})

    def last(self, type_: str) -> dict[str, Any]:
        return [message for message in self.told if message["type"] == type_][-1]


class Socket:
    def __init__(self, principal: Principal) -> None:
        self.principal = principal
        self.code: int | None = None

    def close(self, code: int, reason: str = "") -> None:
        self.code = code
