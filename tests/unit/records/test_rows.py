"""All rows leave as they are, and arrive all or none."""

from __future__ import annotations

import msgspec
import pytest
from sqlalchemy import insert, select

from straks.records.database import Database
from straks.records.deployment import Deployment
from straks.records.errors import RecordsUnavailableError
from straks.records.rows import Row, Rows
from straks.records.schema import archive_entries, deployment, metadata

STAYS = {"archive_channels", "archive_entries", "deployment", "schema_version"}


def agent(number: int) -> Row:
    return {
        "id": f"a{number:05}",
        "email": f"{number}@chat.example",
        "name": "Bo",
        "password_hash": None,
        "created_at": number,
        "disabled": number % 2 == 0,
    }


async def all_of(rows: Rows, table: str) -> list[Row]:
    return [row async for row in rows.read(table)]


def test_every_table_is_moved_that_does_not_describe_the_database() -> None:
    assert {*Rows.tables} == metadata.tables.keys() - STAYS


def test_json_has_all_their_values() -> None:
    for name in Rows.tables:
        for column in metadata.tables[name].columns:
            assert column.type.python_type in {str, int, bool}, column
            value = column.type.python_type()
            assert msgspec.json.decode(msgspec.json.encode({column.key[:]: value})) is not None


async def test_rows_are_read_page_by_page(database: Database) -> None:
    made = [agent(number) for number in range(2_500)]
    rows = Rows(database)
    await rows.fill([("agents", made[:1]), ("agents", made[1:])])

    assert await all_of(rows, "agents") == made
    assert await rows.count() == 2_500


async def test_all_or_none(database: Database) -> None:
    rows = Rows(database)
    customer: Row = {"visitor_id": "v", "updated_at": 1}
    pages = [("customers", [customer]), ("agents", [agent(1)] * 2)]
    with pytest.raises(RecordsUnavailableError, match="do not take it"):
        await rows.fill(pages)
    assert await rows.count() == 0


async def test_the_shared_secret_is_replaced(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(insert(deployment).values(id="here", secret=b"old"))
    await Rows(database).fill([], secret=b"new")
    async with database.read() as connection:
        found = (await connection.execute(select(deployment.c.id, deployment.c.secret))).all()
    assert [tuple(row) for row in found] == [("here", b"new")]


async def test_the_same_import_replaces_what_it_brought_before_and_no_other(
    database: Database,
) -> None:
    async with database.write() as connection:
        await connection.execute(insert(deployment).values(id="here"))
    rows = Rows(database)
    assert await rows.import_id() is None
    await rows.fill([("agents", [agent(1), agent(2)])], import_id="one")
    assert await rows.import_id() == "one"
    await rows.fill([("agents", [agent(2)])], import_id="one")
    assert await all_of(rows, "agents") == [agent(2)]
    for other in ("two", None):
        with pytest.raises(RecordsUnavailableError):
            await rows.fill([("agents", [agent(2)])], import_id=other)
    assert await rows.import_id() == "one"


async def test_what_is_in_the_archive_counts(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(insert(archive_entries).values(channel="a", offset=1, entry=b""))
    assert await Rows(database).count() == 1


@pytest.mark.parametrize(
    ("change", "flaw"),
    [
        ({}, None),
        ({"password_hash": "x" * 200}, None),
        ({"more": 1}, "no column more"),
        ({"name": None}, "agents.name is never null"),
        ({"created_at": True}, "agents.created_at is of type int"),
        ({"disabled": 1}, "agents.disabled is of type bool"),
        ({"id": "x" * 65}, "agents.id is too long"),
    ],
)
def test_what_is_wrong_with_a_row_is_said(change: Row, flaw: str | None) -> None:
    found = Rows.flaw("agents", {**agent(1), **change})
    assert found is None if flaw is None else flaw in str(found)


def test_a_row_has_all_columns() -> None:
    row = {name: value for name, value in agent(1).items() if name != "email"}
    assert Rows.flaw("agents", row) == "agents has a column email"


async def test_records_that_are_settled_are_of_no_import(database: Database) -> None:
    await Deployment(database).identity()
    rows = Rows(database)
    await rows.fill([("agents", [agent(1)])], import_id="one")
    await Deployment(database).settle()
    assert await rows.import_id() is None
    with pytest.raises(RecordsUnavailableError):
        await rows.fill([("agents", [agent(1)])], import_id="one")
