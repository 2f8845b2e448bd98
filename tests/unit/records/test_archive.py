"""What is stored of a channel is whole, and one changes it at a time."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from straks.records.archive import ArchivedChannel, ArchiveRecords
from straks.records.database import Database

CHANNEL = ArchivedChannel(
    name="conversation:a", last_offset=2, last_id="e2", last_at=5, state_offset=1, marks={"v:1": 2}
)


async def stored(records: ArchiveRecords, channel: ArchivedChannel = CHANNEL) -> None:
    async with records.change(channel.name) as kept:
        after = kept.channel.last_offset
        if after < channel.last_offset:
            new = range(after + 1, channel.last_offset + 1)
            await kept.add({offset: b"%d" % offset for offset in new})
            await kept.put(channel)


async def half_way(records: ArchiveRecords, name: str) -> None:
    async with records.change(name) as kept:
        await kept.drop(0)
        await kept.add({1: b"other"})
        raise EOFError


async def test_what_is_stored_is_there(database: Database) -> None:
    records = ArchiveRecords(database)
    await stored(records)
    assert await records.channels(["conversation:a", "desk:a"]) == [CHANNEL]
    assert await records.names() == ["conversation:a"]
    assert await records.entries("conversation:a", 0, 9) == [b"1", b"2"]
    async with records.change("conversation:a") as kept:
        assert kept.channel == CHANNEL
        assert [await kept.entry(offset) for offset in (1, 2, 3)] == [b"1", b"2", None]


async def test_what_fails_half_way_changes_nothing(database: Database) -> None:
    records = ArchiveRecords(database)
    await stored(records)
    for name in ("conversation:a", "conversation:b"):
        with pytest.raises(EOFError):
            await half_way(records, name)
    assert await records.names() == ["conversation:a"]
    assert await records.entries("conversation:a", 0, 9) == [b"1", b"2"]


@pytest.mark.parametrize("there", [False, True])
async def test_another_sees_what_was_stored_before(database: Database, there: bool) -> None:
    records = ArchiveRecords(database)
    if there:
        await stored(records, replace(CHANNEL, last_offset=1))
    ends = [2, 3, 4, 5]
    await asyncio.gather(*(stored(records, replace(CHANNEL, last_offset=end)) for end in ends))
    entries = await records.entries("conversation:a", 0, 9)
    assert entries == [b"%d" % offset for offset in range(1, len(entries) + 1)]
    assert len(entries) == 5
