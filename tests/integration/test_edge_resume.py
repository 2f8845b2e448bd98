"""Subscribe, resume, read marks, signals, presence over real sockets."""

from __future__ import annotations

import asyncio
import uuid

from straks.edge.limits import Rate
from tests.support.edge_server import EdgeServer, serving
from tests.support.raw_socket import RawSocket

FAST = Rate(100_000, 100_000)


@serving(publish_rate=FAST, page=10)
async def test_a_subscriber_gets_everything_after_its_position(server: EdgeServer) -> None:
    visitor = await server.visitor()
    channel = await visitor.open()
    replies = [await visitor.publish(channel, data={"text": str(n)}) for n in range(25)]
    position = {"offset": replies[4]["offset"], "id": replies[4]["entry_id"]}
    page = await visitor.request("subscribe", channel=channel, after=position)
    assert page["recovered"] is True
    assert page["more"] is True
    assert [e["offset"] for e in page["entries"]] == list(range(7, 17))
    await visitor.publish(channel)
    assert not server.hub.subscribers(channel)
    rest = await visitor.request("history", channel=channel, after=16)
    last = rest["entries"][-1]
    assert rest["more"] is True
    page = await visitor.request(
        "subscribe", channel=channel, after={"offset": last["offset"], "id": last["id"]}
    )
    assert [e["offset"] for e in page["entries"]] == [27]
    assert page["more"] is False
    assert page["position"]["offset"] == 27


@serving()
async def test_another_id_at_that_offset_is_no_recovery(server: EdgeServer) -> None:
    visitor = await server.visitor()
    channel = await visitor.open()
    for after in ({"offset": 1, "id": "other"}, {"offset": 9, "id": "beyond"}):
        page = await visitor.request("subscribe", channel=channel, after=after)
        assert page["recovered"] is False
        assert [e["offset"] for e in page["entries"]] == [1]


@serving(publish_rate=FAST, read_rate=FAST, reply_bytes=30_000)
async def test_a_page_is_cut_to_a_size_in_bytes(server: EdgeServer) -> None:
    visitor = await server.visitor()
    channel = await visitor.open()
    for n in range(12):
        await visitor.publish(channel, data={"text": f"{n} " + "x" * 9_000})
    latest = await visitor.request("subscribe", channel=channel)
    assert [e["offset"] for e in latest["entries"]] == [11, 12, 13]
    assert latest["more"] is False
    first = latest["entries"][0]["offset"]
    before = await visitor.request("history", channel=channel, before=first)
    assert [e["offset"] for e in before["entries"]] == [8, 9, 10]
    assert before["more"] is True
    offsets, position = [], {"offset": 0, "id": ""}
    while True:
        page = await visitor.request("subscribe", channel=channel, after=position)
        offsets += [e["offset"] for e in page["entries"]]
        position = page["position"]
        if not page["more"]:
            break
    assert offsets == list(range(1, 14))


async def _talk(talker: RawSocket, channel: str, count: int) -> None:
    for n in range(count):
        assert (await talker.publish(channel, data={"text": str(n)}))["type"] == "published"


@serving(publish_rate=FAST, read_rate=FAST)
async def test_subscribing_while_others_write_misses_nothing(server: EdgeServer) -> None:
    visitor = await server.visitor()
    channel = await visitor.open()
    talking = asyncio.create_task(_talk(visitor, channel, 300))
    for _ in range(20):
        joiner = await server.visitor(visitor.welcome["token"])
        page = await joiner.request(
            "subscribe", channel=channel, after={"offset": 0, "id": ""}, limit=100
        )
        offsets = [e["offset"] for e in page["entries"]]
        while not page["more"] and len(offsets) < 100:
            offsets.append((await joiner.wait("entry"))["entry"]["offset"])
        assert offsets == list(range(1, len(offsets) + 1))
        await joiner.close()
    await talking


@serving()
async def test_read_marks_reach_the_others_now_and_later(server: EdgeServer) -> None:
    visitor, agent = await server.visitor(), await server.agent()
    channel = await visitor.open()
    asked = await visitor.publish(channel, "ask_human")
    await agent.publish(channel, "accept", expect=asked["offset"])
    await visitor.request("subscribe", channel=channel)
    await agent.request("subscribe", channel=channel)
    agent.send("read", channel=channel, offset=3)
    mark = await visitor.wait("read")
    assert (mark["from"]["id"], mark["offset"]) == ("anna", 3)
    agent.send("read", channel=channel, offset=99_999)
    again = await server.visitor(visitor.welcome["token"])
    await again.request("subscribe", channel=channel)
    mark = await again.wait("read")
    assert (mark["from"], mark["offset"]) == ({"kind": "agent", "id": "anna"}, 3)


@serving()
async def test_typing_reaches_the_other_side_once_a_tick(server: EdgeServer) -> None:
    visitor, agent = await server.visitor(), await server.agent()
    channel = await visitor.open()
    await visitor.request("subscribe", channel=channel)
    await agent.request("subscribe", channel=channel)
    typing = visitor.frame_of({"type": "signal", "channel": channel, "kind": "typing"})
    visitor.write(typing * 5)
    await visitor.request("ask", text="x")
    signal = await agent.wait("signal")
    assert (signal["kind"], signal["data"]) == ("typing", {"on": True})
    await agent.request("ask", text="x")
    assert [m["type"] for m in agent.skipped].count("signal") == 0
    agent.send("signal", channel=channel, kind="typing")
    assert (await agent.recv())["code"] == "forbidden"


@serving()
async def test_presence_tells_whether_anybody_is_there(server: EdgeServer) -> None:
    visitor = await server.visitor()
    channel = await visitor.open()
    await visitor.request("subscribe", channel=channel)
    push = await visitor.wait("presence")
    assert push["available"] is False
    assert [m["kind"] for m in push["members"]] == ["visitor"]
    agent = await server.agent()
    assert (await visitor.wait("presence"))["available"] is True
    reply = await agent.request("presence", channel=channel)
    assert reply["available"] is True
    assert [m["kind"] for m in reply["members"]] == ["visitor"]


@serving()
async def test_unsubscribe_ends_the_pushes(server: EdgeServer) -> None:
    visitor = await server.visitor()
    channel = await visitor.open()
    await visitor.request("subscribe", channel=channel)
    reply = await visitor.request("unsubscribe", channel=channel)
    assert (reply["type"], reply["channel"]) == ("unsubscribed", channel)
    await visitor.publish(channel)
    assert not any(m["type"] == "entry" for m in visitor.skipped)


@serving()
async def test_the_same_publish_again_is_a_duplicate(server: EdgeServer) -> None:
    visitor = await server.visitor()
    channel = await visitor.open()
    key = str(uuid.uuid4())
    first = await visitor.publish(channel, key=key)
    again = await visitor.publish(channel, key=key)
    assert (first["duplicate"], again["duplicate"]) == (False, True)
    assert first["entry_id"] == again["entry_id"]
    opened = str(uuid.uuid4())
    one = await visitor.request("open", key=opened, data={"text": "a"})
    two = await visitor.request("open", key=opened, data={"text": "a"})
    assert (one["channel"], one["duplicate"]) == (two["channel"], False)
    assert two["duplicate"] is True
