"""A log and its archive, as one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Final, Protocol

import msgspec

from straks.archive.store import RecordsArchive
from straks.log.archive import later
from straks.log.log import Entry, LogUnavailableError
from straks.log.moving import Departure, Head, Pending
from straks_protocol import Position

__all__ = ["WithArchive"]


class WithArchive:
    """Implements :class:`Departure`: what the log does not have is read from the archive.

    Of what both have, as after the log has lost something, the archive's goes where it goes on from
    that of the log.
    """

    def __init__(self, log: Departure, archive: RecordsArchive) -> None:
        self._log = log
        self._archive: Final = archive
        self._archived: set[str] = set()
        self._both: set[str] = set()
        self._longer: str | None = None
        """The channel read last, if both have it and it is read from the archive."""

    async def channels(self) -> Sequence[str]:
        """Give the names of all channels, sorted."""
        hot, kept = {*await self._log.channels()}, {*await self._archive.names()}
        self._archived, self._both = kept - hot, kept & hot
        return sorted(hot | kept)

    async def head(self, channel: str) -> Head:
        """Read a channel's head."""
        self._longer = None
        if channel in self._archived:
            return await self._kept(channel)
        head = await self._log.head(channel)
        if channel in self._both:
            kept = await self._kept(channel)
            marks = later(kept.marks, head.marks)
            if await _goes_on(self._archive, kept, head.position):
                self._longer = channel
                return msgspec.structs.replace(kept, marks=marks)
            if await _goes_on(self._log, head, kept.position):
                return msgspec.structs.replace(head, marks=marks)
        return head

    async def _kept(self, channel: str) -> Head:
        found = await self._archive.head(channel)
        if found is None:
            raise LogUnavailableError(f"{channel} is not in the archive any more")
        return found

    async def entries(self, channel: str, after: int, limit: int) -> Sequence[Entry]:
        """Read entries above an offset, in order; its head has been read just before."""
        archived = channel in self._archived or channel == self._longer
        place = self._archive if archived else self._log
        return await place.entries(channel, after, limit)

    def pending(self, consumers: Sequence[str]) -> AsyncIterator[Pending]:
        """Read what some of the consumers have yet to see: what is in the archive they have."""
        return self._log.pending(consumers)


class _Entries(Protocol):
    async def entries(self, channel: str, after: int, limit: int) -> Sequence[Entry]: ...


async def _goes_on(place: _Entries, head: Head, position: Position) -> bool:
    """Tell whether a channel goes as far as a position, or on from there."""
    if head.position.offset <= position.offset:
        return head.position == position
    entries = await place.entries(head.name, position.offset - 1, 1)
    return bool(entries) and entries[0].id == position.id
