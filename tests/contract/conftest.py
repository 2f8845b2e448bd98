"""An open log on each storage."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.support.logs import FeedLog, LogPlace


@pytest.fixture
async def log(place: LogPlace) -> AsyncIterator[FeedLog]:
    async with place.opened() as opened:
        yield opened
