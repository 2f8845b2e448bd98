"""The archive as the log knows it, in the records."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Sequence
from dataclasses import replace
from typing import Final, TypeVar

import msgspec

from straks.log.archive import Read, later
from straks.log.log import Entry, LogUnavailableError
from straks.log.moving import Head
from straks.records.archive import ArchivedChannel, ArchiveRecords, OpenChannel
from straks.records.errors import RecordsUnavailableError
from straks_protocol import Position

__all__ = ["RecordsArchive"]

_log = logging.getLogger(__name__)

_T = TypeVar("_T")

_KINDS: Final = ("conversation", "desk")
_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(Entry)


class RecordsArchive:
    """Implements :class:`straks.log.archive.Archive`."""

    def __init__(self, records: ArchiveRecords) -> None:
        self._records = records

    async def heads(self, conversation: str) -> Sequence[Head]:
        """Give the heads of a conversation's channels; see ``Archive``."""
        ident = conversation.partition(":")[2]
        found = await _asked(self._records.channels([f"{kind}:{ident}" for kind in _KINDS]))
        if not found or found[0].name != conversation:
            return ()
        return [_head(channel) for channel in found]

    async def head(self, channel: str) -> Head | None:
        """Give the head of one channel.

        Raises:
            LogUnavailableError: the records cannot be read now.
        """
        found = await _asked(self._records.channels([channel]))
        return _head(found[0]) if found else None

    async def names(self) -> Sequence[str]:
        """Give the names of all channels.

        Raises:
            LogUnavailableError: the records cannot be read now.
        """
        return await _asked(self._records.names())

    async def conversations(self, after: str, limit: int) -> Sequence[str]:
        """Name conversations; see ``Archive``."""
        return await _asked(self._records.conversations(after, limit))

    async def entries(self, channel: str, after: int, limit: int) -> Sequence[Entry]:
        """Read entries above an offset; see ``Archive``."""
        found = await _asked(self._records.entries(channel, after, limit))
        return [_DECODER.decode(entry) for entry in found]

    async def store(self, head: Head, read: Read) -> None:
        """Store a channel; see ``Archive``."""
        await _asked(self._store(head, read))

    async def _store(self, head: Head, read: Read) -> None:
        async with self._records.change(head.name) as kept:
            if await _holds(kept, head.position):
                await kept.put(replace(kept.channel, marks=later(kept.channel.marks, head.marks)))
                return
            after = await _shared(kept.channel, read)
            if after < kept.channel.last_offset:
                _log.warning(
                    "%s in the archive (%d entries) is replaced by another past that Redis has "
                    "(%d entries)",
                    head.name,
                    kept.channel.last_offset,
                    head.position.offset,
                )
                await kept.drop(after)
            await _add(kept, head, after, read)
            marks = later(kept.channel.marks, head.marks) if after else head.marks
            await kept.put(replace(_archived(head), marks=marks))

    async def archived(self, conversation: str) -> None:
        """Note that the log does not have a conversation; see ``Archive``."""
        await _asked(self._records.note(conversation.partition(":")[2], archived=True))

    async def restored(self, conversation: str) -> None:
        """Note that the log has a conversation again; see ``Archive``."""
        await _asked(self._records.note(conversation.partition(":")[2], archived=False))


async def _holds(kept: OpenChannel, position: Position) -> bool:
    """Tell whether what is kept goes as far as a position, or on from there."""
    if kept.channel.last_offset == position.offset:
        return kept.channel.last_id == position.id
    entry = await kept.entry(position.offset)
    return entry is not None and _DECODER.decode(entry).id == position.id


async def _shared(kept: ArchivedChannel, read: Read) -> int:
    """Tell after which offset to go on: after what is kept, or anew if that is another past."""
    if kept.last_offset == 0:
        return 0
    entries = await read(kept.last_offset - 1)
    return kept.last_offset if entries and entries[0].id == kept.last_id else 0


async def _add(kept: OpenChannel, head: Head, after: int, read: Read) -> None:
    last = head.position
    while after < last.offset:
        entries = [entry for entry in await read(after) if entry.offset <= last.offset]
        end = after + len(entries)
        if end == after or entries[-1].offset != end:
            raise LogUnavailableError(f"entries of {head.name} after {after} are missing")
        if end == last.offset and entries[-1].id != last.id:
            raise LogUnavailableError(f"{head.name} has changed while it was copied")
        await kept.add({entry.offset: _ENCODER.encode(entry) for entry in entries})
        after = end


def _archived(head: Head) -> ArchivedChannel:
    return ArchivedChannel(
        name=head.name,
        last_offset=head.position.offset,
        last_id=head.position.id,
        last_at=head.at,
        state_offset=head.state,
        marks=head.marks,
    )


def _head(channel: ArchivedChannel) -> Head:
    return Head(
        name=channel.name,
        position=Position(offset=channel.last_offset, id=channel.last_id),
        at=channel.last_at,
        state=channel.state_offset,
        marks=dict(channel.marks),
    )


async def _asked(answer: Awaitable[_T]) -> _T:
    try:
        return await answer
    except RecordsUnavailableError as error:
        raise LogUnavailableError(f"the archive is away: {error}") from error
