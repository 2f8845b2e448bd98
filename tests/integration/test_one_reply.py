"""A question has one reply, whoever gives it, on every log."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest

from straks.accounts.principals import RESPONDER, Principal
from straks.conversation.errors import RefusedError
from straks.log.log import Append, Appended
from straks_protocol import ErrorCode
from tests.support.conversing import AGENT, VISITOR, Conversing, conversing, new_key
from tests.support.logs import LogPlace

BOT = Principal(kind="app", id="helper", scopes=frozenset({"answer", "message"}))


@pytest.fixture
async def here(place: LogPlace) -> AsyncIterator[Conversing]:
    async with conversing(place) as running:
        running.service.contested = True
        yield running


def answer(question: int, name: str = "x") -> dict[str, Any]:
    return {"question": question, "answer": name, "text": name, "score": 1.0}


async def outcomes(*sent: asyncio.Future[Appended]) -> list[Appended | BaseException]:
    return await asyncio.gather(*sent, return_exceptions=True)


def codes(ended: list[Appended | BaseException]) -> list[str]:
    return [each.code.value if isinstance(each, RefusedError) else "ok" for each in ended]


async def replied(here: Conversing, channel: str) -> list[int]:
    """Give the questions of all replies, in rising order."""
    entries = await here.entries(channel)
    return sorted(orjson.loads(each.data)["question"] for each in entries if each.kind == "answer")


@pytest.mark.parametrize("first", ["bot", "engine"])
@pytest.mark.parametrize("apart", [False, True])
async def test_of_two_replies_to_a_question_the_first_counts(
    here: Conversing, first: str, apart: bool
) -> None:
    channel = await here.opened()
    order = [BOT, RESPONDER] if first == "bot" else [RESPONDER, BOT]
    sent = []
    for author in order:
        sent.append(here.send(author, channel, "answer", answer(1), expect=1))
        if apart:
            await outcomes(sent[-1])
    assert codes(await outcomes(*sent)) == ["ok", "wrong_state"]
    assert await replied(here, channel) == [1]


async def test_a_reply_that_another_server_stored_is_seen(here: Conversing) -> None:
    channel = await here.opened()
    await here.append_elsewhere(_stored(channel, RESPONDER, "answer", answer(1)))
    assert codes(await outcomes(here.send(BOT, channel, "answer", answer(1), expect=1))) == [
        "wrong_state"
    ]
    assert await replied(here, channel) == [1]


async def test_what_another_server_stored_beside_is_no_hindrance(here: Conversing) -> None:
    channel = await here.opened()
    await here.append_elsewhere(_stored(channel, VISITOR, "message", {"text": "Hello?"}))
    await here.send(BOT, channel, "answer", answer(1), expect=1)
    assert await replied(here, channel) == [1]


async def test_the_visitor_may_go_on_while_many_reply(here: Conversing) -> None:
    channel = await here.opened()
    sent = []
    for number in range(2, 12):
        sent.append(here.say(VISITOR, channel, f"{number}"))
        if number % 2:
            await sent[-1]
    for offset in range(1, 12):
        both = (BOT, RESPONDER) if offset % 2 else (RESPONDER, BOT)
        sent += [here.send(author, channel, "answer", answer(offset), expect=1) for author in both]
        sent.append(here.say(VISITOR, channel, "and?"))
    ended = codes(await outcomes(*sent))
    assert await replied(here, channel) == list(range(1, 12))
    assert ended.count("wrong_state") == 11
    assert ended.count("ok") == len(ended) - 11


async def test_replies_may_come_in_another_order_than_their_questions(here: Conversing) -> None:
    channel = await here.opened()
    await here.say(VISITOR, channel, "and?")
    for question in (2, 1):
        await here.send(BOT, channel, "answer", answer(question), expect=1)
    assert (await here.fresh(channel)).replied == (1, 2)


async def test_bringing_a_person_is_a_reply_too(here: Conversing) -> None:
    channel = await here.opened()
    await here.send(RESPONDER, channel, "answer", answer(1), expect=1)
    late = here.send(BOT, channel, "ask_human", {"question": 1}, expect=1)
    assert codes(await outcomes(late)) == ["wrong_state"]
    await here.say(VISITOR, channel, "and?")
    await here.send(BOT, channel, "ask_human", {"question": 3}, expect=1)
    late = here.send(RESPONDER, channel, "answer", answer(3), expect=4)
    assert codes(await outcomes(late)) == ["wrong_state"]


async def test_the_same_key_gets_its_first_result(here: Conversing) -> None:
    channel = await here.opened()
    key = new_key()
    first = await here.send(BOT, channel, "answer", answer(1), expect=1, key=key)
    again = await here.send(BOT, channel, "answer", answer(1), expect=1, key=key)
    assert (again.duplicate, again.entry.id) == (True, first.entry.id)


async def test_what_was_not_asked_yet_has_no_reply(here: Conversing) -> None:
    channel = await here.opened()
    await here.send(BOT, channel, "answer", answer(3), expect=1)
    await here.say(VISITOR, channel, "and?")
    assert not (await here.fresh(channel)).has_reply(3)
    await here.send(RESPONDER, channel, "answer", answer(3), expect=1)
    assert (await here.fresh(channel)).replied == (3,)


async def test_programs_are_silent_while_a_person_is_there(here: Conversing) -> None:
    channel = await here.opened()
    await here.say(BOT, channel, "Hello!")
    await here.send(AGENT, channel, "accept", {}, expect=1)
    for kind, data in (
        ("message", {"text": "Hello?"}),
        ("answer", answer(1)),
        ("ask_human", {}),
    ):
        with pytest.raises(RefusedError) as refused:
            await here.send(BOT, channel, kind, data, expect=3)
        assert refused.value.code is ErrorCode.WRONG_STATE


def _stored(channel: str, author: Principal, kind: str, data: dict[str, Any]) -> Append:
    return Append(
        channel=channel,
        sender=author.sender,
        name=author.name,
        key=new_key(),
        kind=kind,
        data=orjson.dumps(data),
        id=new_key(),
        at=0,
    )
