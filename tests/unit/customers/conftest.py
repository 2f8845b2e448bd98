"""Empty records on each kind of database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from straks.records.database import Database
from tests.support.postgres_server import PostgresServer


@pytest.fixture(params=["sqlite", "postgres"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """Where the register is."""
    place: Path | str = tmp_path / "records.db"
    if request.param == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres")
        server.empty()
        place = server.url
    opened = await Database.open(place)
    yield opened
    await opened.close()
