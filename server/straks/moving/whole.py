"""A log and its archive, as one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Final

from straks.archive.store import RecordsArchive
from straks.log.log import Entry, LogUnavailableError
from straks.log.moving import Departure, Head, Pending

__all__ = ["WithArchive"]


class WithArchive:
    """Implements :class:`Departure`: what the log does not have is read from the archive."""

    def __init__(self, log: Departure, archive: RecordsArchive) -> None:
        self._log = log
        self._archive: Final = archive
        self._archived: set[str] = set()

    async def channels(self) -> Sequence[str]:
        """Give the names of all channels, sorted."""
        hot = await self._log.channels()
        # A desk is where its conversation is.
        self._archived = {*await self._archive.names()} - {*hot}
        return sorted([*hot, *self._archived])

    async def head(self, channel: str) -> Head:
        """Read a channel's head."""
        if channel not in self._archived:
            return await self._log.head(channel)
        found = await self._archive.head(channel)
        if found is None:
            raise LogUnavailableError(f"{channel} is not in the archive any more")
        return found

    async def entries(self, channel: str, after: int, limit: int) -> Sequence[Entry]:
        """Read entries above an offset, in order."""
        place = self._archive if channel in self._archived else self._log
        return await place.entries(channel, after, limit)

    def pending(self, consumers: Sequence[str]) -> AsyncIterator[Pending]:
        """Read what some of the consumers have yet to see: what is in the archive they have."""
        return self._log.pending(consumers)
