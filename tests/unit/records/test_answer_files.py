"""Answer files of the console, as the records keep them."""

from __future__ import annotations

import asyncio

import pytest

from straks.records.answer_files import AnswerFileRecords, AnswerFileRow
from straks.records.database import Database


@pytest.fixture
def records(database: Database) -> AnswerFileRecords:
    return AnswerFileRecords(database)


async def test_a_file_is_kept_as_it_was_written(records: AnswerFileRecords) -> None:
    assert (await records.version(), await records.read_all(), await records.read("a.md")) == (
        0,
        [],
        None,
    )
    saved = await records.save("a.md", "---\r\nąø\n", expected=0, author="Bo", at=7)
    assert saved == AnswerFileRow(
        file="a.md", source="---\r\nąø\n", version=1, author="Bo", updated_at=7
    )
    assert await records.read("a.md") == saved
    assert await records.read_all() == [saved]
    assert await records.version() == 1


async def test_who_did_not_see_the_last_version_changes_nothing(
    records: AnswerFileRecords,
) -> None:
    await records.save("a.md", "one", expected=0, author="Bo", at=1)
    assert await records.save("a.md", "two", expected=0, author="Cy", at=2) is None
    assert await records.save("b.md", "two", expected=1, author="Cy", at=2) is None
    assert await records.version() == 1
    second = await records.save("a.md", "two", expected=1, author="Cy", at=2)
    assert second is not None
    assert (second.version, second.source) == (2, "two")


async def test_a_deleted_file_is_seen_to_be_so_and_can_come_back(
    records: AnswerFileRecords,
) -> None:
    await records.save("a.md", "one", expected=0, author="Bo", at=1)
    gone = await records.save("a.md", None, expected=1, author="Bo", at=2)
    assert await records.version() == 2
    assert await records.read_all() == [gone]
    back = await records.save("a.md", "two", expected=2, author="Bo", at=3)
    assert await records.read_all() == [back]


async def test_of_many_who_write_at_once_one_wins_and_versions_differ(
    records: AnswerFileRecords,
) -> None:
    saved = await asyncio.gather(
        *(
            records.save(name, f"{number}", expected=0, author="Bo", at=number)
            for number in range(4)
            for name in ("a.md", "b.md", "c.md")
        )
    )
    won = [row for row in saved if row is not None]
    assert sorted(row.file for row in won) == ["a.md", "b.md", "c.md"]
    assert sorted(row.version for row in won) == [1, 2, 3]
