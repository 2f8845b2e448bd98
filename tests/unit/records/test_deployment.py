"""All who share records agree on who they are and what they sign with."""

from __future__ import annotations

import asyncio
from pathlib import Path

from straks.records.database import Database
from straks.records.deployment import Deployment


async def test_the_name_is_made_once(place: Path | str, database: Database) -> None:
    other = await Database.open(place)
    names = await asyncio.gather(
        *(Deployment(each).identity() for each in (database, other) for _ in range(5))
    )
    await other.close()
    assert len(set(names)) == 1
    assert len(names[0]) == 32


async def test_the_first_ones_secret_is_everybodys(place: Path | str, database: Database) -> None:
    assert await Deployment(database).secret(b"first") == b"first"
    other = await Database.open(place)
    assert await Deployment(other).secret(b"second") == b"first"
    await other.close()


async def test_those_who_come_at_once_agree(place: Path | str, database: Database) -> None:
    others = [await Database.open(place) for _ in range(4)]
    secrets = await asyncio.gather(
        *(Deployment(each).secret(bytes([number])) for number, each in enumerate(others))
    )
    for each in others:
        await each.close()
    assert len(set(secrets)) == 1
    assert await Deployment(database).secret(b"late") == secrets[0]
