"""From nothing, and from every earlier release, to the tables of this one."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, select

from straks.errors import StartError
from straks.records.customers import Fact, SQLCustomerRecords
from straks.records.database import Database
from straks.records.migration import NEWEST, revision_of, upgrade
from straks.records.schema import agents, metadata
from tests.support.postgres_server import PostgresServer

FIRST = Path(__file__).parent / "records_1.sql"
"""A file that the first release wrote, with one agent and one conversation."""

BEFORE_APPS = (
    "DROP TABLE visitor_conversations",
    "DROP TABLE apps",
    "DROP INDEX inbox_by_turn",
    "ALTER TABLE inbox DROP COLUMN turn",
    "CREATE INDEX inbox_by_wait ON inbox (inbox, state, waiting_since, id)",
)
BACK_TO_THE_FOURTH = (
    *BEFORE_APPS,
    "DROP TABLE questions",
    "DROP TABLE answer_files",
    "DROP TABLE asked_twice",
    "DROP TABLE customer_facts",
)
BACK_TO_THE_FIRST = (
    *BACK_TO_THE_FOURTH,
    "DROP TABLE deployment",
    "DROP TABLE archive_channels",
    "DROP TABLE archive_entries",
    "DROP INDEX inbox_by_age",
    "ALTER TABLE inbox DROP COLUMN archived",
    "UPDATE alembic_version SET version_num = '0001'",
)
"""What brings a database back to the first revision."""


def first_release(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.executescript(FIRST.read_text("utf-8"))
    connection.close()


def test_the_newest_revision_is_the_last_of_the_folder() -> None:
    folder = Path(__file__).parents[3] / "server/straks/records/migrations"
    assert ScriptDirectory(str(folder)).get_heads() == [NEWEST]


async def test_the_migrations_make_what_the_code_knows(database: Database) -> None:
    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    async with database.read() as connection:
        assert await connection.run_sync(differences) == []


async def test_a_file_of_the_first_release_is_brought_here_with_all_it_holds(
    tmp_path: Path,
) -> None:
    path = tmp_path / "records.db"
    first_release(path)
    for _ in range(2):
        database = await Database.open(path)
        async with database.read() as connection:
            assert await connection.scalar(select(agents.c.email)) == "anna@example.com"
            version = await connection.exec_driver_sql("SELECT version FROM schema_version")
            assert version.scalar() == int(NEWEST)
        await database.close()


async def test_many_who_start_at_once_set_up_one_database(place: Path | str) -> None:
    opened = await asyncio.gather(*(Database.open(place) for _ in range(12)))
    for database in opened:
        await database.check()
        await database.close()


async def test_migrating_tells_what_was_done(place: Path | str) -> None:
    assert await Database.migrate(place) == (None, NEWEST)
    assert await Database.migrate(place) == (NEWEST, NEWEST)


async def test_an_older_shared_database_is_left_for_the_command(postgres: PostgresServer) -> None:
    postgres.empty()
    await Database.migrate(postgres.url)
    postgres.sql("; ".join(BACK_TO_THE_FIRST))
    with pytest.raises(StartError, match="run `straks migrate`"):
        await Database.open(postgres.url)
    assert await Database.migrate(postgres.url) == ("0001", NEWEST)
    await (await Database.open(postgres.url)).close()


async def test_somebody_elses_database_is_left_alone(postgres: PostgresServer) -> None:
    postgres.empty()
    postgres.sql("CREATE TABLE public.orders (id int)")
    with pytest.raises(StartError, match="other tables"):
        await Database.open(postgres.url)
    postgres.empty()


async def test_a_migration_that_fails_changes_nothing(database: Database) -> None:
    async def fail() -> None:
        async with database.write() as connection:
            for statement in BACK_TO_THE_FIRST:
                await connection.exec_driver_sql(statement)
            await connection.run_sync(upgrade)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with database.read() as connection:
        assert await connection.run_sync(revision_of) == NEWEST


async def test_what_the_archive_has_in_part_is_left_to_the_log(place: Path | str) -> None:
    """Releases of revision 3 stored a channel in several steps."""
    database = await Database.open(place)
    back = (
        *BACK_TO_THE_FOURTH,
        "ALTER TABLE archive_channels ADD COLUMN whole BOOLEAN",
        "ALTER TABLE deployment DROP COLUMN import_id",
        "UPDATE alembic_version SET version_num = '0003'",
        "INSERT INTO archive_channels VALUES ('conversation:a', 1, 'x', 1, 1, '{}', TRUE)",
        "INSERT INTO archive_channels VALUES ('conversation:b', 2, 'y', 1, 1, '{}', FALSE)",
        "INSERT INTO archive_entries VALUES ('conversation:a', 1, 'e')",
        "INSERT INTO archive_entries VALUES ('conversation:b', 1, 'e')",
    )
    async with database.write() as connection:
        for statement in back:
            await connection.exec_driver_sql(statement)
    await database.close()

    assert await Database.migrate(place) == ("0003", NEWEST)
    database = await Database.open(place)
    async with database.read() as connection:
        for table, column in (("archive_channels", "name"), ("archive_entries", "channel")):
            found = await connection.exec_driver_sql(f"SELECT {column} FROM {table}")
            assert [*found.scalars()] == ["conversation:a"]
    await database.close()


async def test_the_contacts_of_earlier_releases_are_known_facts(place: Path | str) -> None:
    database = await Database.open(place)
    back = (
        *BACK_TO_THE_FOURTH,
        "UPDATE alembic_version SET version_num = '0004'",
        "INSERT INTO customers VALUES ('v', 'v@example.org', NULL, 5), ('w', NULL, 'Wim', 6)",
    )
    async with database.write() as connection:
        for statement in back:
            await connection.exec_driver_sql(statement)
    await database.close()

    assert await Database.migrate(place) == ("0004", NEWEST)
    database = await Database.open(place)
    assert await SQLCustomerRecords(database).facts(["v", "w"]) == {
        "v": {"email": Fact("v@example.org", 5)},
        "w": {"name": Fact("Wim", 6)},
    }
    await database.close()
