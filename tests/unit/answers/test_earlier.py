"""How many conversations there were before, and that nobody waits for it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from straks.answers.earlier import Earlier
from straks.records.customers import Opened, SQLCustomerRecords
from straks.records.database import Database
from straks.records.errors import RecordsUnavailableError


class Records(SQLCustomerRecords):
    """Those that can be held up, or be away."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.away = False
        self.open = asyncio.Event()
        self.open.set()
        self.asked = 0

    async def earlier(self, visitor_id: str, conversation_id: str) -> int:
        self.asked += 1
        await self.open.wait()
        if self.away:
            raise RecordsUnavailableError("away")
        return await super().earlier(visitor_id, conversation_id)


@pytest.fixture
async def records(tmp_path: Path) -> AsyncIterator[Records]:
    """Those of Vera, who has been here three times, and of Wim, who has been here once."""
    database = await Database.open(tmp_path / "records.db")
    made = Records(database)
    talks = [("vera", "d"), ("wim", "b"), ("vera", "c"), ("vera", "a")]
    await made.opened([Opened(visitor, talk, at) for at, (visitor, talk) in enumerate(talks)])
    yield made
    await database.close()


async def test_each_visitors_are_counted_beside_the_conversation(records: Records) -> None:
    earlier = Earlier(records)
    assert earlier.unasked is None
    expected = {"a": 2, "b": 0, "c": 1}
    assert await earlier.count({"a": "vera", "b": "wim", "c": "vera"}) == expected
    assert await earlier.count({}) == {}


async def test_none_waits_for_another(records: Records) -> None:
    records.open.clear()
    counting = asyncio.create_task(Earlier(records).count({"a": "vera", "b": "wim"}))
    async with asyncio.timeout(20):
        while records.asked < 2:
            await asyncio.sleep(0)
    records.open.set()
    assert await counting == {"a": 2, "b": 0}


async def test_without_records_there_were_none() -> None:
    earlier = Earlier(None)
    assert earlier.unasked == 0
    assert await earlier.count({"a": "vera"}) == {"a": 0}


async def test_while_the_records_are_away_there_were_none_and_the_log_says_so_once(
    records: Records, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "straks.answers.earlier")
    earlier = Earlier(records)
    records.away = True
    for _ in range(2):
        assert await earlier.count({"a": "vera"}) == {"a": 0}
    records.away = False
    assert await earlier.count({"a": "vera"}) == {"a": 2}
    told = [each for each in caplog.records if each.name == "straks.answers.earlier"]
    assert [each.getMessage() for each in told] == [
        "counting earlier conversations: away",
        "counting earlier conversations: works again",
    ]


async def test_records_that_do_not_answer_are_not_waited_for(
    records: Records, caplog: pytest.LogCaptureFixture
) -> None:
    records.open.clear()
    assert await Earlier(records, patience=0.01).count({"a": "vera"}) == {"a": 0}
    assert "do not answer in time" in caplog.text
