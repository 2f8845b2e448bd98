"""The records' database: opening, transactions."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select

from straks.errors import StartError
from straks.records.database import Database
from straks.records.directory import open_directory
from straks.records.schema import agents


async def add(database: Database, name: str) -> None:
    async with database.write() as connection:
        await connection.execute(
            insert(agents).values(id=name, email=name, name=name, created_at=1)
        )
        if name == "bad":
            raise ValueError(name)


async def count(database: Database) -> int:
    async with database.read() as connection:
        return await connection.scalar(select(func.count()).select_from(agents)) or 0


async def test_what_was_written_is_there_after_opening_again(place: Path | str) -> None:
    for expected in range(3):
        database = await Database.open(place)
        assert await count(database) == expected
        await add(database, f"agent {expected}")
        await database.close()


async def test_a_write_that_raises_leaves_nothing(database: Database) -> None:
    with pytest.raises(ValueError, match="bad"):
        await add(database, "bad")
    assert await count(database) == 0


async def test_writers_take_turns_and_readers_do_not_wait(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(insert(agents).values(id="a", email="a", name="a", created_at=1))
        assert await count(database) == 0
    await asyncio.gather(*(add(database, f"agent {number}") for number in range(20)))
    assert await count(database) == 21


async def test_two_processes_may_write(place: Path | str) -> None:
    first = await Database.open(place)
    second = await Database.open(place)
    await asyncio.gather(
        *(add(database, f"{database} {n}") for n in range(10) for database in (first, second))
    )
    assert await count(first) == 20
    await first.close()
    await second.close()


async def test_data_of_a_newer_release_is_left_alone(place: Path | str) -> None:
    database = await Database.open(place)
    async with database.write() as connection:
        await connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    await database.close()
    with pytest.raises(StartError, match="newer Straks"):
        await Database.open(place)


async def test_what_is_no_database_is_told(tmp_path: Path) -> None:
    path = tmp_path / "records.db"
    path.write_bytes(b"not a database, but long enough to look like one" * 100)
    with pytest.raises(StartError, match="records"):
        await Database.open(path)


async def test_the_file_is_written_ahead_and_forced_to_disk(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "records.db")
    async with database.read() as connection:
        mode = await connection.exec_driver_sql("PRAGMA journal_mode")
        force = await connection.exec_driver_sql("PRAGMA synchronous")
        assert (mode.scalar(), force.scalar()) == ("wal", 2)
    assert sqlite3.threadsafety > 0
    await database.close()


def test_a_data_directory_is_made_for_its_owner(tmp_path: Path) -> None:
    made = open_directory(tmp_path / "a" / "b")
    assert made.stat().st_mode & 0o777 == 0o700
    assert open_directory(made) == made


def test_a_data_directory_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StartError, match="is a file"):
        open_directory(tmp_path / "file")
    with pytest.raises(StartError, match="STRAKS_DATA"):
        open_directory(tmp_path / "file" / "below")
