"""Replies that are given before the feed shows their question."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from straks.accounts.principals import Principal
from straks.answers.files import AnswerBook
from straks.answers.matcher import Matcher
from straks.answers.responder import Responder
from straks.conversation.errors import RefusedError
from straks.conversation.lane import Done
from straks.conversation.model import Conversation, fold
from straks.log.log import Appended, Entry, FeedItem
from straks_protocol import ErrorCode
from straks_protocol.channels import Channel


def entry(offset: int, text: str = "when?", kind: str = "message", sender: str = "v") -> Entry:
    return Entry(
        channel="conversation:a",
        offset=offset,
        id=f"id{offset}",
        at=0,
        sender=f"visitor:{sender}" if sender == "v" else sender,
        name=None,
        key=f"k{offset}",
        kind=kind,
        data=orjson.dumps({"text": text}),
        advances=kind != "message",
    )


class Said:
    """Conversations of one, that note what is published."""

    def __init__(self, *entries: Entry) -> None:
        self.held = fold(entries)
        self.published: list[tuple[str, str, Done]] = []

    def recall(self, conversation_id: str) -> Conversation | None:
        return self.held

    def peek(self, conversation_id: str, at_least: int = 0) -> Conversation | None:
        return self.held

    async def conversation(self, conversation_id: str, at_least: int = 0) -> Conversation | None:
        return self.held

    def publish(
        self,
        author: Principal,
        channel: Channel,
        key: str,
        kind: str,
        data: dict[str, Any],
        expect: int | None,
        done: Done,
    ) -> None:
        self.published.append((kind, key, done))


def responder(said: Said) -> Responder:
    return Responder(said, Matcher(AnswerBook(()), {}), name="Straks")


async def handled(here: Responder, question: Entry) -> None:
    await here.handle([FeedItem(1, question)])


def stored(question: Entry) -> Appended:
    return Appended(question, False)


async def test_it_is_given_at_once_and_not_again() -> None:
    question = entry(1)
    said = Said(question)
    here = responder(said)
    here.foresee(question.data, None)
    here.committed([question])
    ((kind, _, done),) = said.published
    assert kind == "answer"
    done(stored(entry(2)))
    await handled(here, question)
    assert len(said.published) == 1


async def test_what_was_not_foreseen_is_left_to_the_feed() -> None:
    question = entry(1)
    said = Said(question)
    here = responder(said)
    here.committed([question])
    assert said.published == []


@pytest.mark.parametrize(
    "then", [entry(2, kind="accept", sender="agent:b"), entry(2, "and another thing")]
)
async def test_who_was_answered_or_wrote_on_meanwhile_is_left_to_the_feed(then: Entry) -> None:
    question = entry(1)
    said = Said(question, then)
    here = responder(said)
    here.foresee(question.data, None)
    here.committed([question])
    assert said.published == []


async def test_the_words_of_somebody_else_are_no_question() -> None:
    question = entry(1, sender="agent:b")
    said = Said(entry(1))
    here = responder(said)
    here.foresee(question.data, None)
    here.committed([question])
    assert said.published == []


async def test_what_failed_for_now_is_done_again_with_the_same_key() -> None:
    question = entry(1)
    said = Said(question)
    here = responder(said)
    here.foresee(question.data, None)
    here.committed([question])
    _, first, done = said.published.pop()
    done(RefusedError(ErrorCode.UNAVAILABLE, "not now"))
    with pytest.raises(RefusedError):
        await handled(here, question)
    assert said.published == []  # the consumer calls again
    here.committed([question])
    assert said.published == []
    running = here.handle([FeedItem(1, question)])
    with pytest.raises(StopIteration):
        finish(running, said)
    assert [key for _, key, _ in said.published] == [first]


def finish(running: Any, said: Said) -> None:
    """Let the handler publish, tell it that this is stored, and let it end."""
    waits_for = running.send(None)
    said.published[-1][2](stored(entry(2)))
    assert waits_for.done()
    running.send(None)


async def test_what_is_remembered_is_bounded() -> None:
    said = Said(entry(1))
    here = responder(said)
    for number in range(1000):
        here.foresee(b'{"text":"%d"}' % number, None)
    assert len(here._foreseen) <= 128
