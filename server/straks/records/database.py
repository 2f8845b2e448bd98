"""The SQL database of the records."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Self

from sqlalchemy import URL, select
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from straks.errors import StartError
from straks.records.engine import TIME, database_url, make_engine
from straks.records.errors import RecordsUnavailableError
from straks.records.migration import check, revision_of, upgrade
from straks.records.schema import schema_version

__all__ = ["Database"]

_AWAY = (DBAPIError, PoolTimeoutError, OSError)
"""What a database raises that is away; ``TimeoutError`` is an ``OSError``."""


def _is_about_a_value(error: Exception) -> bool:
    """Tell what will fail again: a constraint, or (SQLSTATE class 22) what cannot be stored."""
    state = str(getattr(getattr(error, "orig", None), "sqlstate", ""))
    return isinstance(error, IntegrityError | DataError) or state.startswith("22")


class Database:
    """Connections to the records.

    On SQLite one writes at a time, and readers read beside it. On PostgreSQL, which is elsewhere,
    everything has a deadline.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._writing = engine.execution_options(straks_writes=True)
        self._turn = asyncio.Lock()

    @classmethod
    async def open(cls, place: Path | str) -> Self:
        """Open the database at a path (SQLite) or an address; an empty one is set up.

        An SQLite file of an earlier release is brought to this one.

        Raises:
            StartError: it cannot be read or written, or is of another release.
        """
        database, _ = await cls._open(place, migrates=isinstance(place, Path))
        return database

    @classmethod
    async def migrate(cls, place: Path | str) -> tuple[str | None, str]:
        """Bring a database to this release; give its revisions before and after.

        Raises:
            StartError: it cannot be written, or is of a newer release.
        """
        database, revisions = await cls._open(place, migrates=True)
        await database.close()
        return revisions

    @classmethod
    async def _open(
        cls, place: Path | str, *, migrates: bool
    ) -> tuple[Self, tuple[str | None, str]]:
        url = database_url(place)
        database = cls(make_engine(url))
        try:
            return database, await database._prepare(migrates or url.drivername.startswith("sq"))
        except _AWAY as error:
            await database.close()
            raise _unusable(url, error) from error
        except BaseException:
            await database.close()
            raise

    async def _prepare(self, migrates: bool) -> tuple[str | None, str]:
        async with self._time(4 * TIME), self._turn, self._writing.begin() as connection:
            if migrates or await connection.run_sync(revision_of) is None:
                return await connection.run_sync(upgrade)
            await connection.run_sync(check)
            return "", ""

    @property
    def dialect_name(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self._engine.dialect.name

    @property
    def shared(self) -> bool:
        """Whether servers on other machines can use the same one."""
        return self.dialect_name != "sqlite"

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection that sees one state of the records.

        Raises:
            RecordsUnavailableError: they cannot be read now.
        """
        try:
            async with self._time(TIME), self._engine.connect() as connection:
                yield connection
        except _AWAY as error:
            if _is_about_a_value(error):
                raise
            raise _away("read", error) from error

    @asynccontextmanager
    async def write(self, seconds: float = TIME) -> AsyncIterator[AsyncConnection]:
        """Give a connection in a write transaction, committed at the end unless it raises.

        ``seconds``: that it may take on PostgreSQL.

        Raises:
            RecordsUnavailableError: they cannot be written now, or it is not known whether this
                was.
        """
        try:
            if self.shared:
                async with self._time(seconds), self._writing.begin() as connection:
                    yield connection
            else:
                async with self._turn, self._writing.begin() as connection:
                    yield connection
        except _AWAY as error:
            if _is_about_a_value(error):
                raise
            raise _away("written", error) from error

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

    def _time(self, seconds: float) -> asyncio.Timeout:
        return asyncio.timeout(seconds if self.shared else None)


def _away(what: str, error: Exception) -> RecordsUnavailableError:
    reason = getattr(error, "orig", None) or str(error) or "it does not answer in time"
    return RecordsUnavailableError(f"the records cannot be {what}: {reason}")


def _unusable(url: URL, error: Exception) -> StartError:
    reason = str(getattr(error, "orig", None) or error) or "it does not answer in time"
    reason = reason.splitlines()[0].rpartition(">: ")[2]
    if url.get_backend_name() == "sqlite":
        return StartError(
            f"The records in {url.database} cannot be opened ({reason}); "
            "check that the data directory is writable and the disk not full."
        )
    shown = url.render_as_string(hide_password=True)
    return StartError(
        f"The database {shown} cannot be used ({reason}); start it, or check the address."
    )
