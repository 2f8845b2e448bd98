"""The conversations that are not in the log any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson
from sqlalchemy import delete, insert, select, tuple_, update

from straks.records.database import Database
from straks.records.engine import upsert
from straks.records.schema import archive_channels, archive_entries, inbox

__all__ = ["ArchiveRecords", "ArchivedChannel"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedChannel:
    """A channel as it was when it left the log. Times are milliseconds since the epoch."""

    name: str
    last_offset: int
    last_id: str
    last_at: int
    state_offset: int
    marks: Mapping[str, int]


class ArchiveRecords:
    """What the archive is made of. Everything raises ``RecordsUnavailableError``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def channels(self, names: Sequence[str]) -> Sequence[ArchivedChannel]:
        """Read those of some channels that are there, whole; sorted by name."""
        columns = archive_channels.c
        query = select(archive_channels).where(columns.name.in_(names), columns.whole)
        async with self._database.read() as connection:
            rows = await connection.execute(query.order_by(columns.name))
            return [
                ArchivedChannel(
                    name=row.name,
                    last_offset=row.last_offset,
                    last_id=row.last_id,
                    last_at=row.last_at,
                    state_offset=row.state_offset,
                    marks=orjson.loads(row.marks),
                )
                for row in rows
            ]

    async def entries(self, channel: str, after: int, limit: int) -> Sequence[bytes]:
        """Read entries above an offset, in order."""
        columns = archive_entries.c
        query = select(columns.entry).where(columns.channel == channel, columns.offset > after)
        async with self._database.read() as connection:
            return list(await connection.scalars(query.order_by(columns.offset).limit(limit)))

    async def store(self, channel: ArchivedChannel, entries: Mapping[int, bytes]) -> None:
        """Store the next entries of a channel by offset, in place of those from there on."""
        new = upsert(self._database, archive_channels)
        changed = {c.name: new.excluded[c.name] for c in archive_channels.c if not c.primary_key}
        statement = new.on_conflict_do_update(index_elements=["name"], set_=changed)
        columns = archive_entries.c
        replaced = delete(archive_entries).where(
            columns.channel == channel.name, columns.offset >= min(entries)
        )
        row = {
            "name": channel.name,
            "last_offset": channel.last_offset,
            "last_id": channel.last_id,
            "last_at": channel.last_at,
            "state_offset": channel.state_offset,
            "marks": orjson.dumps(channel.marks).decode(),
            "whole": max(entries) == channel.last_offset,
        }
        rows = [
            {"channel": channel.name, "offset": offset, "entry": entry}
            for offset, entry in entries.items()
        ]
        async with self._database.write() as connection:
            await connection.execute(statement, row)
            await connection.execute(replaced)
            await connection.execute(insert(archive_entries), rows)

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

    async def names(self) -> Sequence[str]:
        """Give the names of all channels that are there, whole."""
        query = select(archive_channels.c.name).where(archive_channels.c.whole)
        async with self._database.read() as connection:
            return list(await connection.scalars(query))
