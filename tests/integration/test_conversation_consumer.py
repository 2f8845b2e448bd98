"""Consumers of the real feed: nothing missed, nothing stopped."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from straks.conversation.consumer import BATCH, Consumer
from straks.log.log import Entry, FeedItem, LogUnavailableError
from tests.support.conversing import VISITOR, Conversing, conversing


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Conversing]:
    async with conversing(tmp_path) as running:
        yield running


@asynccontextmanager
async def consuming(here: Conversing, consumer: Consumer) -> AsyncIterator[None]:
    here.log.listen(consumer.committed)
    running = asyncio.create_task(consumer.run())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.005)


class Seen:
    """A handler that remembers what it was given."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.batches: list[int] = []

    async def __call__(self, items: Sequence[FeedItem]) -> None:
        self.batches.append(len(items))
        self.ids += [item.entry.id for item in items]


async def test_every_entry_is_handled_once_and_in_order(here: Conversing) -> None:
    seen = Seen()
    async with consuming(here, Consumer("c", here.log, seen)):
        channel = await here.opened()
        await asyncio.gather(*(here.say(VISITOR, channel, f"{n}") for n in range(3 * BATCH)))
        await until(lambda: len(seen.ids) == 3 * BATCH + 1)
    assert seen.ids == [entry.id for entry in await here.entries(channel)]
    assert max(seen.batches) <= BATCH


async def test_goes_on_where_it_stopped(here: Conversing) -> None:
    first, second = Seen(), Seen()
    async with consuming(here, Consumer("c", here.log, first)):
        channel = await here.opened()
        await until(lambda: len(first.ids) == 1)
    await here.say(VISITOR, channel, "While nobody read")
    async with consuming(here, Consumer("c", here.log, second)):
        await until(lambda: bool(second.ids))
    assert first.ids + second.ids == [entry.id for entry in await here.entries(channel)]


async def test_effects_that_were_not_noted_are_had_again(here: Conversing) -> None:
    """The cursor moves after the effects: what failed in between comes again."""
    channel = await here.opened()
    started = asyncio.Event()

    async def never_ends(_items: Sequence[FeedItem]) -> None:
        started.set()
        await asyncio.Event().wait()

    async with consuming(here, Consumer("c", here.log, never_ends)):
        await asyncio.wait_for(started.wait(), 20)
    seen = Seen()
    async with consuming(here, Consumer("c", here.log, seen)):
        await until(lambda: bool(seen.ids))
    assert seen.ids == [entry.id for entry in await here.entries(channel)]


async def test_poison_is_noted_and_skipped(
    here: Conversing, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[str] = []
    tries = 0

    async def handle(items: Sequence[FeedItem]) -> None:
        nonlocal tries
        for item in items:
            if b"poison" in item.entry.data:
                tries += 1
                raise ZeroDivisionError
            seen.append(item.entry.id)

    channel = await here.opened()
    for text in ("before", "poison", "after"):
        await here.say(VISITOR, channel, text)
    with caplog.at_level(logging.ERROR):
        async with consuming(here, Consumer("c", here.log, handle, tries=2)):
            await until(lambda: len(set(seen)) == 3)
            await here.say(VISITOR, channel, "later")
            await until(lambda: len(set(seen)) == 4)
    assert tries == 3  # once with the others, twice alone
    skipped = [record for record in caplog.records if "is skipped" in record.getMessage()]
    assert [record.getMessage() for record in skipped] == [
        f"c: feed item 3 ({channel}, offset 3) is skipped"
    ]


async def test_what_fails_for_now_is_tried_until_it_works(
    here: Conversing, caplog: pytest.LogCaptureFixture
) -> None:
    seen = Seen()
    failures = 4  # more than the tries of a poison item

    async def handle(items: Sequence[FeedItem]) -> None:
        nonlocal failures
        if failures:
            failures -= 1
            raise LogUnavailableError("not now")
        await seen(items)

    quick = Consumer("c", here.log, handle, tries=2)
    with caplog.at_level(logging.INFO):
        async with consuming(here, quick):
            await here.opened()
            await until(lambda: bool(seen.ids))
    assert failures == 0
    assert caplog.messages == ["c: waits: not now", "c: works again"]


async def test_unfinished_effects_hold_the_cursor_back(here: Conversing) -> None:
    """A handler that put something off is asked again, also when nothing new comes."""
    calls: list[int] = []

    async def puts_off(items: Sequence[FeedItem]) -> int | None:
        calls.append(len(items))
        return None if len(calls) >= 3 else 0

    await here.opened()
    async with consuming(here, Consumer("c", here.log, puts_off, linger=0.01)):
        await until(lambda: len(calls) >= 3)
    assert calls == [1, 0, 0]
    assert await here.log.cursor("c", 0) == 1

    held: list[int] = []

    async def never_done(items: Sequence[FeedItem]) -> int:
        held.append(len(items))
        return 0

    async with consuming(here, Consumer("d", here.log, never_done, linger=0.01)):
        await until(lambda: len(held) >= 3)
    assert await here.log.cursor("d", 0) == 0


async def test_entries_that_can_wait_come_together(
    here: Conversing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("straks.conversation.consumer._LOOK_EVERY", 3600.0)
    seen = Seen()

    def urgent(entry: Entry) -> bool:
        return b"now" in entry.data

    channel = await here.opened()
    async with consuming(here, Consumer("c", here.log, seen, urgent=urgent, linger=3600)):
        await until(lambda: len(seen.ids) == 1)
        for n in range(10):
            await here.say(VISITOR, channel, f"{n}")
        await here.say(VISITOR, channel, "now")
        await until(lambda: len(seen.ids) == 12)
    assert seen.batches == [1, 11]
