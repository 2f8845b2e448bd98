"""The client against a real socket: it asks, publishes, reads, and says what happened."""

from __future__ import annotations

import asyncio

import pytest

from straks_client import (
    ClosedError,
    RefusedError,
)
from straks_protocol import (
    START,
    Entry,
    Error,
    LocalProtocolError,
    OutboxFullError,
    Principal,
    Publish,
    Read,
    SignalPush,
    Unsubscribed,
)
from tests.support.joining import ROOM, join, said, say, take
from tests.support.small_server import SmallServer, eventually


@pytest.mark.parametrize("codec", ["json", "msgpack"])
async def test_a_visitor_asks_and_reads(server: SmallServer, codec: str) -> None:
    async with join(server, codec=codec) as client:
        assert client.principal.kind == "visitor"
        assert client.token is not None
        opened = await client.open("hello", page={"url": "https://a/b"}, lang="sv")
        published = await client.publish(opened.channel, "message", {"text": "again"})
        assert (opened.offset, published.offset) == (1, 2)
        page = await client.history(opened.channel, after=0)
        assert [entry.data["text"] for entry in page.entries] == ["hello", "again"]
        assert (await client.presence(opened.channel)).available
        assert [answer.title for answer in await client.ask("hours?")] == ["hours?"]


async def test_a_subscription_begins_with_the_latest_page_and_goes_on(server: SmallServer) -> None:
    for number in range(8):
        server.store(ROOM, str(number))
    async with join(server) as client, join(server) as other:
        events = client.subscribe(ROOM)
        assert said(await take(events, 5)) == ["3", "4", "5", "6", "7"]
        await say(client, "own")
        await say(other, "other's")
        own, others = await take(events, 2)
        assert said([own, others]) == ["own", "other's"]
        assert isinstance(own, Entry)
        assert isinstance(others, Entry)
        assert own.key is not None
        assert others.key is None


async def test_a_subscription_from_the_start_reads_page_by_page(server: SmallServer) -> None:
    for number in range(23):
        server.store(ROOM, str(number))
    async with join(server) as client:
        events = client.subscribe(ROOM, after=START)
        assert said(await take(events, 23)) == [str(number) for number in range(23)]
        await say(client, "live")
        assert said(await take(events, 1)) == ["live"]


async def test_order_holds_when_the_server_refuses_for_now(server: SmallServer) -> None:
    server.refuse += [
        Error(code="rate_limited", message="slower", retry_after=0.02),
        Error(code="unavailable", message="not now", retry_after=0.01),
    ]
    async with join(server) as client, asyncio.TaskGroup() as tasks:
        for number in range(20):
            tasks.create_task(say(client, str(number)))
    assert server.texts(ROOM) == [str(number) for number in range(20)]


async def test_what_is_refused_for_good_says_why(server: SmallServer) -> None:
    who = Principal(kind="agent", id="bo", name="Bo")
    server.refuse.append(Error(code="already_taken", message="Bo has it", by=who, state_offset=3))
    async with join(server) as client:
        with pytest.raises(RefusedError, match="Bo has it") as caught:
            await say(client, "x")
        assert (caught.value.by, caught.value.state_offset) == (who, 3)
        await say(client, "y")
    assert server.texts(ROOM) == ["y"]


async def test_a_channel_that_is_not_ones_own_ends_its_iterator(server: SmallServer) -> None:
    async with join(server) as client:
        with pytest.raises(RefusedError, match="not_found"):
            await take(client.subscribe("app:foreign"), 1)
        server.logs["app:foreign"] = [server.store(ROOM, "now mine")]
        assert said(await take(client.subscribe("app:foreign"), 1)) == ["now mine"]


async def test_a_gap_in_the_pushes_is_filled(server: SmallServer) -> None:
    async with join(server) as client:
        events = client.subscribe(ROOM)
        await say(client, "one")
        server.store(ROOM, "two, never pushed")
        await server.deliver(ROOM, server.store(ROOM, "three"))
        assert said(await take(events, 3)) == ["one", "two, never pushed", "three"]
        assert len(server.hellos) == 1


async def test_a_resync_is_followed_and_a_lost_permission_ends_it(server: SmallServer) -> None:
    async with join(server) as client:
        events = client.subscribe(ROOM)
        await say(client, "one")
        await take(events, 1)
        (visit,) = server.visits
        visit.channels.clear()
        server.store(ROOM, "two")
        await visit.say(Unsubscribed(channel=ROOM, code="resync"))
        assert said(await take(events, 1)) == ["two"]
        await visit.say(Unsubscribed(channel=ROOM, code="forbidden"))
        with pytest.raises(RefusedError, match="forbidden"):
            await take(events, 1)


async def test_an_iterator_that_is_closed_ends_after_what_waits(server: SmallServer) -> None:
    server.store(ROOM, "one")
    async with join(server) as client:
        events = client.subscribe(ROOM)
        await eventually(lambda: events.live)
        with pytest.raises(ValueError, match="already"):
            client.subscribe(ROOM)
        events.close()
        assert said([event async for event in events]) == ["one"]
        await eventually(lambda: not server.visits[0].channels)
        assert said(await take(client.subscribe(ROOM), 1)) == ["one"]


async def test_signals_and_the_like_come_where_they_are_wanted(server: SmallServer) -> None:
    async with join(server) as client, join(server, token="agent:ann") as agent:
        events = client.subscribe(ROOM, pushes=True)
        await eventually(lambda: events.live)
        agent.signal(ROOM, "typing", {"on": True})
        (push,) = await take(events, 1)
        assert push == SignalPush(
            channel=ROOM,
            sender=Principal(kind="agent", id="ann"),
            kind="typing",
            data={"on": True},
        )


async def test_what_cannot_be_written_is_refused_at_once(server: SmallServer) -> None:
    async with join(server, outbox_capacity=1) as client:
        with pytest.raises(LocalProtocolError, match="data"):
            await client.publish(ROOM, "message", {"x": float("nan")})
        server.silent = True
        waiting = asyncio.create_task(say(client, "x"))
        await eventually(lambda: client.unacknowledged == 1)
        with pytest.raises(OutboxFullError):
            await say(client, "y")
    with pytest.raises(ClosedError):
        await waiting


async def test_a_cancelled_publish_is_still_settled(server: SmallServer) -> None:
    async with join(server) as client:
        server.silent = True
        waiting = asyncio.create_task(say(client, "x"))
        await eventually(lambda: client.unacknowledged == 1)
        waiting.cancel()
        server.silent = False
        await server.cut()
        await eventually(lambda: client.unacknowledged == 0)
    assert server.texts(ROOM) == ["x"]


async def test_everything_is_sent_by_one_task_in_the_order_it_was_wanted(
    server: SmallServer,
) -> None:
    async with join(server) as client:
        (visit,) = server.visits
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(say(client, "x"))
            client.read(ROOM, 1)
        await eventually(lambda: any(isinstance(message, Read) for message in visit.heard))
        assert any(isinstance(message, Publish) for message in visit.heard)
