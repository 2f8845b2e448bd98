"""A small server for clients."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.support.joining import ROOM
from tests.support.small_server import SmallServer


@pytest.fixture
async def server() -> AsyncIterator[SmallServer]:
    async with SmallServer(page=5) as server:
        server.logs[ROOM] = []
        yield server
