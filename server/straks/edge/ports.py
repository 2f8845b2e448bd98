"""What a session needs of the connection under it."""

from __future__ import annotations

from typing import Protocol

from straks.hub.mailbox import Lane

__all__ = ["Socket"]


class Socket(Protocol):
    """The WebSocket under a session."""

    def send(self, frame: bytes, lane: Lane = Lane.REPLY, channel: str = "") -> None:
        """Write a frame, or let it wait."""
        ...

    def close(self, code: int, reason: str = "") -> None:
        """Write what waits, then begin the closing handshake."""
        ...

    def welcomed(self) -> None:
        """Learn that the peer said who it is: from now on it has heartbeats."""
        ...

    def hold(self) -> None:
        """Read nothing more until :meth:`release`."""
        ...

    def release(self) -> None:
        """Read on."""
        ...
