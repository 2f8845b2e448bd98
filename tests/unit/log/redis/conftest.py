"""A Redis, real or not, and an ear for what asyncio complains of."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.support.fake_redis import FakeRedis
from tests.support.redis_server import RedisServer


@pytest.fixture
def server(redis: RedisServer) -> RedisServer:
    """A real one, empty."""
    redis.empty()
    return redis


@pytest.fixture
async def fake() -> AsyncIterator[FakeRedis]:
    """One that says what it is told to, a master at first."""
    async with FakeRedis() as listening:
        yield listening


@pytest.fixture
async def uncomplaining() -> AsyncIterator[None]:
    """No failure is left that nobody looked at: asyncio would fill the server's log with it."""
    complaints: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _loop, context: complaints.append(context))
    yield
    gc.collect(1)  # all of it would take its time, and what a test leaves is young
    await asyncio.sleep(0)
    assert complaints == []
