"""The feed tells what visitors asked, and what became of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from straks.accounts.principals import RESPONDER, SERVER
from straks.answers.asked import CONSUMER, AskedQuestions
from straks.answers.text import MAX_MATCHED
from straks.log.log import Entry, FeedItem, Page
from straks.records.database import Database
from straks.records.questions import AskedQuestion, QuestionRecords
from tests.support.conversing import AGENT, VISITOR, Conversing, conversing
from tests.support.logs import LogPlace

UNKNOWN = {"answer": None, "score": 0.0}
DOGS = {"answer": "dogs", "title": "Dogs", "text": "Yes.", "html": "<p>Yes.</p>", "lang": "en"}


@dataclass
class Floor:
    here: Conversing
    records: QuestionRecords
    asked: AskedQuestions

    async def answer(self, channel: str, question: int, answer: dict[str, Any]) -> int:
        """Answer as the responder does; give the offset."""
        data = {"score": 1.0, **answer, "question": question}
        expect = (await self.here.now(channel)).state_offset
        done = await self.here.send(RESPONDER, channel, "answer", data, expect=expect)
        return done.entry.offset

    async def questions(self) -> list[AskedQuestion]:
        """Wait until all is read; give the questions, oldest first."""
        async with asyncio.timeout(20):
            for partition in range(self.here.log.partitions):
                while True:
                    cursor = await self.here.log.cursor(CONSUMER, partition)
                    if not await self.here.log.feed(partition, cursor, 1):
                        break
                    await asyncio.sleep(0.01)
        return list(reversed(await self.records.newest(100)))


@asynccontextmanager
async def running(place: LogPlace | Path, database: Database) -> AsyncIterator[Floor]:
    records = QuestionRecords(database)
    async with conversing(place) as here:
        asked = AskedQuestions(here.log, records, here.service)
        here.log.listen(asked.committed)
        task = asyncio.create_task(asked.run())
        yield Floor(here, records, asked)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def floor(place: LogPlace, database: Database) -> AsyncIterator[Floor]:
    async with running(place, database) as made:
        yield made


async def test_a_message_that_was_answered_is_a_question(floor: Floor) -> None:
    channel = await floor.here.opened(text="Can I bring my dog?")
    await floor.answer(channel, 1, UNKNOWN)
    second = await floor.here.say(VISITOR, channel, "what about cats", key=None)
    answer = await floor.answer(channel, second.entry.offset, DOGS)
    await floor.here.send(VISITOR, channel, "feedback", {"answer": answer, "helped": True})
    first, other = await floor.questions()
    assert (first.text, first.answer, first.helped, first.visitor, first.offset) == (
        "Can I bring my dog?",
        None,
        None,
        VISITOR.id,
        1,
    )
    assert first.conversation == channel.partition(":")[2]
    assert (other.text, other.answer, other.answer_lang, other.helped) == (
        "what about cats",
        "dogs",
        "en",
        True,
    )


async def test_what_only_a_person_replied_to_is_none(floor: Floor) -> None:
    channel = await floor.here.opened(text="I want a person")
    await floor.here.send(VISITOR, channel, "ask_human", {})
    await floor.here.send(AGENT, channel, "accept", {}, expect=2)
    await floor.here.say(AGENT, channel, "Here I am.")
    await floor.here.say(VISITOR, channel, "Can I bring my dog?")
    assert await floor.questions() == []


async def test_the_language_is_the_conversations_where_the_message_tells_none(
    tmp_path: Path, database: Database
) -> None:
    async with running(tmp_path / "log", database) as floor:
        channel = await floor.here.opened(text="Hej")
        said = {"text": "Må min hund komme med?", "lang": "da"}
        told = await floor.here.send(VISITOR, channel, "message", said)
        await floor.answer(channel, told.entry.offset, UNKNOWN)
        later = await floor.here.say(VISITOR, channel, "Og min kat?")
        await floor.answer(channel, later.entry.offset, UNKNOWN)
        assert [each.lang for each in await floor.questions()] == ["da", "da"]


async def test_who_presses_a_choice_asks_nothing_new(floor: Floor) -> None:
    channel = await floor.here.opened(text="dogs or cats")
    choices = [{"answer": "dogs", "title": "Dogs"}, {"answer": "cats", "title": "Cats"}]
    await floor.answer(channel, 1, {**UNKNOWN, "choices": choices})
    pressed = await floor.here.say(VISITOR, channel, "Dogs")
    answer = await floor.answer(channel, pressed.entry.offset, DOGS)
    await floor.here.send(VISITOR, channel, "feedback", {"answer": answer, "helped": False})
    (question,) = await floor.questions()
    assert (question.text, question.answer, question.helped) == ("dogs or cats", "dogs", False)


async def test_who_types_something_else_below_choices_asks_anew(floor: Floor) -> None:
    channel = await floor.here.opened(text="dogs or cats")
    choices = [{"answer": "dogs", "title": "Dogs"}, {"answer": "cats", "title": "Cats"}]
    await floor.answer(channel, 1, {**UNKNOWN, "choices": choices})
    typed = await floor.here.say(VISITOR, channel, "can I bring my dog")
    await floor.answer(channel, typed.entry.offset, DOGS)
    assert [each.answer for each in await floor.questions()] == [None, "dogs"]


async def test_an_answer_shown_again_below_its_form_is_the_same_answer(floor: Floor) -> None:
    channel = await floor.here.opened(text="where is my order")
    form = [{"name": "order", "label": "Your order number", "type": "text"}]
    first = await floor.answer(channel, 1, {**DOGS, "form": form})
    filled = {"answer": first, "fields": {"order": "17"}}
    details = await floor.here.send(VISITOR, channel, "details", filled)
    again = await floor.answer(channel, details.entry.offset, DOGS)
    await floor.here.send(VISITOR, channel, "feedback", {"answer": again, "helped": False})
    (question,) = await floor.questions()
    assert (question.text, question.helped) == ("where is my order", False)


class OneConversation:
    """A log that has the entries of one conversation, with the times that a test wants."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def add(self, sender: str, kind: str, minute: int, **data: Any) -> None:
        offset = len(self.entries) + 1
        self.entries.append(
            Entry(
                channel="conversation:c",
                offset=offset,
                id=f"e{offset}",
                at=1_700_000_000_000 + 60_000 * minute,
                sender=sender,
                name=None,
                key=f"k{offset}",
                kind=kind,
                data=orjson.dumps(data),
            )
        )

    def redact(self, offset: int) -> None:
        entry = self.entries[offset - 1]
        self.entries[offset - 1] = Entry(
            channel=entry.channel,
            offset=offset,
            id=entry.id,
            at=entry.at,
            sender=entry.sender,
            name=None,
            key=entry.key,
            kind=entry.kind,
            data=b"{}",
            redacted=True,
        )

    def items(self) -> list[FeedItem]:
        return [FeedItem(entry.offset, entry) for entry in self.entries]

    async def read(
        self, channel: str, *, after: int | None = None, before: int | None = None, limit: int
    ) -> Page:
        assert channel == "conversation:c"
        assert before is None
        found = [entry for entry in self.entries if entry.offset > (after or 0)]
        return Page(found[:limit], len(found) > limit)

    # The feed of it is handed over by the tests themselves.
    partitions = 1

    def partition_of(self, channel: str) -> int:
        return 0

    def watch(self, watcher: object) -> None:
        return None

    def recall(self, conversation_id: str) -> None:
        return None


