"""The inboxes follow the log, on real storage."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from straks.accounts.principals import RESPONDER, SERVER, Principal
from straks.clock import Clock, ManualClock, SystemClock
from straks.conversation.errors import RefusedError
from straks.conversation.summary import summary
from straks.records.database import Database
from straks.records.errors import RecordsUnavailableError
from straks.records.inbox import SQLInboxRecords
from straks.routing.inbox import CONSUMER, Inbox
from straks_protocol import ErrorCode
from tests.support.conversing import AGENT, OTHER_AGENT, VISITOR, Conversing, conversing
from tests.support.logs import LogPlace

CHANNEL = "inbox:default"


@pytest.fixture
async def here(place: LogPlace) -> AsyncIterator[Conversing]:
    async with conversing(place) as running:
        yield running


@pytest.fixture
async def records(database: Database) -> SQLInboxRecords:
    return SQLInboxRecords(database)


def inbox_of(here: Conversing, records: Any, clock: Clock | None = None) -> Inbox:
    clock = clock or SystemClock()
    return Inbox(here.service, here.log, here.log, records, SERVER, clock)


@asynccontextmanager
async def running(here: Conversing, inbox: Inbox) -> AsyncIterator[Inbox]:
    here.log.listen(inbox.committed)
    task = asyncio.create_task(inbox.run())
    try:
        yield inbox
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(20):
        while not await condition():
            await asyncio.sleep(0.005)


async def told(here: Conversing) -> list[dict[str, Any]]:
    """Read what the inbox was told."""
    return [json.loads(entry.data) for entry in await here.entries(CHANNEL)]


async def known(here: Conversing, conversation_ids: Sequence[str]) -> bool:
    """Tell whether the inbox's entries end in the fresh fold of each conversation."""
    last = {each["id"]: each for each in await told(here)}
    for conversation_id in conversation_ids:
        fresh = summary(await here.fresh(f"conversation:{conversation_id}"))
        if last.get(conversation_id) != fresh:
            return False
    return True


def id_of(channel: str) -> str:
    return channel.partition(":")[2]


async def ids(inbox: Inbox, state: str, agent: Principal = AGENT) -> list[str]:
    page = await inbox.list("default", state, agent.id)
    return [each["id"] for each in page.conversations]


async def test_lists_and_entries_follow_a_conversation(
    here: Conversing, records: SQLInboxRecords
) -> None:
    async with running(here, inbox_of(here, records)) as inbox:
        channel = await here.opened()
        conversation_id = id_of(channel)
        await until(lambda: known(here, [conversation_id]))
        assert await ids(inbox, "open") == [conversation_id]
        assert await ids(inbox, "waiting") == []
        await here.send(VISITOR, channel, "ask_human", {})
        await here.send(VISITOR, channel, "contact", {"email": "v@example.org", "name": "Vera"})
        await until(lambda: known(here, [conversation_id]))
        assert await ids(inbox, "waiting") == [conversation_id]
        await here.send(AGENT, channel, "accept", {}, expect=2)
        await until(lambda: known(here, [conversation_id]))
        assert await ids(inbox, "waiting") == await ids(inbox, "mine", OTHER_AGENT) == []
        assert await ids(inbox, "mine") == [conversation_id]
        await here.send(AGENT, channel, "close", {}, expect=4)
        await until(lambda: known(here, [conversation_id]))
        page = await inbox.list("default", "closed", AGENT.id)
        assert page.counts == {"waiting": 0, "mine": 0, "open": 0, "closed": 1}
        fresh = summary(await here.fresh(channel))
        assert list(page.conversations) == [fresh]
        assert fresh["visitor"] == {"id": VISITOR.id, "email": "v@example.org", "name": "Vera"}


