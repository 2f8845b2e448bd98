"""Where conversations go that nobody has touched for long."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, Protocol, TypeAlias

from straks.log.log import Entry
from straks.log.moving import Head

__all__ = ["REMEMBERED_SECONDS", "Archive", "Read", "later"]

REMEMBERED_SECONDS: Final = 86_400
"""For how long the log knows by itself that a conversation is in the archive."""

Read: TypeAlias = Callable[[int], Awaitable[Sequence[Entry]]]


def later(some: Mapping[str, int], others: Mapping[str, int]) -> dict[str, int]:
    """Give each reader's watermark that is later."""
    readers = sorted({*some, *others})
    return {reader: max(some.get(reader, 0), others.get(reader, 0)) for reader in readers}


class Archive(Protocol):
    """Keeps whole conversations, each with its desk, for a log that wants them out of memory.

    What was stored stays, also when a conversation is back in the log: it counts only while the log
    does not have it. Everything raises ``LogUnavailableError`` when it is away.
    """

    async def heads(self, conversation: str) -> Sequence[Head]:
        """Give the heads of a conversation's channels, itself first; empty when it is not here."""
        ...

    async def entries(self, channel: str, after: int, limit: int) -> Sequence[Entry]:
        """Read entries above an offset, in order."""
        ...

    async def store(self, head: Head, read: Read) -> None:
        """Store a channel, all of it or nothing.

        What is here already is not read again. Where it goes on from that head, as after the log
        has lost something, or when another has stored it since, it stays, and takes only the later
        watermarks. Where it is another past, it is replaced.

        ``read``: gives the entries of the channel in the log above an offset, some at a time.
        """
        ...

    async def conversations(self, after: str, limit: int) -> Sequence[str]:
        """Name conversations that are here, in order, after one of them."""
        ...

    async def archived(self, conversation: str) -> None:
        """Note that the log does not have a conversation any more."""
        ...

    async def restored(self, conversation: str) -> None:
        """Note that the log has a conversation again."""
        ...
