"""Where conversations go that nobody has touched for long."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from straks.log.log import Entry
from straks.log.moving import Head

__all__ = ["REMEMBERED_SECONDS", "Archive"]

REMEMBERED_SECONDS: Final = 86_400
"""For how long the log knows by itself that a conversation is in the archive."""


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

    async def store(self, head: Head, entries: Sequence[Entry]) -> None:
        """Store the next entries of a channel, and its head as it is after the last of all.

        The head counts when its last entry is there. What is stored of the channel from the first
        of these offsets on is replaced.
        """
        ...

    async def archived(self, conversation: str) -> None:
        """Note that the log does not have a conversation any more."""
        ...

    async def restored(self, conversation: str) -> None:
        """Note that the log has a conversation again."""
        ...
