"""Connections to the embedded log's file."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, ParamSpec, Self, TypeVar

import aiosqlite

from straks.errors import StartError
from straks.log.sqlite_sql import SCHEMA

__all__ = ["LOG_FILE", "SQLiteThread", "prepare", "unusable"]

_P = ParamSpec("_P")
_T = TypeVar("_T")

LOG_FILE: Final = "log.db"
"""Its name in the data directory."""

_VERSION: Final = 1
_APPLICATION: Final = 0x53_54_52_4B  # "STRK"
_LARGEST_KEPT_WAL: Final = 64 << 20


class SQLiteThread(aiosqlite.Connection):
    """A connection with a thread of its own, on which a whole transaction is one call."""

    def __init__(self, path: Path, *, writes: bool, cache_kib: int) -> None:
        """Name the file; await the object to open it."""
        super().__init__(lambda: _connect(path, writes=writes, cache_kib=cache_kib), 64)

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        return self

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection itself, for functions that :meth:`run` calls."""
        return self._conn

    async def run(self, function: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Call a function on the connection's thread, after those called before."""
        execute: Callable[..., Awaitable[_T]] = self._execute  # which has no types
        return await execute(function, *args, **kwargs)


def prepare(path: Path) -> None:
    """Make the file when there is none, and check that it is ours and can be written.

    Raises:
        StartError: it is of a newer version, damaged, something else, or cannot be written.
    """
    try:
        connection = _connect(path, writes=True, cache_kib=2048)
    except sqlite3.Error as error:
        raise unusable(path, error) from error
    try:
        _prepare(connection, path)
    except sqlite3.Error as error:
        raise unusable(path, error) from error
    finally:
        connection.close()


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    execute = connection.execute
    (version,) = execute("PRAGMA user_version").fetchone()
    (application,) = execute("PRAGMA application_id").fetchone()
    (tables,) = execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if application != _APPLICATION and tables:
        raise StartError(f"The file {path} is not a log of Straks; move it away.")
    if version > _VERSION:
        raise StartError(
            f"The log {path} was written by a newer version of Straks; install that version."
        )
    if not tables:
        connection.executescript(
            f"BEGIN IMMEDIATE; {SCHEMA}; PRAGMA user_version = {_VERSION};"
            f"PRAGMA application_id = {_APPLICATION}; COMMIT"
        )
    execute("BEGIN IMMEDIATE")  # fails when the file cannot be written
    execute("ROLLBACK")


def _connect(path: Path, *, writes: bool, cache_kib: int) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, cached_statements=256, timeout=5.0)
    try:
        if writes:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA wal_autocheckpoint = 0")
            connection.execute(f"PRAGMA journal_size_limit = {_LARGEST_KEPT_WAL}")
        else:
            connection.execute("PRAGMA query_only = ON")
        connection.execute(f"PRAGMA cache_size = -{cache_kib}")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def unusable(path: Path, error: sqlite3.Error) -> StartError:
    """Say why a server cannot start with a file."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}:
        return StartError(f"The log {path} is damaged ({error}); restore it from a backup.")
    return StartError(f"The log {path} cannot be used ({error}); make it writable for this user.")
