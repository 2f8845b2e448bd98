"""Connections to either kind of database."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from pathlib import Path
from typing import Any, Final, Protocol

from sqlalchemy import URL, Connection, Table, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from straks.errors import StartError

__all__ = ["DRIVERS", "TIME", "database_url", "make_engine", "upsert"]

DRIVERS: Final = ("sqlite+aiosqlite", "postgresql+asyncpg")

TIME: Final = 5.0
"""Seconds that PostgreSQL may take for one use of a connection, connecting included."""


def database_url(place: Path | str) -> URL:
    """Read the address of a database; a path is that of an SQLite file.

    Raises:
        StartError: it is none that the records can be kept in.
    """
    if isinstance(place, Path):
        return URL.create("sqlite+aiosqlite", database=str(place))
    try:
        url = make_url(place)
    except ArgumentError:
        url = None
    if url is None or url.drivername not in DRIVERS or not url.database:
        raise StartError(
            "The address of the database must look like "
            "postgresql+asyncpg://USER:PASSWORD@HOST/NAME or sqlite+aiosqlite:///FILE."
        )
    return url


def make_engine(url: URL) -> AsyncEngine:
    """Prepare connections; none is made yet."""
    if url.get_backend_name() == "sqlite":
        engine = create_async_engine(
            url, pool_size=3, max_overflow=0, pool_timeout=TIME, hide_parameters=True
        )
        event.listen(engine.sync_engine, "connect", _configure)
        event.listen(engine.sync_engine, "begin", _begin)
        return engine
    return create_async_engine(
        url,
        pool_size=5,
        max_overflow=5,
        pool_timeout=TIME,
        # A server that was started again has ended what is in the pool; asking is cheap beside
        # what is done here.
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={"timeout": TIME, "server_settings": {"application_name": "straks"}},
    )


class Speaks(Protocol):
    """What has a dialect."""

    @property
    def dialect_name(self) -> str: ...


def upsert(database: Speaks, table: Table) -> Any:
    """Begin an ``INSERT ... ON CONFLICT``, which both databases have, each of its own class."""
    if database.dialect_name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def _configure(dbapi_connection: Any, _record: object) -> None:
    # Python's sqlite3 would begin transactions by itself, and too late; _begin does it instead.
    dbapi_connection.isolation_level = None
    dbapi_connection.run_async(_prepare_sqlite)


async def _prepare_sqlite(connection: Any) -> None:
    # ``connection`` is one of aiosqlite.
    for pragma in (f"busy_timeout={round(TIME * 1000)}", "synchronous=FULL"):
        await connection.execute_fetchall(f"PRAGMA {pragma}")
    # Of several who turn a new file to WAL at once, SQLite refuses all but one without waiting:
    # each holds a lock that the others would wait for.
    deadline = time.monotonic() + TIME
    while True:
        try:
            await connection.execute_fetchall("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.02)
        else:
            return


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("straks_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
