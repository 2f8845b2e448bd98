"""What every test may ask for."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from bench.ports import keep_to_share
from straks.clock import ManualClock
from straks.edge import session
from straks.records.database import Database
from tests.support.logs import LogPlace, RedisPlace, SQLitePlace
from tests.support.postgres_server import PostgresServer, postgres_server
from tests.support.redis_cluster import RedisCluster, redis_cluster
from tests.support.redis_server import RedisServer, redis_server
from tests.support.server import ServerProcess

if os.environ.get("STRAKS_TESTED") == "compiled" and str(session.__file__).endswith(".py"):
    raise pytest.UsageError("what is tested is not compiled: make compiled; PYTHONPATH=.compiled")


# pytest-xdist names its workers gw0, gw1 and so on; one that takes the place of another counts on.
keep_to_share(
    int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")),
    int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")),
)

# No test depends on how fast the machine is: pytest's own time-out ends what does not end.
settings.register_profile("straks", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("straks")


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands still."""
    return ManualClock()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """Empty records."""
    opened = await Database.open(tmp_path / "records.db")
    yield opened
    await opened.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    """A running server on SQLite, killed at the end."""
    with ServerProcess(tmp_path) as process:
        yield process


@pytest.fixture(scope="session")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Redis that all tests share; each empties it first."""
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL that all tests share; each empties it, or takes a database of its own."""
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisCluster]:
    """Three masters that all tests share; each empties them first."""
    with redis_cluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running


@pytest.fixture(params=["sqlite", "redis", "cluster"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> LogPlace:
    """Where a log is, on each kind of storage."""
    if request.param == "sqlite":
        return SQLitePlace(tmp_path)
    server: RedisServer | RedisCluster = request.getfixturevalue(request.param)
    server.empty()
    return RedisPlace(server)
