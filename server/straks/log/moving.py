"""How a whole log is read, and made of what another one held, while no server uses it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Protocol

from msgspec import Struct

from straks.log.log import Entry
from straks_protocol import Position

__all__ = ["Arrival", "Departure", "Head", "Pending", "with_states"]


class Head(Struct, frozen=True, kw_only=True):
    """What a log knows of a channel besides its entries."""

    name: str
    position: Position
    """Of its last entry."""
    at: int
    """Of its last entry; milliseconds since the epoch."""
    state: int
    """Offset of the last entry that changed its state; 0: none did."""
    marks: dict[str, int]
    """Read watermark of each reader, where there is one."""


class Pending(Struct, frozen=True, kw_only=True):
    """An entry that some consumers have yet to see."""

    channel: str
    offset: int
    consumers: tuple[str, ...]


class Departure(Protocol):
    """A log that is left."""

    async def channels(self) -> Sequence[str]:
        """Give the names of all channels, sorted."""
        ...

    async def head(self, channel: str) -> Head:
        """Read a channel's head."""
        ...

    async def entries(self, channel: str, after: int, limit: int) -> Sequence[Entry]:
        """Read entries above an offset, in order."""
        ...

    def pending(self, consumers: Sequence[str]) -> AsyncIterator[Pending]:
        """Read what some of the consumers have yet to see, in the order in which they will."""
        ...


class Arrival(Protocol):
    """An empty log that is filled."""

    async def put(self, head: Head, entries: Sequence[Entry]) -> None:
        """Store the next entries of a channel; those of one channel come one after the other."""
        ...

    async def put_pending(self, items: Sequence[Pending]) -> None:
        """Put the next of what consumers have yet to see into the feed."""
        ...

    async def finish(self, consumers: Sequence[str]) -> None:
        """Set the cursors: a consumer sees all that it has yet to see, and maybe more."""
        ...


def with_states(entries: Sequence[Entry], state: int) -> Iterator[tuple[Entry, int]]:
    """Say with each entry the offset of the last one, itself included, that changed the state.

    ``state``: that of the entry before them.
    """
    for entry in entries:
        if entry.advances:
            state = entry.offset
        yield entry, state
