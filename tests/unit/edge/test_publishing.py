"""None overtakes a publish that was refused for now."""

from __future__ import annotations

import pytest

from straks.conversation.errors import RefusedError
from straks.edge.limits import Rate
from straks.edge.publishing import MOST_HELD, Publishing
from straks_protocol import CloseCode, ErrorCode, Open, Publish
from tests.unit.edge.parts import Spoken, Writer, made_context

A, B = "conversation:a", "conversation:b"


def message(number: int, channel: str = A, key: str | None = None) -> Publish:
    return Publish(
        id=number, channel=channel, key=key or f"k{number}", kind="message", data={"text": "Hej"}
    )


async def refusal(publishing: Publishing, of: Publish | Open) -> ErrorCode:
    with pytest.raises(RefusedError) as refused:
        publishing.publish(of) if isinstance(of, Publish) else publishing.open(of)
    return refused.value.code


async def test_replies_say_where_each_entry_is() -> None:
    writer = Writer()
    session = Spoken(made_context(writer))
    here = Publishing(session)
    here.open(Open(id=1, key="k1", data={"text": "Hej"}))
    here.publish(message(2))
    writer.store()
    writer.store()
    where = {"offset": 7, "entry_id": "e7", "duplicate": False}
    assert session.replies == [
        {"type": "opened", "id": 1, "channel": "conversation:new", **where},
        {"type": "published", "id": 2, "channel": A, **where},
    ]


async def test_after_a_refusal_for_now_only_the_refused_one_may_go_on() -> None:
    writer = Writer()
    session = Spoken(made_context(writer))
    here = Publishing(session)
    here.publish(message(1))
    writer.refuse(ErrorCode.UNAVAILABLE)
    assert session.refused == [(1, ErrorCode.UNAVAILABLE)]
    assert await refusal(here, message(2)) is ErrorCode.RETRY_LATER
    here.publish(message(3, B))  # another channel goes on
    here.publish(message(4, key="k1"))
    assert await refusal(here, message(5)) is ErrorCode.RETRY_LATER  # not settled yet
    writer.store()
    writer.store()
    here.publish(message(6))
    assert [channel for channel, _, _ in writer.waiting] == [A]


async def test_a_refusal_for_good_holds_nothing_up() -> None:
    writer = Writer()
    session = Spoken(made_context(writer))
    here = Publishing(session)
    here.publish(message(1))
    writer.refuse(ErrorCode.UNAVAILABLE)
    here.publish(message(2, key="k1"))
    writer.refuse(ErrorCode.FORBIDDEN)
    here.publish(message(3))
    assert len(writer.waiting) == 1


async def test_what_fails_by_our_fault_holds_its_channel_too() -> None:
    writer = Writer()
    here = Publishing(Spoken(made_context(writer)))
    writer.broken = True
    with pytest.raises(ZeroDivisionError):
        here.publish(message(1))
    writer.broken = False
    assert await refusal(here, message(2)) is ErrorCode.RETRY_LATER
    here.publish(message(3, key="k1"))


async def test_unanswered_publishes_are_bounded() -> None:
    writer = Writer()
    here = Publishing(Spoken(made_context(writer, publishes=2)))
    here.publish(message(1))
    here.publish(message(2, B))
    assert await refusal(here, message(3, B)) is ErrorCode.TOO_MANY_REQUESTS
    writer.store()
    assert await refusal(here, message(4, B)) is ErrorCode.RETRY_LATER
    here.publish(message(5, B, key="k3"))


async def test_a_draining_server_takes_nothing() -> None:
    context = made_context()
    here = Publishing(Spoken(context))
    context.draining = True
    assert await refusal(here, message(1)) is ErrorCode.SHUTTING_DOWN
    assert await refusal(here, Open(id=2, key="k", data={})) is ErrorCode.SHUTTING_DOWN


async def test_one_address_opens_so_many_conversations() -> None:
    context = made_context(open_rate=Rate(1, 2))
    counted, free = Publishing(Spoken(context, "192.0.2.1")), Publishing(Spoken(context))
    for number in range(1, 3):
        counted.open(Open(id=number, key=f"k{number}", data={}))
    assert await refusal(counted, Open(id=3, key="k3", data={})) is ErrorCode.RATE_LIMITED
    free.open(Open(id=4, key="k4", data={}))


async def test_who_is_refused_on_too_many_channels_is_sent_away() -> None:
    context = made_context()
    session = Spoken(context)
    here = Publishing(session)
    context.draining = True
    for number in range(1, MOST_HELD + 2):
        assert session.closed == []
        await refusal(here, message(number, f"conversation:{number}"))
    assert session.closed == [CloseCode.RATE_LIMITED]