async def test_judging_an_answer_is_no_news(here: Conversing, records: SQLInboxRecords) -> None:
    async with running(here, inbox_of(here, records)) as inbox:
        channel = await here.opened()
        await until(lambda: known(here, [id_of(channel)]))
        before = await inbox.list("default", "open", AGENT.id)
        await here.send(VISITOR, channel, "feedback", {"answer": 1, "helped": False})
        await until(lambda: _nothing_left(here, channel))
        assert [each["offset"] for each in await told(here)] == [1]
        assert await inbox.list("default", "open", AGENT.id) == before


async def _nothing_left(here: Conversing, channel: str) -> bool:
    """Tell whether the inbox is done with all entries of a conversation."""
    partition = here.log.partition_of(channel)
    cursor = await here.log.cursor(CONSUMER, partition)
    left = await here.log.feed(partition, cursor, 1_000)
    return all(item.entry.channel != channel for item in left)


async def test_entries_are_the_servers_and_valid_for_each_state_once(
    here: Conversing, records: SQLInboxRecords
) -> None:
    async with running(here, inbox_of(here, records)):
        channel = await here.opened()
        await here.send(VISITOR, channel, "ask_human", {})
        await until(lambda: known(here, [id_of(channel)]))
    entries = await here.entries(CHANNEL)
    assert {(entry.sender, entry.kind) for entry in entries} == {("server:straks", "conversation")}
    assert len({entry.key for entry in entries}) == len(entries)
    offsets = [each["offset"] for each in await told(here)]
    assert offsets == sorted(set(offsets))


