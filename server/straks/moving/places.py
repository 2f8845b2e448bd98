"""Where data is moved from, and to."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from straks.accounts.secret import load_secret, store_secret
from straks.archive.store import RecordsArchive
from straks.config import Settings
from straks.log.lock import DirectoryLock
from straks.log.moving import Arrival, Departure
from straks.log.sqlite_file import LOG_FILE
from straks.log.sqlite_moving import SQLiteMoving
from straks.moving.errors import MovingError
from straks.moving.whole import WithArchive
from straks.records.archive import ArchiveRecords
from straks.records.database import Database
from straks.records.deployment import Deployment
from straks.records.directory import open_directory
from straks.records.engine import database_url
from straks.records.rows import Row, Rows
from straks.storage import (
    RECORDS_FILE,
    SECRET_FILE,
    check_places,
    records_place,
    shared_identity,
)

if TYPE_CHECKING:
    from straks.log.redis.moving import RedisMoving

__all__ = ["Source", "Target", "open_source", "open_target"]
_STAGE: Final = ".import"


class Moving(Departure, Arrival, Protocol):
    """What both kinds of log are while they are moved."""


@dataclass(frozen=True, slots=True)
class Source:
    """What is exported."""

    log: Departure
    rows: Rows
    secret: bytes
    check_alone: Callable[[], Awaitable[None]]
    """Raises StartError when a server has started meanwhile."""


async def open_source(settings: Settings, stack: AsyncExitStack) -> Source:
    """Open what servers with these settings use.

    Raises:
        StartError: it cannot be used, or a server uses it.
        MovingError: there is nothing.
    """
    check_places(settings)
    wanted = "node" if settings.redis is not None else LOG_FILE
    data = settings.data.expanduser().absolute()
    if not (data / wanted).exists():
        raise MovingError(
            f"No server has ever run on the data directory {data}; name the one of yours with "
            "STRAKS_DATA or --data."
        )
    stack.enter_context(DirectoryLock.take(data))
    database = await Database.open(records_place(settings))
    stack.push_async_callback(database.close)
    own = load_secret(data / SECRET_FILE)
    secret, identity = await shared_identity(settings, database, own)
    if settings.redis is None:
        log: Departure = stack.enter_context(SQLiteMoving.open(data / LOG_FILE))
        return Source(log, Rows(database), secret, _alone)
    redis = await stack.enter_async_context(_open_redis(settings, owner=identity))
    whole = WithArchive(redis, RecordsArchive(ArchiveRecords(database)))
    return Source(whole, Rows(database), secret, redis.check_alone)


async def _alone() -> None:
    """Nothing can have changed: the lock of the directory is ours."""


class Target:
    """What is imported into. Files have their place in the data directory when all is well."""

    def __init__(self, settings: Settings, stage: Path, database: Database) -> None:
        """Use :func:`open_target`."""
        self._settings = settings
        self._stage = stage
        self._database = database
        self.rows: Final = Rows(database)

    @asynccontextmanager
    async def open_log(self) -> AsyncIterator[Moving]:
        """Open the log: to fill it, and then again to compare it.

        Raises:
            StartError: it cannot be used.
        """
        if self._settings.redis is None:
            with SQLiteMoving.open(self._stage / LOG_FILE) as log:
                yield log
        else:
            async with _open_redis(self._settings, owner=None) as redis:
                yield redis

    async def put_records(self, pages: Iterable[tuple[str, list[Row]]], secret: bytes) -> None:
        """Store the records, all or none, and the secret.

        Raises:
            RecordsUnavailableError, OSError: it cannot be written.
        """
        if self._settings.database is None:
            store_secret(self._stage / SECRET_FILE, secret)
            await self.rows.fill(pages, None)
        else:
            await Deployment(self._database).identity()
            await self.rows.fill(pages, secret)

    async def finish(self) -> None:
        """Let servers use it.

        Raises:
            OSError, StartError: it cannot be written.
        """
        await self._database.close()
        for name in (SECRET_FILE, RECORDS_FILE, LOG_FILE):
            if (self._stage / name).exists():
                # What SQLite keeps beside a file is of that file alone.
                for rest in ("-wal", "-shm"):
                    (self._stage.parent / f"{name}{rest}").unlink(missing_ok=True)
                os.replace(self._stage / name, self._stage.parent / name)
        if self._settings.redis is not None:
            async with _open_redis(self._settings, owner=None) as redis:
                await redis.end()


async def open_target(settings: Settings, stack: AsyncExitStack) -> Target:
    """Open what servers with these settings will use.

    Raises:
        StartError: it cannot be used, or a server uses it.
        MovingError: it is not empty.
    """
    check_places(settings)
    data = open_directory(settings.data)
    stack.enter_context(DirectoryLock.take(data))
    if settings.redis is None and (data / LOG_FILE).exists():
        await _check_no_log(data / LOG_FILE)
    if settings.database is None and (data / RECORDS_FILE).exists():
        await _check_no_records(data / RECORDS_FILE)
    stage = data / _STAGE
    shutil.rmtree(stage, ignore_errors=True)
    stage.mkdir(mode=0o700)
    stack.callback(shutil.rmtree, stage, ignore_errors=True)
    if settings.database is None:
        database = await Database.open(stage / RECORDS_FILE)
        stack.push_async_callback(database.close)
    else:
        place = records_place(settings)
        await _check_no_records(place)
        database = await Database.open(place)
        stack.push_async_callback(database.close)
    if settings.redis is not None:
        async with _open_redis(settings, owner=None) as redis:
            await redis.begin()
    return Target(settings, stage, database)


async def _check_no_log(path: Path) -> None:
    with SQLiteMoving.open(path) as log:
        if await log.channels():
            raise MovingError(f"The log {path} holds conversations; import into an empty one.")


async def _check_no_records(place: Path | str) -> None:
    database = await Database.open(place)
    try:
        if await Rows(database).count():
            shown = place if isinstance(place, Path) else database_url(place).database
            raise MovingError(
                f"The records in {shown} are not empty; import into an empty database."
            )
    finally:
        await database.close()


def _open_redis(
    settings: Settings, *, owner: str | None
) -> AbstractAsyncContextManager[RedisMoving]:
    # Not everybody has Redis, and the client takes its time to import.
    from straks.log.redis.moving import RedisMoving

    assert settings.redis is not None
    return RedisMoving.open(settings.redis.get_secret_value(), owner=owner)
