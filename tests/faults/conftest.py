"""What nodes need to be one server, each test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.postgres_server import PostgresServer
from tests.support.redis_server import RedisServer, redis_server


@pytest.fixture(scope="module")
def records(postgres: PostgresServer, request: pytest.FixtureRequest) -> str:
    """The address of an empty database, for the tests of one module."""
    return postgres.create(request.module.__name__.rpartition(".")[2])


@pytest.fixture(scope="module")
def durable_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Redis for the tests of one module, that writes all to disk before it answers."""
    with redis_server(tmp_path_factory.mktemp("redis"), appendfsync="always") as server:
        yield server


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the nodes of one module keep what is their own."""
    return tmp_path_factory.mktemp("nodes")
