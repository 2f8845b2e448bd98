"""Bounds: connections, headers, times, rates, slow and silent peers."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from typing import cast

import pytest

from straks.edge.limits import Rate
from straks.edge.websocket import WebSocket
from straks_protocol import CloseCode
from tests.support.edge_server import EdgeServer, serving
from tests.support.raw_socket import Closed, RawSocket, get

FAST = Rate(100_000, 100_000)


async def until(condition: object, *arguments: object) -> None:
    """Wait until something holds."""
    assert callable(condition)
    while not condition(*arguments):
        await asyncio.sleep(0.01)


# --- connections ---


@serving(max_connections_per_address=2, limit_loopback=True)
async def test_an_address_has_so_many_connections(server: EdgeServer) -> None:
    first = await server.visitor()
    await server.visitor()
    with pytest.raises(Closed) as refused:
        await server.connect()
    assert (refused.value.code, refused.value.reason) == (503, "5")
    await first.close()
    await until(lambda: server.context.connections == 1)
    await server.visitor()


@serving(max_connections_per_address=1, limit_loopback=True, trusted_proxies=("127.0.0.1",))
async def test_behind_a_proxy_the_forwarded_address_counts(server: EdgeServer) -> None:
    await server.visitor(headers="X-Forwarded-For: 203.0.113.9, 198.51.100.1\r\n")
    await server.visitor(headers="X-Forwarded-For: 203.0.113.9, 198.51.100.2\r\n")
    with pytest.raises(Closed) as refused:
        await server.connect(headers="X-Forwarded-For: 192.0.2.1, 198.51.100.1\r\n")
    assert refused.value.code == 503


@serving(max_connections=3)
async def test_there_are_so_many_connections_in_all(server: EdgeServer) -> None:
    for _ in range(3):
        await server.visitor()
    with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
        with pytest.raises(Closed) as refused:
            await server.connect()
        assert refused.value.code == 503
    assert server.context.connections <= 4
    await server.opened[0].close()
    await until(lambda: server.context.connections == 2)
    await server.visitor()


@serving(hello_rate=Rate(0.01, 2), limit_loopback=True)
async def test_hellos_of_an_address_are_limited(server: EdgeServer) -> None:
    await server.visitor()
    await server.visitor()
    socket = await server.connect()
    error = await socket.request("hello")
    assert error["code"] == "rate_limited"
    assert error["retry_after"] > 1
    assert (await socket.closed()).code == 4007


@serving(open_rate=Rate(0.01, 1), limit_loopback=True)
async def test_opened_conversations_of_an_address_are_limited(server: EdgeServer) -> None:
    visitor = await server.visitor()
    await visitor.open()
    error = await visitor.request("open", key=str(uuid.uuid4()), data={"text": "again"})
    assert error["code"] == "rate_limited"


@serving()
async def test_nothing_of_a_connection_stays_behind(server: EdgeServer) -> None:
    visitor = await server.visitor()
    channel = await visitor.open()
    await visitor.request("subscribe", channel=channel)
    await visitor.close()
    context = server.context
    await until(lambda: not context.sockets)
    assert context.connections == 0
    assert len(context.addresses) == 0
    assert server.hub.subscribers(channel) == ()
    assert all(not slot for slot in context.wheel._slots)


# --- headers ---


@serving()
async def test_plain_requests_go_to_the_application(server: EdgeServer) -> None:
    request = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    status, _, reader, writer = await get(server.port, request)
    assert status == 200
    assert await reader.readexactly(2) == b"ok"
    body = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100_000
    for data in (request, body, request):
        writer.write(data)
        assert b" 200 " in await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(2)
    writer.close()


@pytest.mark.parametrize("size", [17_000, 500_000])
@serving()
async def test_headers_have_16_kib(server: EdgeServer, size: int) -> None:
    head = b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * size
    status, _, reader, writer = await get(server.port, head)
    assert status == 431
    assert await reader.read() != b""
    writer.close()
    status, _, _, writer = await get(
        server.port, b"GET / HTTP/1.1\r\nX-Long: " + b"x" * 15_000 + b"\r\n\r\n"
    )
    assert status == 200
    writer.close()


@serving()
async def test_many_small_headers_are_too_much_as_well(server: EdgeServer) -> None:
    head = b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 100_000
    status, _, _, writer = await get(server.port, head)
    assert status == 431
    writer.close()


@serving()
async def test_endless_trailers_are_too_much_as_well(server: EdgeServer) -> None:
    request = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: "
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    with contextlib.suppress(ConnectionError):
        writer.write(request)
        for _ in range(100):
            writer.write(b"x" * 10_000)
            await writer.drain()
        await reader.read()
    writer.close()
    await until(lambda: server.context.connections == 0)


@serving(header_seconds=0.3)
async def test_headers_must_come_in_time_however_they_trickle(server: EdgeServer) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"GET / HTTP/1.1\r\n")

    async def trickle() -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                writer.write(b"A: b\r\n")
                await asyncio.sleep(0.05)

    trickling = asyncio.create_task(trickle())
    assert b" 408 " in await reader.readuntil(b"\r\n\r\n")
    trickling.cancel()
    writer.close()


@serving(header_seconds=0.3)
async def test_a_connection_that_says_nothing_is_closed(server: EdgeServer) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    assert await reader.read() == b""
    writer.close()


@serving()
async def test_what_is_not_http_gets_400(server: EdgeServer) -> None:
    status, _, _, writer = await get(server.port, b"\x16\x03\x01\x00\xa5\x01\x00\x00\r\n\r\n")
    assert status == 400
    writer.close()


# --- times ---


@serving(hello_seconds=0.3)
async def test_without_hello_the_connection_closes_with_4003(server: EdgeServer) -> None:
    socket = await server.connect()
    assert (await socket.closed()).code == 4003
    assert socket.skipped[0]["code"] == "hello_required"


@serving(heartbeat=0.3)
async def test_a_half_open_peer_is_found_and_a_lively_one_kept(server: EdgeServer) -> None:
    silent, lively = await server.visitor(), await server.visitor()
    silent.answers_pings = False
    listening = asyncio.create_task(lively.closed())
    assert (await silent.closed()).code == 4001
    await until(lambda: len(server.context.sockets) == 1)
    assert not listening.done()
    lively.send("ask", id=99, text="alive")
    await until(lambda: any(m.get("id") == 99 for m in lively.skipped))
    listening.cancel()


@serving(close_seconds=0.2)
async def test_a_peer_that_ignores_our_close_is_dropped(server: EdgeServer) -> None:
    socket = await server.connect()
    await socket.request("hello", token="forged")
    assert (await socket.closed()).code == 4501
    assert await socket.reader.read() == b""
    await until(lambda: not server.context.sockets)


# --- rates and order ---


@serving(publish_rate=Rate(4, 2))
async def test_a_refused_publish_holds_up_what_follows_it(server: EdgeServer) -> None:
    opener = await server.visitor()
    channel = await opener.open()
    visitor = await server.visitor(opener.welcome["token"])  # with all that it may publish
    keys = [str(uuid.uuid4()) for _ in range(5)]
    publishes = [
        {
            "type": "publish",
            "id": n + 100,
            "channel": channel,
            "key": key,
            "kind": "message",
            "data": {"text": str(n)},
        }
        for n, key in enumerate(keys)
    ]
    visitor.write(b"".join(visitor.frame_of(publish) for publish in publishes))
    replies = [await visitor.reply(n + 100) for n in range(5)]
    assert [r.get("code", "ok") for r in replies] == [
        "ok",
        "ok",
        "rate_limited",
        "retry_later",
        "retry_later",
    ]
    assert all(r["retry_after"] > 0 for r in replies[2:])
    for n in (2, 3, 4):
        while True:
            reply = await visitor.publish(channel, key=keys[n], data={"text": str(n)})
            if reply["type"] == "published":
                break
            await asyncio.sleep(reply["retry_after"])
    page = await visitor.request("history", channel=channel, after=1)
    assert [e["data"]["text"] for e in page["entries"]] == ["0", "1", "2", "3", "4"]


@serving(signal_rate=Rate(1, 2), ask_rate=Rate(0.01, 1), read_rate=Rate(0.01, 1))
async def test_other_requests_are_limited_too(server: EdgeServer) -> None:
    visitor = await server.visitor()
    await visitor.request("ask", text="a")
    assert (await visitor.request("ask", text="a"))["code"] == "rate_limited"
    await visitor.request("presence", channel="conversation:x")
    error = await visitor.request("presence", channel="conversation:x")
    assert error["code"] == "rate_limited"


# --- slow consumers ---


async def _say(talker: RawSocket, channel: str, count: int) -> None:
    for start in range(0, count, 50):
        ids = [talker.next_id() for _ in range(start, min(start + 50, count))]
        for request_id in ids:
            talker.send(
                "publish",
                id=request_id,
                channel=channel,
                key=str(uuid.uuid4()),
                kind="message",
                data={"text": "x" * 9_000},
            )
        for request_id in ids:
            assert (await talker.reply(request_id))["type"] == "published"


@serving(publish_rate=FAST)
async def test_a_reader_too_slow_for_its_backlog_is_told_to_resync(server: EdgeServer) -> None:
    visitor = await server.visitor()
    slow = await server.visitor(visitor.welcome["token"])
    healthy = await server.visitor(visitor.welcome["token"])
    channel = await visitor.open()
    for socket in (slow, healthy):
        assert (await socket.request("subscribe", channel=channel))["type"] == "subscribed"
    # Large enough to fill the kernel's buffers and ours.
    said = asyncio.create_task(_say(visitor, channel, 1500))
    offsets = [(await healthy.wait("entry"))["entry"]["offset"] for _ in range(1500)]
    assert offsets == list(range(2, 1502))
    await said
    got = []
    while (message := await slow.recv())["type"] != "unsubscribed":
        if message["type"] == "entry":
            got.append(message["entry"])
    assert message == {"type": "unsubscribed", "channel": channel, "code": "resync"}
    assert [entry["offset"] for entry in got] == list(range(2, len(got) + 2))
    position = {"offset": got[-1]["offset"], "id": got[-1]["id"]}
    page = await slow.request("subscribe", channel=channel, after=position)
    assert page["recovered"] is True
    assert page["entries"][0]["offset"] == got[-1]["offset"] + 1


@serving(
    read_rate=FAST,
    requests=100_000,
    mailbox_bytes=100_000,
    publish_rate=FAST,
    close_seconds=60,
)
async def test_a_peer_that_asks_but_never_reads_is_closed_with_4002(server: EdgeServer) -> None:
    visitor = await server.visitor()
    channel = await visitor.open()
    await _say(visitor, channel, 20)
    others = set(server.context.sockets)
    asker = await server.visitor(visitor.welcome["token"])
    (socket,) = set(server.context.sockets) - others
    for request_id in range(100, 600):
        asker.send("history", id=request_id, channel=channel)
    # Reads nothing until it is given up: the replies are more than any kernel's buffers hold.
    await until(lambda: cast("WebSocket", socket).session.ended)
    assert (await asker.closed()).code == 4002


# --- sign-out ---


@serving()
async def test_signing_out_closes_the_sessions_sockets(server: EdgeServer) -> None:
    agent = await server.agent()
    other = await server.agent("Bo")
    (session,) = (
        principal.session
        for principal in (cast("WebSocket", s).session.principal for s in server.context.sockets)
        if principal.id == "anna"
    )
    assert session is not None
    server.hub.close_session(session, CloseCode.SIGNED_OUT)
    assert (await agent.closed()).code == 4503
    assert (await other.request("ask", text="x"))["type"] == "answers"
