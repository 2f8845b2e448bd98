"""What the hub needs of its neighbours."""

from __future__ import annotations

from typing import Protocol

from straks.accounts.principals import Principal
from straks.hub.frames import EntryBurst, EntryFrame, Frame
from straks_protocol import Principal as WirePrincipal

__all__ = ["Connection", "Conversations", "Followed", "Held", "Subscriber"]


class Connection(Protocol):
    """A welcomed socket."""

    @property
    def principal(self) -> Principal: ...

    def close(self, code: int, reason: str = "") -> None:
        """Say what is left to say, then close."""
        ...


class Subscriber(Protocol):
    """One connection's subscription to one channel. Its methods must neither raise nor block."""

    @property
    def channel(self) -> str: ...

    @property
    def principal(self) -> Principal: ...

    def entry(self, frame: EntryFrame) -> None:
        """Take a committed entry; they come in offset order."""
        ...

    def burst(self, burst: EntryBurst) -> None:
        """Take several that follow each other."""
        ...

    def signal(self, frame: Frame) -> None:
        """Take something that may be dropped."""
        ...

    def read(self, reader: str, offset: int, frame: Frame) -> None:
        """Take a read mark of somebody else."""
        ...

    def presence(self, frame: Frame) -> None:
        """Take the list of who is here."""
        ...

    def lost(self) -> None:
        """Learn that what was delivered is not in the log any more: begin anew."""
        ...


class Followed(Protocol):
    """The part of the log that tells which channels have subscribers here."""

    def follow(self, channel: str) -> None: ...

    def unfollow(self, channel: str) -> None: ...

    def follows(self, channel: str) -> bool: ...

    def mark(self, channel: str, reader: str, offset: int) -> None: ...


class Held(Protocol):
    @property
    def agent(self) -> WirePrincipal | None: ...


class Conversations(Protocol):
    """The folds that are in memory."""

    def recall(self, conversation_id: str) -> Held | None: ...
