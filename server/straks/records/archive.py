"""The conversations that are not in the log any more."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Any, Final

import orjson
from sqlalchemy import Row, delete, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from straks.records.database import Database
from straks.records.engine import upsert
from straks.records.schema import archive_channels, archive_entries, inbox

__all__ = ["ArchiveRecords", "ArchivedChannel", "OpenChannel"]

_STORING: Final = 30.0
"""Seconds that PostgreSQL may take to store what is new of a channel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedChannel:
    """A channel as it was when it left the log. Times are milliseconds since the epoch."""

    name: str
    last_offset: int
    last_id: str
    last_at: int
    state_offset: int
    marks: Mapping[str, int]


class OpenChannel:
    """A channel of the archive that one changes."""

    def __init__(self, connection: AsyncConnection, channel: ArchivedChannel) -> None:
        """Use :meth:`ArchiveRecords.change`."""
        self._connection = connection
        self.channel: Final = channel
        """As it was; its last offset is 0 when there was none."""

    async def entry(self, offset: int) -> bytes | None:
        """Read one entry, if it is there."""
        columns = archive_entries.c
        query = select(columns.entry).where(
            columns.channel == self.channel.name, columns.offset == offset
        )
        found = await self._connection.scalar(query)
        return None if found is None else bytes(found)

    async def drop(self, after: int) -> None:
        """Remove all entries above an offset."""
        columns = archive_entries.c
        await self._connection.execute(
            delete(archive_entries).where(
                columns.channel == self.channel.name, columns.offset > after
            )
        )

    async def add(self, entries: Mapping[int, bytes]) -> None:
        """Add entries, by offset."""
        name = self.channel.name
        rows = [{"channel": name, "offset": at, "entry": entry} for at, entry in entries.items()]
        await self._connection.execute(insert(archive_entries), rows)

    async def put(self, channel: ArchivedChannel) -> None:
        """Set what is known of the channel beside its entries."""
        changed = update(archive_channels).where(archive_channels.c.name == channel.name)
        await self._connection.execute(changed.values(_row(channel)))


class ArchiveRecords:
    """What the archive is made of. Everything raises ``RecordsUnavailableError``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def channels(self, names: Sequence[str]) -> Sequence[ArchivedChannel]:
        """Read those of some channels that are there, sorted by name."""
        columns = archive_channels.c
        query = select(archive_channels).where(columns.name.in_(names)).order_by(columns.name)
        async with self._database.read() as connection:
            return [_channel(row) for row in await connection.execute(query)]

    async def entries(self, channel: str, after: int, limit: int) -> Sequence[bytes]:
        """Read entries above an offset, in order."""
        columns = archive_entries.c
        query = select(columns.entry).where(columns.channel == channel, columns.offset > after)
        async with self._database.read() as connection:
            return list(await connection.scalars(query.order_by(columns.offset).limit(limit)))

    @asynccontextmanager
    async def change(self, name: str) -> AsyncIterator[OpenChannel]:
        """Open a channel to change it: nobody else can meanwhile, and all is stored or nothing."""
        new = upsert(self._database, archive_channels)
        # Changes nothing, but makes everybody else wait.
        locked = new.on_conflict_do_update(
            index_elements=["name"], set_={"name": new.excluded.name}
        ).returning(*archive_channels.c)
        nothing = ArchivedChannel(
            name=name, last_offset=0, last_id="", last_at=0, state_offset=0, marks={}
        )
        async with self._database.write(_STORING) as connection:
            found = await connection.execute(locked, _row(nothing))
            yield OpenChannel(connection, _channel(found.one()))

    async def note(self, ident: str, *, archived: bool) -> None:
        """Note whether the log has a conversation."""
        async with self._database.write() as connection:
            await connection.execute(
                update(inbox).where(inbox.c.id == ident).values(archived=archived)
            )

    async def idle(
        self, before: int, after: tuple[int, str], limit: int
    ) -> Sequence[tuple[int, str]]:
        """Find conversations that the log may have and that have not changed for long.

        Args:
            before: milliseconds since the epoch; they changed earlier.
            after: time and id of the last one that was found before; they come after it.
            limit: most that are wanted.

        Returns:
            When each changed, and its id; the oldest first.
        """
        columns = inbox.c
        key = tuple_(columns.updated_at, columns.id)
        query = (
            select(columns.updated_at, columns.id)
            .where(columns.archived.is_(False), columns.updated_at < before, key > after)
            .order_by(columns.updated_at, columns.id)
            .limit(limit)
        )
        async with self._database.read() as connection:
            return [(row.updated_at, row.id) for row in await connection.execute(query)]

    async def found(self, idents: Sequence[str]) -> None:
        """Note that the log has conversations, whatever was noted before."""
        async with self._database.write() as connection:
            await connection.execute(
                update(inbox).where(inbox.c.id.in_(idents), inbox.c.archived).values(archived=False)
            )

    async def conversations(self, after: str, limit: int) -> Sequence[str]:
        """Name conversations that are there, in order, after one of them."""
        name = archive_channels.c.name
        kind = "conversation:"
        query = select(name).where(name.startswith(kind), name > max(after, kind))
        async with self._database.read() as connection:
            return list(await connection.scalars(query.order_by(name).limit(limit)))

    async def names(self) -> Sequence[str]:
        """Give the names of all channels that are there."""
        async with self._database.read() as connection:
            return list(await connection.scalars(select(archive_channels.c.name)))


def _channel(row: Row[Any]) -> ArchivedChannel:
    return ArchivedChannel(
        name=row.name,
        last_offset=row.last_offset,
        last_id=row.last_id,
        last_at=row.last_at,
        state_offset=row.state_offset,
        marks=orjson.loads(row.marks),
    )


def _row(channel: ArchivedChannel) -> dict[str, Any]:
    return {**asdict(channel), "marks": orjson.dumps(dict(channel.marks)).decode()}