def helped_by_a_person() -> OneConversation:
    log = OneConversation()
    log.add("visitor:vera", "message", 0, text="Hello", lang="en")
    log.add("app:responder", "answer", 0, question=1, answer=None, score=0.0)
    log.add("visitor:vera", "message", 1, text="Can I bring my dog?")
    log.add("app:responder", "answer", 1, question=3, answer=None, score=0.0)
    log.add("visitor:vera", "ask_human", 2)
    log.add("agent:anna", "accept", 5)
    log.add("agent:anna", "message", 6, text="Yes.")
    log.add("visitor:vera", "message", 7, text="Thanks")
    log.add("agent:anna", "close", 9)
    log.add("visitor:vera", "reopen", 60)
    log.add("agent:anna", "message", 90, text="Anything else?")
    return log


async def consumed(
    log: OneConversation, database: Database, lots: Sequence[Sequence[FeedItem]]
) -> list[tuple[int, int]]:
    """Hand items over in lots; give offset and minutes of each question."""
    records = QuestionRecords(database)
    asked = AskedQuestions(log, records, log)  # type: ignore[arg-type]  # the part of a log that is read
    for lot in lots:
        await asked.handle(lot)
    found = await records.newest(100)
    return sorted((each.offset, each.seconds // 60) for each in found)


async def test_a_person_costs_time_from_the_last_question_to_the_close(database: Database) -> None:
    log = helped_by_a_person()
    assert await consumed(log, database, [log.items()]) == [(1, 0), (3, 8)]


async def test_in_whatever_lots_and_however_often_the_outcome_is_one(database: Database) -> None:
    log = helped_by_a_person()
    items = log.items()
    lots = [[item] for item in items] + [items[2:7], items[:3], items[6:], items, items[::-1]]
    assert await consumed(log, database, lots) == [(1, 0), (3, 8)]


async def test_where_nobody_came_nobody_paid(database: Database) -> None:
    log = OneConversation()
    log.add("visitor:vera", "message", 0, text="Can I bring my dog?")
    log.add("app:responder", "answer", 0, question=1, answer=None, score=0.0)
    log.add("visitor:vera", "ask_human", 1)
    log.add(f"server:{SERVER.id}", "close", 100)
    assert await consumed(log, database, [log.items()]) == [(1, 0)]


async def test_of_redacted_messages_no_text_is_kept(database: Database) -> None:
    log = helped_by_a_person()
    outcome = await consumed(log, database, [log.items()])
    log.redact(3)
    for lots in ([log.items()], [[item] for item in log.items()], [log.items()[3:4]]):
        assert await consumed(log, database, lots) == outcome
        texts = [each.text for each in await QuestionRecords(database).newest(100)]
        assert sorted(texts) == ["", "Hello"]


async def test_a_message_that_was_redacted_before_it_was_read_leaves_no_text(
    database: Database,
) -> None:
    log = helped_by_a_person()
    log.redact(3)
    assert await consumed(log, database, [log.items()]) == [(1, 0), (3, 8)]
    assert {each.text for each in await QuestionRecords(database).newest(100)} == {"", "Hello"}


async def test_an_answer_to_nothing_is_passed_over(database: Database) -> None:
    log = OneConversation()
    log.add("agent:anna", "message", 0, text="Hello?")
    log.add("app:bot", "answer", 0, question=1, answer="dogs", score=1.0)
    log.add("app:bot", "answer", 0, question=77, answer="dogs", score=1.0)
    assert await consumed(log, database, [log.items()]) == []


async def test_a_long_text_is_kept_as_far_as_it_is_looked_at(database: Database) -> None:
    log = OneConversation()
    log.add("visitor:vera", "message", 0, text="dog " * 2_500)
    log.add("app:responder", "answer", 0, question=1, answer=None, score=0.0)
    await consumed(log, database, [log.items()])
    (question,) = await QuestionRecords(database).newest(1)
    assert question.text == ("dog " * 2_500)[:MAX_MATCHED]