async def test_a_page_and_what_follows_its_position_are_the_whole(
    here: Conversing, records: SQLInboxRecords
) -> None:
    """Old state + entries after the position = the fresh folds, whenever the page was read."""
    channels: list[str] = []
    pages = []
    async with running(here, inbox_of(here, records)) as inbox:
        for n in range(12):
            channels.append(await here.opened(text=f"Question {n}"))
            pages.append(await inbox.list("default", "open", AGENT.id, None, 100))
            await here.send(VISITOR, channels[n // 2], "contact", {"name": f"Vera {n}"})
            if n % 3 == 0:
                await here.send(VISITOR, channels[n], "ask_human", {})
        await until(lambda: known(here, [id_of(channel) for channel in channels]))
    fresh = {id_of(each): summary(await here.fresh(each)) for each in channels}
    for page in pages:
        view = {each["id"]: each for each in page.conversations}
        after = page.position.offset
        for each in (await told(here))[after:]:
            view[each["id"]] = each
        assert view == fresh


async def test_previews_are_told_together(here: Conversing, records: SQLInboxRecords) -> None:
    clock = ManualClock()
    async with running(here, inbox_of(here, records, clock)):
        channels = [await here.opened() for _ in range(4)]
        for n in range(100):
            await asyncio.gather(*(here.say(VISITOR, each, f"{n}") for each in channels))
        await until(lambda: _opened(here, channels))
        assert len(await told(here)) == 4

        async def known_after_a_second() -> bool:
            clock.advance(1)
            return await known(here, [id_of(channel) for channel in channels])

        await until(known_after_a_second)
    assert len(await told(here)) < 100  # of 404 entries


async def _opened(here: Conversing, channels: Sequence[str]) -> bool:
    return {each["id"] for each in await told(here)} == {id_of(channel) for channel in channels}


async def test_crash_between_append_and_projection_leaves_one_state(
    place: LogPlace, records: SQLInboxRecords
) -> None:
    class Crashing:
        """Records that are kept, and a process that ends before the inbox is told."""

        def __getattr__(self, name: str) -> Any:
            return getattr(records, name)

        async def save(self, rows: Any) -> None:
            await records.save(rows)
            crashed.set()
            await asyncio.Event().wait()

    crashed = asyncio.Event()
    async with conversing(place) as here:
        channel = await here.opened()
        async with running(here, inbox_of(here, Crashing())):
            await asyncio.wait_for(crashed.wait(), 20)
        assert await told(here) == []
    for _ in range(2):  # the second start finds nothing left to do
        async with conversing(place) as here:
            async with running(here, inbox_of(here, records)) as inbox:
                await until(lambda: known(here, [id_of(channel)]))
                assert await ids(inbox, "open") == [id_of(channel)]
            assert len(await told(here)) == 1


async def test_told_twice_is_one_entry(place: LogPlace, records: SQLInboxRecords) -> None:
    async with conversing(place) as here:
        async with running(here, inbox_of(here, records)):
            channel = await here.opened()
            await until(lambda: known(here, [id_of(channel)]))
        partition = here.log.partition_of(channel)
        await until(lambda: _moved(here, partition))

    class FromTheStart:
        """A log whose consumers forgot how far they came."""

        def __init__(self, here: Conversing) -> None:
            self.log = here.log

        def __getattr__(self, name: str) -> Any:
            return getattr(self.log, name)

        async def cursor(self, consumer: str, partition: int) -> int:
            return 0

    async with conversing(place) as here:
        feed: Any = FromTheStart(here)
        again = Inbox(here.service, here.log, feed, records, SERVER, SystemClock())
        async with running(here, again):
            await here.send(VISITOR, channel, "ask_human", {})
            await until(lambda: known(here, [id_of(channel)]))
        offsets = [each["offset"] for each in await told(here)]
        assert offsets == [1, 2]


async def _moved(here: Conversing, partition: int) -> bool:
    return await here.log.cursor(CONSUMER, partition) > 0


async def test_lost_lists_are_made_again_at_the_start(tmp_path: Path) -> None:
    """Where the feed keeps everything; that of Redis is trimmed below the cursors."""
    async with conversing(tmp_path) as here:
        first = await Database.open(tmp_path / "first.db")
        async with running(here, inbox_of(here, SQLInboxRecords(first))):
            channels = [await here.opened(text=f"{n}") for n in range(5)]
            await here.send(VISITOR, channels[0], "close", {}, expect=1)
            await until(lambda: known(here, [id_of(channel) for channel in channels]))
        await first.close()
        second = await Database.open(tmp_path / "second.db")
        inbox = inbox_of(here, SQLInboxRecords(second))
        before = await told(here)
        async with running(here, inbox):
            await until(lambda: _counted(inbox, {"open": 4, "closed": 1}))
        assert await told(here) == before
        await second.close()


async def _counted(inbox: Inbox, counts: dict[str, int]) -> bool:
    page = await inbox.list("default", "open", AGENT.id)
    return counts.items() <= dict(page.counts).items()


async def test_records_that_are_away_are_waited_for(
    here: Conversing, records: SQLInboxRecords
) -> None:
    class Away:
        failures = 3

        def __getattr__(self, name: str) -> Any:
            return getattr(records, name)

        async def save(self, rows: Any) -> None:
            if self.failures:
                self.failures -= 1
                raise RecordsUnavailableError("not now")
            await records.save(rows)

    async with running(here, inbox_of(here, Away())) as inbox:
        channel = await here.opened()
        await until(lambda: known(here, [id_of(channel)]))
        assert await ids(inbox, "open") == [id_of(channel)]


async def test_one_summary_that_fails_stops_no_other(
    here: Conversing, records: SQLInboxRecords, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        def __getattr__(self, name: str) -> Any:
            return getattr(records, name)

        async def save(self, rows: Any) -> None:
            if any(each["preview"] == "poison" for _, each in rows):
                raise ZeroDivisionError
            await records.save(rows)

    async with running(here, inbox_of(here, Broken())) as inbox:
        poison, *others = await asyncio.gather(
            *(here.open(VISITOR, text) for text in ("poison", "a", "b"))
        )
        good = [id_of(each.entry.channel) for each in others]
        await until(lambda: known(here, good))

        async def skipped() -> bool:
            return f"conversation {id_of(poison.entry.channel)} is skipped" in caplog.text

        await until(skipped)  # It may be of another feed.
        assert sorted(await ids(inbox, "open")) == sorted(good)


async def test_the_reasons_for_an_expert_are_told_once_on_the_desk(
    here: Conversing, records: SQLInboxRecords
) -> None:
    expert = {
        "expert": {"score": 0.8, "reasons": ["names the error code E-17", "the page says so"]}
    }
    async with running(here, inbox_of(here, records)) as inbox:
        channels = [await here.opened() for _ in range(3)]
        await here.send(RESPONDER, channels[0], "ask_human", expert, expect=1)
        await here.send(VISITOR, channels[1], "ask_human", expert)
        await here.send(RESPONDER, channels[2], "ask_human", {}, expect=1)
        await until(lambda: known(here, [id_of(channel) for channel in channels]))
        first, *others = await ids(inbox, "waiting")
        # These two may have come in the same millisecond.
        assert sorted(others) == sorted(id_of(channel) for channel in channels[1:])
    assert first == id_of(channels[0])
    async with running(here, inbox_of(here, records)):
        await here.say(VISITOR, channels[0], "and?")
        await until(lambda: known(here, [id_of(channels[0])]))
    desks = [await here.entries(f"desk:{id_of(channel)}") for channel in channels]
    assert [len(entries) for entries in desks] == [1, 0, 0]
    (noted,) = desks[0]
    assert (noted.kind, noted.sender) == ("assign_reason", "server:straks")
    assert json.loads(noted.data) == {
        "text": "An expert asks: names the error code E-17; the page says so."
    }


async def test_unknown_list_and_foreign_cursor_are_refused(
    here: Conversing, records: SQLInboxRecords
) -> None:
    inbox = inbox_of(here, records)
    with pytest.raises(RefusedError) as refused:
        await inbox.list("default", "everything", AGENT.id)
    assert refused.value.code is ErrorCode.BAD_FIELD
    nul = "W3RydWUsNSwiXHUwMDAwIl0"  # [true,5,"\\u0000"]
    for cursor in (
        "x",
        "W10",
        "WzEsMl0",
        "é",
        "bnVsbA",
        "WzMwMDAwMDAwMDAwMDAwMDAwMDAwLCJhIl0",
        nul,
    ):
        with pytest.raises(RefusedError) as refused:
            await inbox.list("default", "open", AGENT.id, cursor)
        assert refused.value.code is ErrorCode.BAD_FIELD


async def test_pages_join_without_gap_or_repetition(
    here: Conversing, records: SQLInboxRecords
) -> None:
    async with running(here, inbox_of(here, records)) as inbox:
        channels = [await here.opened(text=f"{n}") for n in range(7)]
        for channel in channels:
            await here.send(VISITOR, channel, "ask_human", {})
        await until(lambda: known(here, [id_of(channel) for channel in channels]))
        for state, expected in (("waiting", channels), ("open", channels[::-1])):
            found: list[dict[str, Any]] = []
            cursor = None
            while True:
                page = await inbox.list("default", state, AGENT.id, cursor, 3)
                found += page.conversations
                cursor = page.cursor
                if cursor is None:
                    break
            at = "waiting_since" if state == "waiting" else "updated_at"
            assert sorted(each["id"] for each in found) == sorted(map(id_of, expected))
            times = [each[at] for each in found]
            assert times == sorted(times, reverse=state != "waiting")


async def test_conversation_of_a_team_without_inbox_stays_in_sight(
    here: Conversing, records: SQLInboxRecords
) -> None:
    async with running(here, inbox_of(here, records)) as inbox:
        channel = await here.opened()
        await here.send(AGENT, channel, "accept", {}, expect=1)
        await here.send(AGENT, channel, "transfer", {"team": "nobody-there"}, expect=2)
        await until(lambda: known(here, [id_of(channel)]))
        assert await ids(inbox, "waiting") == [id_of(channel)]
