"""A log in each kind of Redis, with an archive in each kind of records."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from straks.archive.store import RecordsArchive
from straks.log.redis import RedisLog
from straks.records.archive import ArchiveRecords
from straks.records.database import Database
from tests.support.archiving import Late
from tests.support.postgres_server import PostgresServer
from tests.support.redis_cluster import RedisCluster
from tests.support.redis_server import RedisServer


@pytest.fixture(params=["redis", "cluster"])
def where(request: pytest.FixtureRequest) -> RedisServer | RedisCluster:
    server: RedisServer | RedisCluster = request.getfixturevalue(request.param)
    server.empty()
    return server


@pytest.fixture(params=["sqlite", "postgres"])
async def records(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    if request.param == "sqlite":
        database = await Database.open(tmp_path / "records.db")
    else:
        postgres: PostgresServer = request.getfixturevalue("postgres")
        postgres.empty()
        database = await Database.open(postgres.url)
    yield database
    await database.close()


@pytest.fixture
def archive(records: Database) -> Late:
    return Late(ArchiveRecords(records))


@pytest.fixture
async def log(where: RedisServer | RedisCluster, archive: Late) -> AsyncIterator[RedisLog]:
    opened = await RedisLog.open(where.url, node="one", archive=archive, deadline=30.0)
    yield opened
    await opened.close()


@pytest.fixture
async def other(where: RedisServer | RedisCluster, records: Database) -> AsyncIterator[RedisLog]:
    archive = RecordsArchive(ArchiveRecords(records))
    opened = await RedisLog.open(where.url, node="two", archive=archive, deadline=30.0)
    yield opened
    await opened.close()
