"""The storages that conversations and inboxes are tried on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.logs import LogPlace, RedisPlace, SQLitePlace
from tests.support.redis_server import RedisServer, redis_server


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(params=["sqlite", "redis"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> LogPlace:
    if request.param == "sqlite":
        return SQLitePlace(tmp_path)
    server: RedisServer = request.getfixturevalue("redis")
    server.empty()
    return RedisPlace(server)
