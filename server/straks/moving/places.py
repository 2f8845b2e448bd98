"""Where data is moved from, and to."""

from __future__ import annotations

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
from straks.moving.stage import Stage
from straks.moving.whole import WithArchive
from straks.records.archive import ArchiveRecords
from straks.records.database import Database
from straks.records.deployment import Deployment
from straks.records.directory import check_whole, open_directory
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
    check_whole(data)
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

    def __init__(
        self, settings: Settings, stage: Stage, database: Database, import_id: str | None
    ) -> None:
        """Use :func:`open_target`."""
        self._settings = settings
        self._stage = stage
        self._database = database
        self._import_id = import_id
        self.rows: Final = Rows(database)

    @asynccontextmanager
    async def open_log(self) -> AsyncIterator[Moving]:
        """Open the log: to fill it, and then again to compare it.

        Raises:
            StartError: it cannot be used.
        """
        if self._settings.redis is None:
            with SQLiteMoving.open(self._stage.path / LOG_FILE) as log:
                yield log
        else:
            async with _open_redis(self._settings, owner=None) as redis:
                yield redis

    async def put_records(self, pages: Iterable[tuple[str, list[Row]]], secret: bytes) -> None:
        """Store the records, all or none, and the secret.

        Raises:
            RecordsUnavailableError, OSError: it cannot be written.
        """
        await Deployment(self._database).identity()
        shared = self._settings.database is not None
        if not shared:
            store_secret(self._stage.path / SECRET_FILE, secret)
        await self.rows.fill(pages, secret=secret if shared else None, import_id=self._import_id)

    async def finish(self) -> None:
        """Let servers use it.

        Raises:
            OSError, RecordsUnavailableError, StartError: it cannot be written.
        """
        identity = await Deployment(self._database).identity()
        await self._database.close()
        # Somebody may have made an account meanwhile.
        await _check_files(self._settings, self._stage.data, self._import_id)
        names = [SECRET_FILE, RECORDS_FILE] if self._settings.database is None else []
        if self._settings.redis is None:
            names.append(LOG_FILE)
        self._stage.place(names)
        self._stage.done()
        if self._settings.redis is not None:
            async with _open_redis(self._settings, owner=None) as redis:
                await redis.end(identity)


async def open_target(settings: Settings, stack: AsyncExitStack) -> Target:
    """Open what servers with these settings will use.

    Raises:
        OSError: the data directory cannot be written.
        StartError: it cannot be used, or a server uses it.
        MovingError: it is not empty.
    """
    check_places(settings)
    data = open_directory(settings.data, arriving=True)
    stack.enter_context(DirectoryLock.take(data))
    stage = stack.enter_context(Stage.open(data))
    import_id: str | None = None
    if settings.redis is None:
        await _check_files(settings, data, None)
    else:
        async with _open_redis(settings, owner=None) as redis:
            unfinished = await redis.unfinished()
            await _check_files(settings, data, unfinished)
            if settings.database is not None:
                await _check_no_records(settings.database.get_secret_value(), unfinished)
            import_id = await redis.begin()
    inside = settings.database is None
    place = stage.path / RECORDS_FILE if inside else records_place(settings)
    database = await Database.open(place)
    stack.push_async_callback(database.close)
    return Target(settings, stage, database, import_id)


async def _check_files(settings: Settings, data: Path, import_id: str | None) -> None:
    """See that there is nothing in the places of files, or records of that import alone."""
    if settings.redis is None and (data / LOG_FILE).exists():
        await _check_no_log(data / LOG_FILE)
    if settings.database is None and (data / RECORDS_FILE).exists():
        await _check_no_records(data / RECORDS_FILE, import_id)


async def _check_no_log(path: Path) -> None:
    with SQLiteMoving.open(path) as log:
        if await log.channels():
            raise MovingError(f"The log {path} holds conversations; import into an empty one.")


async def _check_no_records(place: Path | str, unfinished: str | None) -> None:
    database = await Database.open(place)
    try:
        rows = Rows(database)
        if await rows.count() and (unfinished is None or await rows.import_id() != unfinished):
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
