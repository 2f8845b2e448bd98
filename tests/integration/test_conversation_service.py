"""Conversations on the real log: who wins, what is refused, what is in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from straks.accounts.principals import RESPONDER, SERVER, Principal
from straks.conversation.coming import Coming
from straks.conversation.errors import RefusedError
from straks.conversation.model import State
from straks.log.log import Append, Appended, LogUnavailableError
from straks_protocol import ErrorCode
from tests.support.conversing import (
    AGENT,
    OTHER_AGENT,
    VISITOR,
    Conversing,
    conversing,
    new_key,
)
from tests.support.logs import LogPlace


@pytest.fixture
async def here(place: LogPlace) -> AsyncIterator[Conversing]:
    async with conversing(place) as running:
        yield running


async def refusal(outcome: asyncio.Future[Appended]) -> RefusedError:
    with pytest.raises(RefusedError) as refused:
        await outcome
    return refused.value


async def accepted(here: Conversing, agent: Principal = AGENT) -> str:
    channel = await here.opened()
    await here.send(agent, channel, "accept", {}, expect=1)
    return channel


# --- opening ----------------------------------------------------------------------------------


async def test_open_makes_a_conversation_once(here: Conversing) -> None:
    key = new_key()
    together = await asyncio.gather(*(here.open(VISITOR, "Hi", key=key) for _ in range(3)))
    later = await here.open(VISITOR, "Another text", key=key)
    assert [each.duplicate for each in (*together, later)] == [False, True, True, True]
    assert {each.entry.id for each in (*together, later)} == {together[0].entry.id}
    assert len(await here.entries(later.entry.channel)) == 1


async def test_channels_of_others_cannot_be_guessed_from_the_key(here: Conversing) -> None:
    key = new_key()
    other = Principal(kind="visitor", id="olle")
    mine, theirs = await here.open(VISITOR, "Hi", key=key), await here.open(other, "Hi", key=key)
    assert mine.entry.channel != theirs.entry.channel
    assert (await refusal(here.say(other, mine.entry.channel, "Psst"))).code is ErrorCode.NOT_FOUND


async def test_only_visitors_open(here: Conversing) -> None:
    assert (await refusal(here.open(AGENT, "Hi"))).code is ErrorCode.FORBIDDEN


async def test_absent_and_foreign_channels_answer_alike(here: Conversing) -> None:
    other = Principal(kind="visitor", id="olle")
    channel = await here.opened()
    foreign = await refusal(here.say(other, channel, "Hi"))
    absent = await refusal(here.say(other, "conversation:nothing-here", "Hi"))
    assert foreign.code is absent.code is ErrorCode.NOT_FOUND
    assert foreign.message.replace(channel, "") == absent.message.replace(
        "conversation:nothing-here", ""
    )
    assert await here.service.conversation("nothing-here") is None


# --- accepting --------------------------------------------------------------------------------


async def test_exactly_one_of_many_accepts_wins(here: Conversing) -> None:
    channel = await here.opened()
    agents = [Principal(kind="agent", id=f"a{n}", name=f"Agent {n}") for n in range(20)]
    outcomes = await asyncio.gather(
        *(here.send(agent, channel, "accept", {}, expect=1) for agent in agents),
        return_exceptions=True,
    )
    won = [n for n, each in enumerate(outcomes) if not isinstance(each, BaseException)]
    lost = [each for each in outcomes if isinstance(each, RefusedError)]
    assert (len(won), len(lost)) == (1, 19)
    assert {each.code for each in lost} == {ErrorCode.ALREADY_TAKEN}
    assert {each.by for each in lost} == {agents[won[0]].wire()}
    assert {each.state_offset for each in lost} == {2}
    assert [entry.kind for entry in await here.entries(channel)] == ["message", "accept"]


async def test_accept_taken_on_another_node_names_the_winner(here: Conversing) -> None:
    channel = await here.opened()
    await here.append_elsewhere(
        Append(
            channel=channel,
            sender=OTHER_AGENT.sender,
            name=OTHER_AGENT.name,
            key=new_key(),
            kind="accept",
            data=b"{}",
            id="elsewhere",
            at=0,
            advances=True,
            expect=1,
        )
    )
    lost = await refusal(here.send(AGENT, channel, "accept", {}, expect=1))
    assert (lost.code, lost.by) == (ErrorCode.ALREADY_TAKEN, OTHER_AGENT.wire())


async def test_accept_again_with_its_key_gives_the_first_result(here: Conversing) -> None:
    channel = await here.opened()
    key = new_key()
    first, joined = await asyncio.gather(
        *(here.send(AGENT, channel, "accept", {}, expect=1, key=key) for _ in range(2))
    )
    again = await here.send(AGENT, channel, "accept", {}, expect=1, key=key)
    assert [each.duplicate for each in (first, joined, again)] == [False, True, True]
    assert first.entry == joined.entry == again.entry


async def test_stale_accept_is_a_conflict(here: Conversing) -> None:
    channel = await here.opened()
    await here.send(VISITOR, channel, "ask_human", {})
    lost = await refusal(here.send(AGENT, channel, "accept", {}, expect=1))
    assert (lost.code, lost.state_offset) == (ErrorCode.CONFLICT, 2)
    await here.send(AGENT, channel, "accept", {}, expect=2)


async def test_answer_never_follows_accept(here: Conversing) -> None:
    channel = await here.opened()
    data = {"question": 1, "answer": "hours", "text": "Nine to five", "score": 0.9}
    outcomes = await asyncio.gather(
        here.send(AGENT, channel, "accept", {}, expect=1),
        here.send(RESPONDER, channel, "answer", data, expect=1),
        return_exceptions=True,
    )
    assert isinstance(outcomes[1], RefusedError)
    assert outcomes[1].code is ErrorCode.CONFLICT
    late = await refusal(here.send(RESPONDER, channel, "answer", data, expect=2))
    assert late.code is ErrorCode.WRONG_STATE
    assert "answer" not in [entry.kind for entry in await here.entries(channel)]


# --- the state decides ------------------------------------------------------------------------


async def test_message_to_a_closed_conversation_is_refused_until_it_is_reopened(
    here: Conversing,
) -> None:
    channel = await accepted(here)
    closing = here.send(AGENT, channel, "close", {}, expect=2)
    late = await refusal(here.say(VISITOR, channel, "Wait"))
    await closing
    assert late.code is ErrorCode.WRONG_STATE
    await here.send(VISITOR, channel, "reopen", {}, expect=3)
    assert (await here.now(channel)).state is State.WITH_AGENT
    assert (await here.now(channel)).agent == AGENT.wire()
    await here.say(VISITOR, channel, "I am back")


async def test_agents_message_never_follows_a_transfer_it_did_not_see(here: Conversing) -> None:
    channel = await accepted(here)
    await here.append_elsewhere(
        Append(
            channel=channel,
            sender=AGENT.sender,
            name=AGENT.name,
            key=new_key(),
            kind="transfer",
            data=b'{"agent":"bo"}',
            id="elsewhere",
            at=0,
            advances=True,
            expect=2,
        )
    )
    outcomes = await asyncio.gather(
        *(here.say(AGENT, channel, text) for text in "abc"), return_exceptions=True
    )
    assert [each.code for each in outcomes if isinstance(each, RefusedError)] == [
        ErrorCode.FORBIDDEN
    ] * 3
    assert (await here.entries(channel))[-1].kind == "transfer"


async def test_pipelined_accept_and_message_are_decided_in_turn(here: Conversing) -> None:
    channel = await here.opened()
    await asyncio.gather(
        here.send(AGENT, channel, "accept", {}, expect=1), here.say(AGENT, channel, "Hello")
    )
    assert [entry.kind for entry in await here.entries(channel)] == ["message", "accept", "message"]


async def test_nothing_is_refused_for_a_state_that_is_over(here: Conversing) -> None:
    """What another node stored is known to its author before this node has heard of it."""
    channel = await here.opened()
    await here.append_elsewhere(
        Append(
            channel=channel,
            sender=AGENT.sender,
            name=AGENT.name,
            key=new_key(),
            kind="accept",
            data=b"{}",
            id="elsewhere",
            at=0,
            advances=True,
            expect=1,
        )
    )
    said = [here.say(AGENT, channel, text) for text in "abc"]
    wrong = here.send(AGENT, channel, "message", {"text": ""})
    await asyncio.gather(*said, here.send(AGENT, channel, "transfer", {"team": "x"}, expect=2))
    assert (await refusal(wrong)).code is ErrorCode.BAD_DATA
    assert await texts(here, channel) == ["Hello", "a", "b", "c"]
    assert await here.now(channel) == await here.fresh(channel)


async def test_expect_that_a_client_gives_freely_holds(here: Conversing) -> None:
    channel = await accepted(here)
    refused = await refusal(here.say(VISITOR, channel, "On 1", expect=1))
    assert (refused.code, refused.state_offset) == (ErrorCode.CONFLICT, 2)


# --- keys -------------------------------------------------------------------------------------


async def test_used_key_gives_the_first_result_whatever_changed_since(here: Conversing) -> None:
    channel = await accepted(here)
    key = new_key()
    first = await here.say(AGENT, channel, "Hello", key=key)
    await here.send(AGENT, channel, "transfer", {"team": "sales"}, expect=2)
    transferred = await here.say(AGENT, channel, "Hello", key=key)
    await here.send(VISITOR, channel, "close", {}, expect=4)
    other_kind = await here.send(AGENT, channel, "rate", {"bad": "data"}, key=key)
    assert transferred.entry == other_kind.entry == first.entry
    assert transferred.duplicate
    assert other_kind.duplicate


async def test_refused_key_is_free(here: Conversing) -> None:
    channel = await here.opened()
    key = new_key()
    bad = await refusal(here.send(VISITOR, channel, "message", {"text": ""}, key=key))
    assert bad.code is ErrorCode.BAD_DATA
    assert not (await here.say(VISITOR, channel, "Better", key=key)).duplicate


# --- order ------------------------------------------------------------------------------------


async def texts(here: Conversing, channel: str) -> list[str]:
    said = [entry for entry in await here.entries(channel) if entry.kind == "message"]
    return [entry.data.decode()[len('{"text":"') : -2] for entry in said]


async def test_order_holds_while_the_conversation_is_loaded(place: LogPlace) -> None:
    async with conversing(place) as before:
        channel = await before.opened()
    async with conversing(place) as here:
        first = [here.say(VISITOR, channel, f"{n}") for n in range(10)]
        assert here.service.peek(channel.partition(":")[2]) is None
        await first[0]
        second = [here.say(VISITOR, channel, f"{n}") for n in range(10, 20)]
        await asyncio.gather(*first, *second)
        assert await texts(here, channel) == ["Hello", *(f"{n}" for n in range(20))]


async def test_order_holds_when_the_state_changes_on_another_node(here: Conversing) -> None:
    channel = await here.opened()
    sent = []
    for turn in range(8):
        sent += [here.say(VISITOR, channel, f"{turn}.{n}") for n in range(3)]
        elsewhere = Append(
            channel=channel,
            sender=SERVER.sender,
            name=None,
            key=new_key(),
            kind="of_a_later_release",
            data=b"{}",
            id=f"elsewhere{turn}",
            at=0,
            advances=True,
        )
        moved = asyncio.ensure_future(here.append_elsewhere(elsewhere))
        await asyncio.sleep(0)
        sent += [here.say(VISITOR, channel, f"{turn}.{n}") for n in range(3, 6)]
        await moved
    await asyncio.gather(*sent)
    expected = [f"{turn}.{n}" for turn in range(8) for n in range(6)]
    assert await texts(here, channel) == ["Hello", *expected]
    assert await here.now(channel) == await here.fresh(channel)


async def test_desk_and_conversation_share_permissions_not_logs(here: Conversing) -> None:
    channel = await here.opened()
    desk = channel.replace("conversation:", "desk:")
    noted = await here.send(AGENT, desk, "note", {"text": "Be kind"})
    assert (noted.entry.channel, noted.entry.offset) == (desk, 1)
    assert (await refusal(here.send(VISITOR, desk, "note", {"text": "?"}))).code is (
        ErrorCode.NOT_FOUND
    )
    nowhere = await refusal(here.send(AGENT, "desk:nowhere", "note", {"text": "?"}))
    assert nowhere.code is ErrorCode.NOT_FOUND
    assert len(await here.entries(channel)) == 1


async def test_inbox_is_written_by_the_server_only(here: Conversing) -> None:
    refused = await refusal(here.send(AGENT, "inbox:default", "conversation", {}))
    assert refused.code in {ErrorCode.FORBIDDEN, ErrorCode.BAD_DATA}


async def test_apps_write_with_the_scope_only(here: Conversing) -> None:
    may = Principal(kind="app", id="till", scopes=frozenset({"app:orders:publish"}))
    may_not = Principal(kind="app", id="spy", scopes=frozenset({"app:orders:read"}))
    await here.send(may, "app:orders", "order.paid", {"n": 1})
    refused = await refusal(here.send(may_not, "app:orders", "order.paid", {"n": 2}))
    assert refused.code is ErrorCode.FORBIDDEN


# --- memory and stopping ----------------------------------------------------------------------


async def test_few_conversations_in_memory_are_enough(place: LogPlace) -> None:
    async with conversing(place, capacity=2) as here:
        channels = [await here.opened() for _ in range(8)]
        await asyncio.gather(
            *(here.say(VISITOR, channel, f"{n}") for n in range(5) for channel in channels)
        )
        for channel in channels:
            assert await texts(here, channel) == ["Hello", "0", "1", "2", "3", "4"]
            assert await here.now(channel) == await here.fresh(channel)


async def test_what_waits_is_bounded(place: LogPlace) -> None:
    async with conversing(place) as before:
        channel = await before.opened()
    async with conversing(place, most_waiting=3) as here:
        outcomes = [here.say(VISITOR, channel, f"{n}") for n in range(5)]
        done = await asyncio.gather(*outcomes, return_exceptions=True)
        refused = [each for each in done if isinstance(each, RefusedError)]
        assert [each.code for each in refused] == [ErrorCode.UNAVAILABLE] * 2
        assert all(each.retry_after for each in refused)
        assert await texts(here, channel) == ["Hello", "0", "1", "2"]


async def test_stopping_refuses_and_keeps_what_is_in_flight(here: Conversing) -> None:
    channel = await here.opened()
    in_flight = here.say(VISITOR, channel, "Just in time")
    here.service.refuse_all()
    late = await refusal(here.say(VISITOR, channel, "Too late"))
    assert late.code is ErrorCode.SHUTTING_DOWN
    assert (await in_flight).entry.offset == 2


async def test_those_who_wait_when_the_service_stops_are_told(place: LogPlace) -> None:
    async with conversing(place) as here:
        channel = await here.opened()
    async with conversing(place) as here:
        waiting = here.say(VISITOR, channel, "Anybody?")
        reading = asyncio.ensure_future(here.service.conversation("nobody-reads-this"))
        await asyncio.sleep(0)
    outcomes = await asyncio.gather(waiting, reading, return_exceptions=True)
    assert all(not isinstance(each, asyncio.CancelledError) for each in outcomes)


async def test_full_conversation_is_told_so_and_can_still_be_closed(here: Conversing) -> None:
    channel = await here.opened()
    key = new_key()
    await here.say(VISITOR, channel, "Second", key=key)
    for start in range(2, 9_999, 2_000):
        size = min(2_000, 9_999 - start)
        await asyncio.gather(*(here.say(VISITOR, channel, "x") for _ in range(size)))
    assert (await refusal(here.say(VISITOR, channel, "x"))).code is ErrorCode.LOG_FULL
    assert (await here.say(VISITOR, channel, "Second", key=key)).duplicate
    closed = await here.send(VISITOR, channel, "close", {}, expect=1)
    assert closed.entry.offset == 10_000
    reopening = here.send(VISITOR, channel, "reopen", {}, expect=10_000)
    assert (await refusal(reopening)).code is ErrorCode.LOG_FULL


async def test_a_conversation_that_fills_while_it_is_answered_can_still_be_closed(
    here: Conversing,
) -> None:
    def answer(coming: Coming) -> None:
        data = {"question": coming.offset, "answer": None, "score": 0.0}
        coming.reply(RESPONDER, new_key(), "answer", data, lambda _: None)

    here.service.foresight = answer
    channel = await here.opened()
    outcomes: list[Any] = []
    while not any(isinstance(each, RefusedError) for each in outcomes):
        says = [here.say(VISITOR, channel, "x") for _ in range(499)]
        outcomes = await asyncio.gather(*says, return_exceptions=True)
    closed = await here.send(VISITOR, channel, "close", {}, expect=1)
    assert closed.entry.kind == "close"
    beginning = (await here.log.read(channel, after=0, limit=2)).entries
    assert [entry.kind for entry in beginning] == ["message", "answer"]


async def test_the_last_question_has_its_reply_though_that_takes_a_while(here: Conversing) -> None:
    here.service.foresight = lambda _coming: None
    channel = await here.opened()
    for _ in range(4):
        says = [here.say(VISITOR, channel, "x") for _ in range(2_500)]
        await asyncio.gather(*says, return_exceptions=True)
    data = {"question": 9_998, "answer": None, "score": 0.0}
    replied = await here.send(RESPONDER, channel, "answer", data, expect=1)
    assert replied.entry.offset == 9_999
    assert (await refusal(here.say(VISITOR, channel, "x"))).code is ErrorCode.LOG_FULL
    closed = await here.send(VISITOR, channel, "close", {}, expect=1)
    assert closed.entry.offset == 10_000


class OnlyBo:
    """A directory of one agent."""

    def check_target(self, data: Mapping[str, Any]) -> None:
        if data.get("agent") != OTHER_AGENT.id:
            raise RefusedError(ErrorCode.BAD_DATA, "agent: there is no such agent")


async def test_conversation_is_handed_to_those_who_exist_only(place: LogPlace) -> None:
    async with conversing(place, targets=OnlyBo()) as here:
        channel = await here.opened()
        await here.send(AGENT, channel, "accept", {}, expect=1)
        nobody = here.send(AGENT, channel, "transfer", {"agent": "nobody"}, expect=2)
        assert (await refusal(nobody)).code is ErrorCode.BAD_DATA
        guessed = here.send(VISITOR, channel, "transfer", {"agent": "nobody"}, expect=2)
        assert (await refusal(guessed)).code is ErrorCode.FORBIDDEN
        bo = here.send(AGENT, channel, "transfer", {"agent": OTHER_AGENT.id}, expect=2)
        assert (await bo).entry.offset == 3
        assert (await here.say(OTHER_AGENT, channel, "Hello")).entry.offset == 4


# --- when the log is away -----------------------------------------------------------------------


async def test_conversation_that_cannot_be_read_now_can_be_later(
    place: LogPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with conversing(place) as before:
        channel = await before.opened()
    async with conversing(place) as here:

        async def away(*_args: object, **_options: object) -> None:
            raise LogUnavailableError("not now")

        with monkeypatch.context() as patch:
            patch.setattr(here.log, "read", away)
            reading = asyncio.ensure_future(here.service.conversation(channel.partition(":")[2]))
            outcomes = [here.say(VISITOR, channel, text) for text in "ab"]
            done = await asyncio.gather(reading, *outcomes, return_exceptions=True)
        assert [each.code for each in done if isinstance(each, RefusedError)] == [
            ErrorCode.UNAVAILABLE
        ] * 3
        await here.say(VISITOR, channel, "c")
        assert await texts(here, channel) == ["Hello", "c"]


async def test_what_follows_something_refused_for_now_waits_for_it(
    here: Conversing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of a sender overtakes what the same sender is to send again."""
    channel = await here.opened()
    accepting = here.send(AGENT, channel, "accept", {}, expect=1)
    behind = [here.say(who, channel, "x") for who in (VISITOR, VISITOR, AGENT)]

    def full(*_args: object) -> None:
        raise LogUnavailableError("full")

    with monkeypatch.context() as patch:
        patch.setattr(here.commit, "submit", full)
        await accepting
    codes = [(await refusal(each)).code for each in behind]
    assert codes == [ErrorCode.UNAVAILABLE, ErrorCode.RETRY_LATER, ErrorCode.UNAVAILABLE]
