"""What visitors said is known when they come again, and nobody is asked twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
from msgspec.structs import replace

from straks.accounts.principals import RESPONDER, SERVER, Principal
from straks.clock import Clock, ManualClock, SystemClock
from straks.conversation.errors import RefusedError
from straks.customers.contacts import CONSUMER, Contacts
from straks.customers.register import Register
from straks.log.log import Entry
from straks.records.asked_twice import AskedTwiceRecords
from straks.records.customers import Opened, SQLCustomerRecords
from straks.records.database import Database
from straks_protocol import ErrorCode
from straks_protocol.channels import parse
from tests.support.conversing import VISITOR, Conversing, conversing, new_key

OTHER = Principal(kind="visitor", id="olle")


class Here:
    """A log with a register that reads its feed when it is told to."""

    def __init__(self, log: Conversing, database: Database, clock: Clock) -> None:
        self.log = log
        self.records = SQLCustomerRecords(database)
        self.asked_twice = AskedTwiceRecords(database)
        self.register = Register(self.records, self.asked_twice, log.service, SERVER, clock)
        self.read = 0

    async def open(self, author: Principal = VISITOR, **data: Any) -> str:
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        data = {"text": "Hello", **data}
        self.log.service.open(author, new_key(), data, future.set_result)
        channel: str = (await future).entry.channel
        self.log.log.follow(channel)
        await self.log.log.synced(channel)
        return channel

    async def catch_up(self, *channels: str, again: bool = False) -> None:
        """Handle what is new in the feed; ``again``: all of it, as after a crash.

        ``channels``: of these only, as where they are in a partition of their own.
        """
        items = await self.log.log.feed(0, 0 if again else self.read, 10_000)
        if channels:
            await self.register.handle([i for i in items if i.entry.channel in channels])
            return
        self.read = max([self.read, *(item.position for item in items)])
        await self.register.handle(items)

    async def from_server(self, channel: str) -> list[tuple[str, Any]]:
        entries = await self.log.entries(channel)
        return [(e.kind, orjson.loads(e.data)) for e in entries if e.sender == "server:straks"]

    async def twice(self) -> dict[str, int]:
        return dict(await self.asked_twice.asked_twice(0))

    async def answer(self, channel: str, *form: dict[str, str]) -> Entry:
        state = await self.log.now(channel)
        fields = [{"label": "What?", "type": "text", **field} for field in form]
        data = {"question": 1, "answer": "status", "score": 1.0, "form": fields}
        sent = self.log.send(RESPONDER, channel, "answer", data, expect=state.state_offset)
        return (await sent).entry


@asynccontextmanager
async def registering(
    tmp_path: Path, database: Database, clock: Clock | None = None
) -> AsyncIterator[Here]:
    async with conversing(tmp_path) as log:
        yield Here(log, database, clock or SystemClock())


async def say(here: Here, channel: str, kind: str, data: dict[str, Any]) -> None:
    await here.log.send(VISITOR, channel, kind, data)
    await asyncio.sleep(0.002)  # the log's clock counts milliseconds


async def test_what_was_said_is_brought_into_the_next_conversation(
    tmp_path: Path, database: Database
) -> None:
    async with registering(tmp_path, database) as here:
        first = await here.open(known={"plan": "gold"})
        await say(here, first, "contact", {"email": "v@example.org"})
        await say(here, first, "details", {"fields": {"order": "7", "name": "Vera"}})
        await here.catch_up()
        second = await here.open()
        await here.catch_up()
        assert await here.from_server(first) == []
        assert await here.from_server(second) == [
            ("contact", {"email": "v@example.org", "name": "Vera"}),
            ("details", {"fields": {"plan": "gold", "order": "7"}}),
        ]
        state = await here.log.now(second)
        assert (state.visitor_email, state.visitor_name) == ("v@example.org", "Vera")
        assert state.earlier == state.facts.keys() == {"email", "name", "plan", "order"}


async def test_one_batch_of_the_feed_may_hold_it_all(tmp_path: Path, database: Database) -> None:
    async with registering(tmp_path, database) as here:
        first = await here.open()
        await say(here, first, "contact", {"email": "v@example.org"})
        second = await here.open()
        await here.catch_up()
        assert await here.from_server(second) == [("contact", {"email": "v@example.org"})]


async def test_what_is_read_after_the_next_conversation_is_brought_there_too(
    tmp_path: Path, database: Database
) -> None:
    async with registering(tmp_path, database) as here:
        first = await here.open()
        await say(here, first, "details", {"fields": {"order": "7"}})
        await say(here, first, "contact", {"email": "v@example.org"})
        second = await here.open()
        await here.open(OTHER)
        await say(here, first, "contact", {"name": "Vera"})
        await here.catch_up(second)
        assert await here.from_server(second) == []
        for _ in range(2):
            await here.catch_up(first)
            assert await here.from_server(second) == [
                ("contact", {"email": "v@example.org"}),
                ("details", {"fields": {"order": "7"}}),
            ]
        assert await here.from_server(first) == []


@pytest.mark.parametrize("opening_first", [True, False])
async def test_what_was_said_in_the_millisecond_of_the_opening_is_brought(
    tmp_path: Path, database: Database, opening_first: bool
) -> None:
    async with registering(tmp_path, database) as here:
        first = await here.open()
        await say(here, first, "contact", {"email": "v@example.org"})
        second = await here.open(known={"order": "7"})
        items = await here.log.log.feed(0, 0, 10_000)
        [at] = [item.entry.at for item in items if item.entry.channel == second]
        said = [replace(i, entry=replace(i.entry, at=at)) for i in items if i.entry.offset == 2]
        items = [*said, *(item for item in items if item.entry.offset == 1)]
        for channel in (second, first) if opening_first else (first, second):
            await here.register.handle([i for i in items if i.entry.channel == channel])
        assert await here.from_server(second) == [("contact", {"email": "v@example.org"})]


async def test_who_reads_both_at_once_brings_it_once(tmp_path: Path, database: Database) -> None:
    async with registering(tmp_path, database) as here:
        first = await here.open()
        await say(here, first, "details", {"fields": {"order": "7", "email": "v@example.org"}})
        second = await here.open()
        await asyncio.gather(here.catch_up(first), here.catch_up(second))
        brought = [kind for kind, _ in await here.from_server(second)]
        assert brought == ["contact", "details"]


async def test_a_correction_that_is_read_late_takes_the_place_of_what_was_brought(
    tmp_path: Path, database: Database
) -> None:
    async with registering(tmp_path, database) as here:
        first = await here.open()
        await say(here, first, "contact", {"email": "old@example.org"})
        await here.catch_up()
        for email in ("new@example.org", "old@example.org"):
            await say(here, first, "contact", {"email": email})
        second = await here.open()
        await here.catch_up(second)
        await here.catch_up(first)
        assert (await here.log.now(second)).visitor_email == "old@example.org"

        await say(here, first, "contact", {"email": "new@example.org"})
        third = await here.open()
        fourth = await here.open()
        await here.catch_up(third, fourth)
        await say(here, fourth, "contact", {"email": "mine@example.org"})
        assert (await here.log.now(third)).visitor_email == "old@example.org"
        for _ in range(2):
            await here.catch_up(first)
            emails = [data["email"] for _, data in await here.from_server(third)]
            assert emails == ["old@example.org", "new@example.org"]
        assert (await here.log.now(third)).visitor_email == "new@example.org"
        assert (await here.log.now(fourth)).visitor_email == "mine@example.org"


async def test_the_last_of_many_facts_are_brought_once(tmp_path: Path, database: Database) -> None:
    async with registering(tmp_path, database) as here:
        first = await here.open()
        for batch in range(3):
            fields = {f"fact_{batch}_{n:02}": "1" for n in range(15)}
            await say(here, first, "details", {"fields": fields})
        second = await here.open()
        await asyncio.gather(here.catch_up(first), here.catch_up(second))
        for _ in range(2):
            await here.catch_up(again=True)
        [(kind, data)] = await here.from_server(second)
        last = {f"fact_2_{n:02}" for n in range(15)} | {f"fact_1_{n:02}" for n in range(10, 15)}
        assert (kind, data["fields"].keys()) == ("details", last)


async def test_what_the_conversation_says_itself_is_not_said_again(
    tmp_path: Path, database: Database
) -> None:
    async with registering(tmp_path, database) as here:
        first = await here.open()
        await say(here, first, "details", {"fields": {"order": "7", "email": "v@example.org"}})
        await here.catch_up()
        second = await here.open(known={"order": "8"})
        await say(here, second, "contact", {"email": "new@example.org"})
        await here.catch_up()
        assert await here.from_server(second) == []
        assert (await here.log.now(second)).facts == {"order": "8", "email": "new@example.org"}


async def test_a_stranger_gets_no_entry_and_nobody_gets_anothers_facts(
    tmp_path: Path, database: Database
) -> None:
    async with registering(tmp_path, database) as here:
        first = await here.open()
        await say(here, first, "details", {"fields": {"order": "7", "email": "v@example.org"}})
        await here.catch_up()
        # The same address does not make the same visitor.
        other = await here.open(OTHER, known={"email": "v@example.org"})
        await here.catch_up()
        assert await here.from_server(other) == []
        assert (await here.log.now(other)).facts == {"email": "v@example.org"}


async def test_the_same_feed_again_changes_nothing(tmp_path: Path, database: Database) -> None:
    async with registering(tmp_path, database) as here:
        first = await here.open()
        await say(here, first, "details", {"fields": {"order": "7", "email": "v@example.org"}})
        second = await here.open()
        await here.catch_up()
        brought = await here.from_server(second)
        await say(here, second, "details", {"fields": {"order": "8"}})
        for _ in range(2):
            await here.catch_up(again=True)
        assert await here.from_server(second) == brought
        assert [kind for kind, _ in brought] == ["contact", "details"]
        assert await here.from_server(first) == []
        assert await here.records.known("vera") == {"order": "8", "email": "v@example.org"}
        assert await here.twice() == {}


class Failing:
    """Refuses the first entries of the server."""

    def __init__(self, here: Conversing, kinds: Sequence[str]) -> None:
        self._here = here
        self._kinds = list(kinds)

    async def conversation(self, conversation_id: str, at_least: int = 0) -> Any:
        return await self._here.service.conversation(conversation_id, at_least)

    def publish(self, author: Any, channel: Any, key: str, kind: str, *rest: Any) -> None:
        if kind in self._kinds:
            self._kinds.remove(kind)
            rest[-1](RefusedError(ErrorCode.UNAVAILABLE, "later"))
        else:
            self._here.service.publish(author, channel, key, kind, *rest)


async def test_what_stops_between_two_entries_is_finished_once(
    tmp_path: Path, database: Database
) -> None:
    async with registering(tmp_path, database) as here:
        first = await here.open()
        await say(here, first, "details", {"fields": {"order": "7", "email": "v@example.org"}})
        second = await here.open()
        failing: Any = Failing(here.log, ["details"])
        here.register = Register(here.records, here.asked_twice, failing, SERVER, SystemClock())
        with pytest.raises(RefusedError, match="later"):
            await here.catch_up()
        assert [kind for kind, _ in await here.from_server(second)] == ["contact"]
        await here.catch_up(again=True)
        assert [kind for kind, _ in await here.from_server(second)] == ["contact", "details"]


async def test_old_conversations_are_left_as_they_are(tmp_path: Path, database: Database) -> None:
    clock = ManualClock(now_ms=SystemClock().now_ms())
    async with registering(tmp_path, database, clock) as here:
        first = await here.open()
        await say(here, first, "contact", {"email": "v@example.org"})
        second = await here.open()
        clock.advance(86_401)
        await here.catch_up()
        assert await here.from_server(second) == []


async def test_who_opened_which_conversation_is_kept_however_old(
    tmp_path: Path, database: Database
) -> None:
    clock = ManualClock(now_ms=SystemClock().now_ms())
    async with registering(tmp_path, database, clock) as here:
        first = await here.open()
        await say(here, first, "message", {"text": "And?"})
        second = await here.open()
        await here.open(OTHER)
        clock.advance(86_401)
        for again in (False, True):
            await here.catch_up(again=again)
            assert await here.records.earlier("vera", parse(first).id) == 0
            assert await here.records.earlier("vera", parse(second).id) == 1
            assert await here.records.earlier("olle", "new") == 1


async def test_what_visitors_open_is_kept_at_once_for_many(
    tmp_path: Path, database: Database
) -> None:
    async with registering(tmp_path, database) as here:
        kept = Keeping(here.records)
        here.register = Register(kept, here.asked_twice, here.log.service, SERVER, SystemClock())
        for _ in range(3):
            await here.open()
        await here.catch_up()
        assert kept.batches == [3]
        assert await here.records.earlier("vera", "new") == 3


class Keeping(SQLCustomerRecords):
    """Notes how many conversations came at once."""

    def __init__(self, records: SQLCustomerRecords) -> None:
        super().__init__(records._database)
        self.batches: list[int] = []

    async def opened(self, conversations: Sequence[Opened]) -> None:
        self.batches.append(len(conversations))
        await super().opened(conversations)


async def test_a_closed_conversation_is_left_without_details(
    tmp_path: Path, database: Database
) -> None:
    async with registering(tmp_path, database) as here:
        first = await here.open()
        await say(here, first, "details", {"fields": {"order": "7"}})
        second = await here.open()
        await here.log.send(VISITOR, second, "close", {}, expect=1)
        await here.catch_up()
        assert await here.from_server(second) == []


async def test_what_is_given_again_was_asked_for_twice(tmp_path: Path, database: Database) -> None:
    async with registering(tmp_path, database) as here:
        first = await here.open(known={"order": "7", "size": "L"})
        await say(here, first, "message", {"text": "And?", "known": {"size": "L"}})
        await say(here, first, "details", {"fields": {"order": "7", "size": "M"}})
        await here.catch_up()
        assert await here.twice() == {"order": 1}
        second = await here.open()
        await say(here, second, "contact", {"email": "v@example.org"})
        await say(here, second, "contact", {"email": "v@example.org", "name": "Vera"})
        await here.catch_up()
        assert await here.twice() == {"order": 1, "email": 1}


async def test_a_form_that_asks_for_what_is_known_is_counted(
    tmp_path: Path, database: Database
) -> None:
    async with registering(tmp_path, database) as here:
        first = await here.open(known={"order": "7", "phone": "1"})
        await asyncio.sleep(0.002)
        form = await here.answer(
            first, {"name": "order"}, {"name": "size"}, {"name": "phone", "value": "1"}
        )
        await here.catch_up()
        assert await here.twice() == {"order": 1}
        # To confirm what was filled in is not to be asked.
        fields = {"size": "L", "phone": "1"}
        await say(here, first, "details", {"answer": form.offset, "fields": fields})
        await here.catch_up()
        assert await here.twice() == {"order": 1}


async def test_the_consumer_keeps_up_by_itself(tmp_path: Path, database: Database) -> None:
    async with registering(tmp_path, database) as here:
        contacts = Contacts(here.log.log, here.register, here.records, SystemClock(), days=180)
        here.log.log.listen(contacts.committed)
        running = asyncio.create_task(contacts.run())
        channel = await here.open()
        await say(here, channel, "contact", {"email": "v@example.org", "name": "Vera"})
        async with asyncio.timeout(20):
            while await here.records.find("vera") is None:
                await asyncio.sleep(0.005)
            second = await here.open()
            while not await here.from_server(second):
                await asyncio.sleep(0.005)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        vera = await here.records.find("vera")
        assert vera is not None
        assert (vera["email"], vera["name"]) == ("v@example.org", "Vera")
        assert parse(second).kind == "conversation"


async def test_old_facts_are_forgotten(tmp_path: Path, database: Database) -> None:
    clock = ManualClock(now_ms=SystemClock().now_ms())
    async with registering(tmp_path, database) as here:
        channel = await here.open(known={"order": "7"})
        assert channel
        await here.catch_up()
        # Else it might be read again, and kept again, after it was forgotten.
        await here.log.log.move_cursor(CONSUMER, 0, here.read)
        clock.advance(181 * 86_400)
        contacts = Contacts(here.log.log, here.register, here.records, clock, days=180)
        running = asyncio.create_task(contacts.run())
        async with asyncio.timeout(20):
            while await here.records.known("vera"):
                await asyncio.sleep(0.005)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
