"""The archive as the log knows it, in the records."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Final, TypeVar

import msgspec

from straks.log.log import Entry, LogUnavailableError
from straks.log.moving import Head
from straks.records.archive import ArchivedChannel, ArchiveRecords
from straks.records.errors import RecordsUnavailableError
from straks_protocol import Position

__all__ = ["RecordsArchive"]

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

    async def entries(self, channel: str, after: int, limit: int) -> Sequence[Entry]:
        """Read entries above an offset; see ``Archive``."""
        found = await _asked(self._records.entries(channel, after, limit))
        return [_DECODER.decode(entry) for entry in found]

    async def store(self, head: Head, entries: Sequence[Entry]) -> None:
        """Store the next entries of a channel; see ``Archive``."""
        channel = ArchivedChannel(
            name=head.name,
            last_offset=head.position.offset,
            last_id=head.position.id,
            last_at=head.at,
            state_offset=head.state,
            marks=head.marks,
        )
        encoded = {entry.offset: _ENCODER.encode(entry) for entry in entries}
        await _asked(self._records.store(channel, encoded))

    async def archived(self, conversation: str) -> None:
        """Note that the log does not have a conversation; see ``Archive``."""
        await _asked(self._records.note(conversation.partition(":")[2], archived=True))

    async def restored(self, conversation: str) -> None:
        """Note that the log has a conversation again; see ``Archive``."""
        await _asked(self._records.note(conversation.partition(":")[2], archived=False))


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
