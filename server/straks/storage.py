"""Where a server keeps what it knows: the log, the records, the secret."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final, Protocol

from straks.archive.mover import Takes
from straks.archive.store import RecordsArchive
from straks.config import Settings
from straks.errors import StartError
from straks.log.lock import DirectoryLock
from straks.log.log import Feed, Log
from straks.log.nodes import Nodes
from straks.log.sqlite import SQLiteLog
from straks.records.archive import ArchiveRecords
from straks.records.database import Database
from straks.records.deployment import Deployment
from straks.records.directory import open_directory
from straks.records.errors import RecordsUnavailableError
from straks.records.rows import Rows
from straks.urls import take_apart

__all__ = [
    "RECORDS_FILE",
    "SECRET_FILE",
    "Storage",
    "check_places",
    "migrate",
    "open_log",
    "open_records",
    "place_shown",
    "records_place",
    "shared_identity",
]

RECORDS_FILE: Final = "records.db"
SECRET_FILE: Final = "secret"

_CONNECTING: Final = 2.0


class Storage(Log, Feed, Protocol):
    """What both adapters of the log are."""

    @property
    def nodes(self) -> Nodes:
        """The other servers that share it."""
        ...

    @property
    def archiving(self) -> Takes | None:
        """Moves conversations to the archive; None: they stay."""
        ...


async def migrate(settings: Settings) -> tuple[str | None, str]:
    """Bring the records to this release; give their revisions before and after.

    Raises:
        StartError: they cannot be used.
    """
    return await Database.migrate(records_place(settings))


@asynccontextmanager
async def open_records(settings: Settings) -> AsyncIterator[Database]:
    """Open the records alone, also beside a running server.

    Raises:
        StartError: the data directory or the database cannot be used.
    """
    database = await Database.open(records_place(settings))
    try:
        yield database
    finally:
        await database.close()


def check_places(settings: Settings) -> None:
    """See that the log and the records are shared by the same servers.

    Raises:
        StartError: they are not.
    """
    if settings.redis is None and settings.database is not None:
        raise StartError(
            "Records in a database of their own go with a log that is shared like them: "
            "set STRAKS_REDIS (--redis) too, or leave STRAKS_DATABASE (--database) out."
        )


def records_place(settings: Settings) -> Path | str:
    """Say where the records are."""
    if settings.database is not None:
        return settings.database.get_secret_value()
    return open_directory(settings.data) / RECORDS_FILE


async def shared_identity(settings: Settings, database: Database, own: bytes) -> tuple[bytes, str]:
    """Give the secret to sign with, and the name of the records."""
    deployment = Deployment(database)
    try:
        identity = await deployment.identity()
        shared = settings.database is not None
        return (await deployment.secret(own) if shared else own), identity
    except RecordsUnavailableError as error:
        raise StartError(f"The server cannot start: {error}.") from error


async def open_log(
    settings: Settings,
    data: Path,
    lock: DirectoryLock | None,
    identity: str,
    database: Database,
    stack: AsyncExitStack,
) -> Storage:
    log: Storage
    if settings.redis is None or lock is None:
        log = await SQLiteLog.open(data)
    else:
        # Not everybody has Redis, and the client takes its time to import.
        from straks.log.redis import RedisLog
        from straks.log.redis.start import Use

        imported = await _is_imported(database)
        log = await RedisLog.open(
            settings.redis.get_secret_value(),
            node=lock.node,
            owner=identity,
            use=Use.RESUME if imported else Use.SERVE,
            archive=RecordsArchive(ArchiveRecords(database)),
            # Who is told to come back does so within that time, and connecting takes a moment.
            absence=settings.drain_seconds + _CONNECTING,
        )
    stack.push_async_callback(log.close)
    try:
        await Deployment(database).settle()  # The log let us in: its import has come to its end.
    except RecordsUnavailableError as error:
        raise StartError(f"The server cannot start: {error}.") from error
    return log


async def _is_imported(database: Database) -> bool:
    try:
        return await Rows(database).import_id() is not None
    except RecordsUnavailableError as error:
        raise StartError(f"The server cannot start: {error}.") from error


def place_shown(settings: Settings) -> str:
    where = str(settings.data.expanduser().absolute())
    if settings.redis is None:
        return f"{where} (SQLite)"
    redis = take_apart(settings.redis.get_secret_value())
    parts = [where, f"log in Redis at {redis.hosts or redis.path}"]
    if settings.database is not None:
        database = take_apart(settings.database.get_secret_value())
        parts.append(f"records in PostgreSQL at {database.hosts}")
    return ", ".join(parts)
