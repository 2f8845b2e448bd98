"""Visitors are answered from the log, once for each question, until a person comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

from straks.answers.answer import Answer
from straks.answers.files import AnswerBook
from straks.answers.matcher import Match, Matcher
from straks.answers.responder import Responder
from straks.conversation.coming import Coming
from straks.conversation.consumer import Consumer
from straks.conversation.errors import RefusedError
from straks.conversation.model import State
from straks.log.log import Entry, FeedItem
from straks_protocol import ErrorCode
from tests.support.conversing import AGENT, VISITOR, Conversing, conversing
from tests.support.logs import item

MATCHER = Matcher.train(
    AnswerBook(
        (
            Answer(
                id="opening-hours",
                lang="en",
                title="Opening hours",
                text="From 10 to 18.",
                html="<p>From 10 to 18.</p>",
                phrases=("when are you open", "opening hours"),
                tags=("shop",),
            ),
            Answer(
                id="delivery-time",
                lang="en",
                title="Delivery time",
                text="Two days.",
                html="<p>Two days.</p>",
                phrases=("how long is delivery", "when will my lamp arrive"),
                tags=(),
            ),
            Answer(
                id="thanks",
                lang="en",
                title="That was good",
                text="Tell your friends.",
                html="<p>Tell your friends.</p>",
                phrases=("awesome",),
                tags=(),
            ),
        )
    )
)
GREETING = Answer(
    id="hello",
    lang="en",
    title="Hello!",
    text="What would you like to know?",
    html="<p>What would you like to know?</p>",
    phrases=(),
    tags=("greeting",),
)
WELCOMING = Matcher.train(AnswerBook((*MATCHER.book.answers, GREETING)))


def replies(entries: Sequence[Entry]) -> list[Entry]:
    return [entry for entry in entries if entry.sender == "app:answers"]


def data(entry: Entry) -> dict[str, Any]:
    parsed: dict[str, Any] = orjson.loads(entry.data)
    return parsed


@asynccontextmanager
async def answering(
    here: Conversing,
    *,
    consumer: str = "answers",
    conversations: Any = None,
    matcher: Matcher = MATCHER,
) -> AsyncIterator[Responder]:
    """Run a responder on the log."""
    responder = Responder(conversations or here.service, matcher, name="Nordlys")
    reader = Consumer(consumer, here.log, responder.handle, urgent=responder.is_urgent)
    here.log.listen(reader.committed)
    task = asyncio.create_task(reader.run())
    try:
        yield responder
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def replied(here: Conversing, channel: str, count: int = 1) -> list[Entry]:
    """Wait until there are ``count`` replies."""
    async with asyncio.timeout(20):
        while len(found := replies(await here.entries(channel))) < count:
            await asyncio.sleep(0.002)
    return found


async def feed_of(here: Conversing) -> list[FeedItem]:
    return list(await here.log.feed(0, 0, 10_000))


async def test_question_gets_its_answer(tmp_path: Path) -> None:
    async with conversing(tmp_path) as here, answering(here):
        channel = await here.opened(text="Hello, when are you open?")
        (answer,) = await replied(here, channel)
    assert answer.kind == "answer"
    assert answer.name == "Nordlys"
    assert data(answer) == {
        "question": 1,
        "answer": "opening-hours",
        "title": "Opening hours",
        "text": "From 10 to 18.",
        "html": "<p>From 10 to 18.</p>",
        "lang": "en",
        "score": data(answer)["score"],
        "tags": ["shop"],
    }


async def test_unknown_question_is_told_to_be_unknown(tmp_path: Path) -> None:
    async with conversing(tmp_path) as here, answering(here):
        channel = await here.opened(text="Who won the war of the roses?")
        (answer,) = await replied(here, channel)
    assert data(answer) == {"question": 1, "answer": None, "score": 0.0}


async def test_each_message_of_a_conversation_is_answered_in_order(tmp_path: Path) -> None:
    texts = ["when are you open", "how long is delivery", "opening hours", "qwertz"]
    async with conversing(tmp_path) as here, answering(here):
        channel = await here.opened(text=texts[0])
        for text in texts[1:]:
            await here.say(VISITOR, channel, text)
        found = await replied(here, channel, len(texts))
        entries = await here.entries(channel)
    asked = [entry.offset for entry in entries if entry.kind == "message"]
    assert [data(entry)["question"] for entry in found] == asked
    known = [data(entry).get("answer") for entry in found]
    assert known == ["opening-hours", "delivery-time", "opening-hours", None]


async def test_many_questions_at_once_are_answered_once_each(tmp_path: Path) -> None:
    async with conversing(tmp_path) as here, answering(here):
        channels = await asyncio.gather(
            *(here.opened(text=f"when are you open {number}") for number in range(100))
        )
        for channel in channels:
            await replied(here, channel)
        for channel in channels:
            assert len(replies(await here.entries(channel))) == 1


async def test_greeting_gets_the_greeting_of_the_book(tmp_path: Path) -> None:
    async with conversing(tmp_path) as here, answering(here, matcher=WELCOMING):
        channel = await here.opened(text="Hello!")
        (answer,) = await replied(here, channel)
        assert (data(answer)["answer"], data(answer)["score"]) == ("hello", 1.0)
        await here.say(VISITOR, channel, "hi, when are you open")
        _, answer = await replied(here, channel, 2)
        assert data(answer)["answer"] == "opening-hours"


async def test_greeting_without_one_in_the_book_is_not_left_unanswered(tmp_path: Path) -> None:
    async with conversing(tmp_path) as here, answering(here):
        channel = await here.opened(text="Hello!")
        (answer,) = await replied(here, channel)
        assert data(answer)["answer"] is None


async def test_thanks_and_nods_get_no_reply(tmp_path: Path) -> None:
    async with conversing(tmp_path) as here, answering(here, matcher=WELCOMING):
        channel = await here.opened(text="when are you open")
        for text in ("ok", "Thank you!", "👍"):
            await here.say(VISITOR, channel, text)
        last = await here.say(VISITOR, channel, "and for how long?")
        found = await replied(here, channel, 2)
        assert [data(reply)["question"] for reply in found] == [1, last.entry.offset]


async def test_answer_to_these_very_words_is_given_all_the_same(tmp_path: Path) -> None:
    async with conversing(tmp_path) as here, answering(here, matcher=WELCOMING):
        channel = await here.opened(text="Awesome!")
        (answer,) = await replied(here, channel)
        assert data(answer)["answer"] == "thanks"


async def test_wish_for_a_person_is_passed_on(tmp_path: Path) -> None:
    async with conversing(tmp_path) as here, answering(here):
        channel = await here.opened(text="I want to talk to a human")
        (reply,) = await replied(here, channel)
        assert reply.kind == "ask_human"
        assert (await here.fresh(channel)).state is State.WAITING
        await here.say(VISITOR, channel, "when are you open")
        other = await here.opened(text="when are you open")
        await replied(here, other)
        assert len(replies(await here.entries(channel))) == 1


async def test_nothing_is_said_once_a_person_has_come(tmp_path: Path) -> None:
    async with conversing(tmp_path) as here:
        channel = await here.opened(text="when are you open")
        await here.send(AGENT, channel, "accept", {}, expect=1)
        await here.say(VISITOR, channel, "how long is delivery")
        async with answering(here):
            other = await here.opened(text="when are you open")
            await replied(here, other)
        assert replies(await here.entries(channel)) == []


async def test_agents_words_are_no_questions(tmp_path: Path) -> None:
    async with conversing(tmp_path) as here:
        channel = await here.opened()
        await here.send(AGENT, channel, "accept", {}, expect=1)
        said = await here.say(AGENT, channel, "when are you open")
        assert not Responder.is_question(said.entry)


async def test_only_what_may_get_a_reply_is_urgent(tmp_path: Path) -> None:
    async with conversing(tmp_path) as here:
        responder = Responder(here.service, MATCHER, name="Nordlys")
        channel = await here.opened()
        assert responder.is_urgent((await here.say(VISITOR, channel, "is anybody here")).entry)
        await here.send(AGENT, channel, "accept", {}, expect=1)
        said = (await here.say(VISITOR, channel, "thank you")).entry
        assert Responder.is_question(said)
        assert not responder.is_urgent(said)


async def test_a_question_is_thought_about_once_and_answered_as_it_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    really = MATCHER.judge

    def judge(text: str, lang: str | None) -> Match | tuple[Match, ...] | None:
        asked.append(text)
        return really(text, lang)

    monkeypatch.setattr(MATCHER, "judge", judge)
    async with conversing(tmp_path) as here:
        responder = Responder(here.service, MATCHER, name="Nordlys")
        here.service.foresight = responder.foresee
        channel = await here.opened(text="when are you open")
        (early,) = replies(await here.entries(channel))
        assert asked == ["when are you open"]
        await responder.handle(await feed_of(here))
        assert asked == ["when are you open"]
        assert replies(await here.entries(channel)) == [early]
        assert early.kind == "answer"


async def test_each_of_many_questions_in_a_row_has_its_own_answer(tmp_path: Path) -> None:
    async with conversing(tmp_path) as here, answering(here) as responder:
        here.service.foresight = responder.foresee
        channel = await here.opened(text="when are you open")
        said = [here.say(VISITOR, channel, f"what about the lamp {number}") for number in range(5)]
        asked = [1, *[(await each).entry.offset for each in said]]
        answers = await replied(here, channel, 6)
        assert sorted(orjson.loads(answer.data)["question"] for answer in answers) == asked


async def test_a_question_that_is_said_again_is_not_answered_again(tmp_path: Path) -> None:
    async with conversing(tmp_path) as here, answering(here) as responder:
        here.service.foresight = responder.foresee
        channel = await here.opened(text="when are you open")
        key = "8f0c2c0e-again"
        for _ in range(3):
            await here.say(VISITOR, channel, "how long is delivery", key=key)
        await replied(here, channel, 2)
        await here.say(VISITOR, channel, "thank you")  # what came before it has been handled
        assert len(replies(await here.entries(channel))) == 2


async def test_another_server_that_wrote_meanwhile_is_noticed(tmp_path: Path) -> None:
    async with conversing(tmp_path) as here, answering(here) as responder:
        here.service.foresight = responder.foresee
        channel = await here.opened(text="when are you open")
        unheard = item(
            channel, kind="message", sender="visitor:vera", data=b'{"text":"opening hours"}'
        )
        here.unheard.add(unheard.id)
        await here.log.append([unheard])
        asked = (await here.say(VISITOR, channel, "how long is delivery")).entry.offset
        answers = await replied(here, channel, 3)
        told = {orjson.loads(answer.data)["question"] for answer in answers}
        assert told == {1, asked - 1, asked}


async def test_only_what_no_person_answers_is_thought_about_before(tmp_path: Path) -> None:
    async with conversing(tmp_path) as here:
        told: list[Coming] = []
        here.service.foresight = told.append
        channel = await here.opened(text="one")
        await here.say(VISITOR, channel, "two")
        with pytest.raises(RefusedError):
            await here.say(VISITOR, channel, "")
        await here.send(AGENT, channel, "accept", {}, expect=1)
        await here.say(VISITOR, channel, "three")
        await here.say(AGENT, channel, "four")
        assert {coming.message.channel for coming in told} == {channel}
        texts = [orjson.loads(coming.message.data)["text"] for coming in told]
        assert texts == ["one", "two"]
        assert [coming.offset for coming in told] == [1, 2]


async def test_consumer_that_starts_again_from_the_beginning_doubles_nothing(
    tmp_path: Path,
) -> None:
    async with conversing(tmp_path) as here, answering(here):
        channel = await here.opened(text="when are you open")
        await here.say(VISITOR, channel, "how long is delivery")
        await replied(here, channel, 2)
    async with conversing(tmp_path) as here:
        before = await here.entries(channel)
        for consumer in ("answers", "an old cursor"):
            async with answering(here, consumer=consumer):
                other = await here.opened(text="opening hours")
                await replied(here, other)
        assert await here.entries(channel) == before


async def test_question_that_came_while_nobody_listened_is_answered_later(tmp_path: Path) -> None:
    async with conversing(tmp_path) as here:
        channel = await here.opened(text="when are you open")
    async with conversing(tmp_path) as here, answering(here):
        (answer,) = await replied(here, channel)
        assert data(answer)["answer"] == "opening-hours"


async def test_person_who_comes_between_decision_and_commit_wins(tmp_path: Path) -> None:
    """The answer was decided on a state that no longer holds: it is not said."""
    async with conversing(tmp_path) as here:
        channel = await here.opened(text="when are you open")
        service = _Interrupted(here, channel)
        await Responder(service, MATCHER, name="Nordlys").handle(await feed_of(here))
        assert service.interrupted
        assert replies(await here.entries(channel)) == []
        assert (await here.fresh(channel)).state is State.WITH_AGENT


async def test_state_that_changed_back_is_decided_on_again(tmp_path: Path) -> None:
    async with conversing(tmp_path) as here:
        channel = await here.opened(text="when are you open")
        service = _Interrupted(here, channel, reopen=True)
        await Responder(service, MATCHER, name="Nordlys").handle(await feed_of(here))
        (answer,) = replies(await here.entries(channel))
        assert data(answer)["answer"] == "opening-hours"


async def test_refusal_for_now_is_raised_so_that_the_consumer_tries_again(tmp_path: Path) -> None:
    async with conversing(tmp_path) as here:
        channel = await here.opened(text="when are you open")
        items = await feed_of(here)
        await here.commit.drain()
        responder = Responder(here.service, MATCHER, name="Nordlys")
        with pytest.raises(RefusedError) as caught:
            await responder.handle(items)
        assert caught.value.code is ErrorCode.UNAVAILABLE
        assert replies(await here.entries(channel)) == []


async def test_looking_up_stores_nothing(tmp_path: Path) -> None:
    async with conversing(tmp_path) as here, answering(here) as responder:
        (first, *_) = responder.ask("when are you op", "en")
        assert (first.answer, first.title) == ("opening-hours", "Opening hours")
        assert await feed_of(here) == []
        assert [answer["id"] for answer in responder.listed()] == [
            "delivery-time",
            "opening-hours",
            "thanks",
        ]
        assert responder.languages() == ["en"]


class _Interrupted:
    """The service, where somebody changes the state just before the first publish."""

    def __init__(self, here: Conversing, channel: str, *, reopen: bool = False) -> None:
        self._here = here
        self._channel = channel
        self._reopen = reopen
        self.interrupted = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._here.service, name)

    def publish(self, *arguments: Any) -> None:
        if not self.interrupted:
            self.interrupted = True
            if self._reopen:
                self._here.send(VISITOR, self._channel, "close", {}, expect=1)
                self._here.send(VISITOR, self._channel, "reopen", {}, expect=2)
            else:
                self._here.send(AGENT, self._channel, "accept", {}, expect=1)
        self._here.service.publish(*arguments)
