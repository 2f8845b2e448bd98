"""A conversation comes back whole, as it is, and is found."""

from __future__ import annotations

import asyncio
from itertools import count

import pytest

from straks.log.log import LogUnavailableError
from straks.log.redis import RedisLog
from tests.support.archiving import (
    DESK,
    NOW,
    THEN,
    A,
    Late,
    all_of,
    mover,
    say,
    staged,
    written,
)
from tests.support.logs import append, item, offsets


@pytest.mark.parametrize(
    ("expires_before", "comes"),
    [
        pytest.param({1}, True, id="between two pages"),
        pytest.param({2}, True, id="while the desk is read"),
        pytest.param({1, 4}, False, id="twice"),
    ],
)
async def test_what_takes_too_long_to_come_back_is_staged_again(
    log: RedisLog, archive: Late, expires_before: set[int], comes: bool
) -> None:
    await written(log, 600)
    await append(log, item(DESK, at=THEN))
    assert await mover(log).take(A, NOW)
    asked = count()

    async def stand_still() -> None:
        """Before some pages, so long that what was staged expires."""
        archive.before_entries.append(stand_still)
        if next(asked) in expires_before:
            keys = [key.decode() for key in await staged(log)]
            assert await log._lanes[log.lane_of(A)].reads.ask(("DEL", *keys)) == [len(keys)]

    archive.before_entries.append(stand_still)
    if not comes:
        with pytest.raises(LogUnavailableError, match="in time"):
            await all_of(log)
    assert await all_of(log) == [*range(1, 601)]
    assert offsets((await log.read(DESK, limit=9)).entries) == [1]
    assert not await staged(log)


async def test_what_leaves_as_soon_as_it_is_back_is_read(log: RedisLog, archive: Late) -> None:
    await written(log, 3)
    assert await mover(log).take(A, NOW)
    leaving: list[bool] = []

    async def leave() -> None:
        """Just after it came back, as a mover that is always at work would have it."""
        if len(leaving) < 3:
            leaving.append(await mover(log).take(A, NOW))
        archive.before_restored.append(leave)

    archive.before_restored.append(leave)
    assert await all_of(log) == [1, 2, 3]
    assert any(leaving)


async def test_what_came_back_stays_a_while(log: RedisLog) -> None:
    await written(log, 3)
    assert await mover(log).take(A, NOW)
    assert await all_of(log) == [1, 2, 3]
    long_ago = THEN + 1  # The entries are older than that, and it came back since.
    assert not await mover(log).take(A, long_ago)
    assert await mover(log).take(A, NOW)


async def test_who_brings_back_late_puts_no_old_past_there(
    log: RedisLog, other: RedisLog, archive: Late
) -> None:
    await written(log, 5)
    assert await mover(log).take(A, NOW)

    async def gone_on() -> None:
        """Another node brings it back, goes on with it, and it leaves again."""
        assert await all_of(other) == [1, 2, 3, 4, 5]
        await say(other, 1)
        assert await mover(other).take(A, NOW)

    archive.before_entries.append(gone_on)
    assert await all_of(log) == [1, 2, 3, 4, 5, 6]
    (entry,) = await append(log, item(A, at=THEN))
    assert entry.offset == 7
    assert await mover(log).take(A, NOW)
    assert await all_of(log) == [1, 2, 3, 4, 5, 6, 7]


async def test_an_archive_that_stands_still_holds_up_few(log: RedisLog, archive: Late) -> None:
    gone = [f"conversation:{number}" for number in range(20)]
    await append(log, *(item(name, expect=0, advances=True, at=THEN) for name in [A, *gone]))
    for name in gone:
        assert await mover(log).take(name, NOW)
    archive.stands_still = asyncio.Event()
    reading = [asyncio.create_task(log.read(name, limit=1)) for name in gone]
    refused, held = await asyncio.wait(reading, timeout=30, return_when=asyncio.FIRST_COMPLETED)
    while len(held) > 8:
        more, held = await asyncio.wait(held, timeout=30, return_when=asyncio.FIRST_COMPLETED)
        refused |= more
    for each in refused:
        with pytest.raises(LogUnavailableError, match="does not answer"):
            each.result()
    assert await all_of(log) == [1]

    archive.stands_still.set()
    assert all([(await each).entries for each in held])
    assert (await log.read(gone[0], limit=1)).entries
