"""What every test may ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from straks.clock import ManualClock
from straks.records.database import Database
from tests.support.server import ServerProcess


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
