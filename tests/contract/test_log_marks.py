"""Listeners and watermarks of every log."""

from __future__ import annotations

import asyncio

from straks.log.log import Appended, Entry
from tests.support.logs import FeedLog, LogPlace, append, item

A, B = "conversation:a", "conversation:b"


async def test_listeners_hear_of_new_entries_in_order_and_before_append_returns(
    log: FeedLog,
) -> None:
    heard: list[Entry] = []
    log.listen(heard.extend)
    log.follow(A)
    stored = await append(log, item(), item(), item())
    stored += await append(log, item(B))
    assert heard == stored
    await log.append([item(key=stored[0].key), item(expect=5)])
    assert heard == stored
    log.unfollow(A)


async def test_who_appends_hears_of_it_after_the_folds_and_before_the_others(log: FeedLog) -> None:
    told: list[str] = []
    log.listen(lambda _: told.append("another"))
    log.listen(lambda _: told.append("fold"), fold=True)
    log.follow(A)
    results = await log.append([item(A)], lambda results: told.append(f"{len(results)} result"))
    assert told == ["fold", "1 result", "another"]
    await log.append([item(A, expect=5)], lambda results: told.append(type(results[0]).__name__))
    assert told[3:] == ["Conflict"]
    assert isinstance(results[0], Appended)
    log.unfollow(A)


async def test_a_watermark_is_raised_and_never_lowered(log: FeedLog) -> None:
    await append(log, *(item() for _ in range(5)))
    log.mark(A, "agent:1", 3)
    log.mark(A, "agent:1", 2)
    log.mark(A, "visitor:v", 1)
    assert (await log.tail(A)).read == {"agent:1": 3, "visitor:v": 1}
    await append(log, item(B))  # takes them along
    log.mark(A, "agent:1", 1)
    assert (await log.tail(A)).read == {"agent:1": 3, "visitor:v": 1}


async def test_a_watermark_ends_where_the_log_ends(place: LogPlace) -> None:
    async with place.opened() as log:
        await append(log, item(), item())
        log.mark(A, "agent:1", 1_000)
        log.mark("conversation:none", "agent:1", 5)
        log.mark(A, "agent:2", 0)
        assert (await log.tail(A)).read == {"agent:1": 2}
    async with place.opened() as log:
        await append(log, item(), item("conversation:none"))
        assert (await log.tail(A)).read == {"agent:1": 2}
        assert (await log.tail("conversation:none")).read == {}


async def test_watermarks_survive_a_restart(place: LogPlace) -> None:
    async with place.opened() as log:
        await append(log, *(item() for _ in range(5)))
        log.mark(A, "agent:1", 2)
    async with place.opened() as log:
        assert (await log.tail(A)).read == {"agent:1": 2}
        log.mark(A, "agent:1", 1)
        log.mark(A, "agent:2", 5)
    async with place.opened() as log:
        assert (await log.tail(A)).read == {"agent:1": 2, "agent:2": 5}


async def test_a_watermark_is_stored_soon_without_any_append(place: LogPlace) -> None:
    async with place.opened() as log:
        await append(log, item())
        log.mark(A, "agent:1", 1)
        marks = log._marks  # type: ignore[attr-defined]  # nothing tells when it is empty
        async with asyncio.timeout(10):
            while marks:
                await asyncio.sleep(0.02)
