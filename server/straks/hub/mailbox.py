"""What waits for a connection that reads too slowly, bounded in bytes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

__all__ = ["Lane", "Mailbox"]


class Lane(Enum):
    """What may happen to a frame when the mailbox is full."""

    SIGNAL = "dropped first"
    PUSH = "replaced by a marker that tells the client to subscribe again"
    REPLY = "never dropped: the connection is closed"


@dataclass(frozen=True, slots=True)
class _Letter:
    lane: Lane
    channel: str
    data: bytes


class Mailbox:
    """Frames in order, at most ``limit`` bytes. Overflow policy: "signals, resync, close".

    When a frame does not fit, signals go first; then every channel's backlog goes and one marker
    per channel comes in its place; when that is not enough the owner closes the connection.
    """

    __slots__ = ("_letters", "_limit", "size")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._letters: list[_Letter] = []
        self.size = 0

    def put(self, data: bytes, lane: Lane, channel: str = "") -> bool:
        """Add a frame. False: the mailbox is over its limit, call :meth:`shed`."""
        if self.size + len(data) > self._limit:
            self._drop_signals()
            if lane is Lane.SIGNAL and self.size + len(data) > self._limit:
                return True
        self._letters.append(_Letter(lane, channel, data))
        self.size += len(data)
        return self.size <= self._limit

    def shed(self, marker: Callable[[str], bytes]) -> list[str]:
        """Replace each channel's backlog by ``marker(channel)``; return those channels.

        The caller ends its subscriptions to them. When ``size`` is still above the limit (see
        :attr:`full`), only closing is left.
        """
        kept: list[_Letter] = []
        lost: dict[str, None] = {}
        for letter in self._letters:
            if letter.lane is not Lane.PUSH:
                kept.append(letter)
            elif letter.channel not in lost:
                lost[letter.channel] = None
                kept.append(_Letter(Lane.REPLY, letter.channel, marker(letter.channel)))
        self._set(kept)
        return list(lost)

    @property
    def full(self) -> bool:
        """Whether more waits than may wait."""
        return self.size > self._limit

    def take(self) -> bytes:
        """Empty the mailbox into one piece to write."""
        data = b"".join([letter.data for letter in self._letters])
        self._set([])
        return data

    def _drop_signals(self) -> None:
        if any(letter.lane is Lane.SIGNAL for letter in self._letters):
            self._set([letter for letter in self._letters if letter.lane is not Lane.SIGNAL])

    def _set(self, letters: list[_Letter]) -> None:
        self._letters = letters
        self.size = sum(len(letter.data) for letter in letters)
