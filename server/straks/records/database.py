"""The SQL database of the records."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Connection, event, insert, inspect, select
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from straks.errors import StartError
from straks.records.errors import RecordsUnavailableError
from straks.records.schema import SCHEMA_VERSION, metadata, schema_version

__all__ = ["Database"]


class Database:
    """Connections to the records; one writer at a time, readers beside it."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._writing = engine.execution_options(straks_writes=True)
        self._turn = asyncio.Lock()

    @classmethod
    async def open(cls, path: Path) -> Self:
        """Open or make the database at ``path``.

        Raises:
            StartError: it cannot be read or written, or a newer release made it.
        """
        engine = create_async_engine(
            f"sqlite+aiosqlite:///{path}",
            pool_size=3,
            max_overflow=0,
            pool_timeout=5,
            hide_parameters=True,
        )
        event.listen(engine.sync_engine, "connect", _configure)
        event.listen(engine.sync_engine, "begin", _begin)
        database = cls(engine)
        try:
            async with database._writing.begin() as connection:
                await connection.run_sync(_prepare, path)
        except DBAPIError as error:
            await engine.dispose()
            raise StartError(
                f"The records in {path} cannot be opened ({error.orig}); "
                "check that the data directory is writable and the disk not full."
            ) from error
        except StartError:
            await engine.dispose()
            raise
        return database

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection that sees one state of the records.

        Raises:
            RecordsUnavailableError: they cannot be read now.
        """
        try:
            async with self._engine.connect() as connection:
                yield connection
        except (OperationalError, PoolTimeoutError) as error:
            raise RecordsUnavailableError(f"the records cannot be read: {error}") from error

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection in a write transaction, committed at the end unless it raises.

        Raises:
            RecordsUnavailableError: they cannot be written now; nothing was.
        """
        try:
            async with self._turn, self._writing.begin() as connection:
                yield connection
        except (OperationalError, PoolTimeoutError) as error:
            raise RecordsUnavailableError(f"the records cannot be written: {error}") from error

    async def check(self) -> None:
        """Prove that the records can be read.

        Raises:
            RecordsUnavailableError: they cannot.
        """
        async with self.read() as connection:
            await connection.scalar(select(schema_version.c.version))

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()


def _configure(dbapi_connection: Any, _record: object) -> None:
    # Python's sqlite3 would begin transactions by itself, and too late; _begin does it instead.
    dbapi_connection.isolation_level = None
    cursor = dbapi_connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("straks_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _prepare(connection: Connection, path: Path) -> None:
    if inspect(connection).has_table(schema_version.name):
        found = connection.scalar(select(schema_version.c.version))
        if found is not None and found > SCHEMA_VERSION:
            raise StartError(
                f"The data in {path.parent} was written by a newer Straks (records version "
                f"{found}, this one knows {SCHEMA_VERSION}); install that release or choose "
                "another data directory."
            )
    else:
        found = None
    metadata.create_all(connection)
    if found is None:
        connection.execute(insert(schema_version).values(version=SCHEMA_VERSION))
