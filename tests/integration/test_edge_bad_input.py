"""What peers do wrong: each has its code, and the connection survives where it can."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.support.edge_server import EdgeServer, serving
from tests.support.raw_socket import Closed, RawSocket, frame

BOTH = pytest.mark.parametrize("subprotocol", ["straks.v1.json", "straks.v1.msgpack"])


async def still_works(socket: RawSocket) -> None:
    answers = await socket.request("ask", text="still there?")
    assert answers["type"] == "answers", answers


def nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(depth):
        value = {"a": value}
    return value


@BOTH
@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"type": "nonsense", "id": 7}, "unknown_type"),
        ({"type": "welcome", "id": 7}, "unknown_type"),
        ({"id": 7}, "bad_field"),
        ({"type": "subscribe", "id": 7}, "bad_field"),
        ({"type": "subscribe", "id": 7, "channel": 5}, "bad_field"),
        ({"type": "subscribe", "id": 7, "channel": "nowhere"}, "bad_field"),
        ({"type": "publish", "id": 7, "channel": "conversation:a", "kind": "x"}, "bad_field"),
        ({"type": "ask", "id": 7, "text": "a" * 10_001}, "too_large"),
        ({"type": "open", "id": 7, "key": str(uuid.UUID(int=1)), "data": nested(9)}, "too_deep"),
        ({"type": "hello", "id": 7}, "hello_twice"),
    ],
)
@serving()
async def test_a_wrong_frame_gets_an_error_with_its_id(
    server: EdgeServer, subprotocol: str, message: dict[str, Any], code: str
) -> None:
    socket = await server.visitor(subprotocol=subprotocol)
    socket.write(socket.frame_of(message))
    error = await socket.recv()
    assert (error["type"], error["code"], error["id"]) == ("error", code, 7)
    await still_works(socket)


@pytest.mark.parametrize("payload", [b"{", b"", b"[]", b"7", b'{"type":"ask"', b"\x00"])
@serving()
async def test_what_is_not_json_is_a_bad_frame(server: EdgeServer, payload: bytes) -> None:
    socket = await server.visitor()
    socket.write(frame(1, payload))
    assert (await socket.recv())["code"] == "bad_frame"
    await still_works(socket)


@pytest.mark.parametrize("payload", [b"\xc1", b"", b"\x93\x01", b"\x07", b"\xc7\x01\x05a"])
@serving()
async def test_what_is_not_messagepack_is_a_bad_frame(server: EdgeServer, payload: bytes) -> None:
    socket = await server.visitor(subprotocol="straks.v1.msgpack")
    socket.write(frame(2, payload))
    assert (await socket.recv())["code"] == "bad_frame"
    await still_works(socket)


@BOTH
@serving()
async def test_the_other_codecs_opcode_is_a_bad_frame(server: EdgeServer, subprotocol: str) -> None:
    socket = await server.visitor(subprotocol=subprotocol)
    socket.write(frame(1 if socket.binary else 2, b"{}"))
    assert (await socket.recv())["code"] == "bad_frame"
    await still_works(socket)


@serving()
async def test_a_bomb_of_brackets_is_too_deep(server: EdgeServer) -> None:
    socket = await server.visitor()
    socket.write(frame(1, b"[" * 60_000))
    assert (await socket.recv())["code"] in {"too_deep", "bad_frame"}
    socket.write(frame(1, b'{"type":' + b"[" * 500 + b"]" * 500 + b"}"))
    assert (await socket.recv())["code"] == "too_deep"
    await still_works(socket)


@serving()
async def test_too_many_bad_frames_in_a_row_close_with_4500(server: EdgeServer) -> None:
    socket = await server.visitor()
    for _ in range(19):
        socket.write(frame(1, b"{"))
    await still_works(socket)
    for _ in range(20):
        socket.write(frame(1, b"{"))
    assert (await socket.closed()).code == 4500


# --- frames ---


@BOTH
@serving()
async def test_fragments_with_control_frames_between_are_one_message(
    server: EdgeServer, subprotocol: str
) -> None:
    socket = await server.visitor(subprotocol=subprotocol)
    data = socket.encode({"type": "ask", "id": 5, "text": "fragmented"})
    opcode = 2 if socket.binary else 1
    for place, byte in enumerate(data):
        last = place == len(data) - 1
        socket.write(frame(opcode if place == 0 else 0, bytes((byte,)), fin=last))
        if place % 7 == 0:
            socket.write(frame(9, b"ping"))
    assert (await socket.reply(5))["type"] == "answers"
    await still_works(socket)


@serving()
async def test_a_ping_is_answered_with_its_payload(server: EdgeServer) -> None:
    socket = await server.visitor()
    socket.write(frame(9, b"are you there"))
    assert await socket.frame() == (10, b"are you there")


@serving()
async def test_many_frames_in_one_segment_are_all_read_in_order(server: EdgeServer) -> None:
    socket = await server.visitor(early=b"")
    segment = b"".join(
        socket.frame_of({"type": "presence", "id": n, "channel": "conversation:none"})
        for n in range(1, 21)
    )
    socket.write(segment[:100])
    await still_works_later(socket, segment[100:])


async def still_works_later(socket: RawSocket, rest: bytes) -> None:
    socket.write(rest)
    seen = [(await socket.recv())["id"] for _ in range(20)]
    assert sorted(seen) == list(range(1, 21))


@serving()
async def test_frames_that_come_with_the_handshake_are_read(server: EdgeServer) -> None:
    hello = frame(1, b'{"type":"hello","id":1}') + frame(1, b'{"type":"ask","id":2,"text":"x"}')
    socket = await server.connect(early=hello)
    assert (await socket.recv())["type"] == "welcome"
    assert (await socket.recv())["type"] == "answers"


@serving()
async def test_what_an_agent_sends_right_after_hello_waits_for_the_welcome(
    server: EdgeServer,
) -> None:
    socket = await server.connect(origin=server.origin)
    token = await server.agent_token()
    socket.write(
        socket.frame_of({"type": "hello", "id": 1, "token": token})
        + socket.frame_of({"type": "ask", "id": 2, "text": "x"})
    )
    assert (await socket.recv())["type"] == "welcome"
    assert (await socket.recv())["type"] == "answers"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (frame(1, b"{}", mask=False), 1002),
        (b"\xc1\x80\x00\x00\x00\x00", 1002),
        (b"\x83\x80\x00\x00\x00\x00", 1002),
        (frame(0, b"x"), 1002),
        (frame(1, b"x", fin=False) + frame(1, b"y"), 1002),
        (frame(1, b'"\xff"'), 1007),
        (frame(1, b"\xe2", fin=False) + frame(0, b"\x28"), 1007),
        (frame(1, b"x" * 65_537), 1009),
        (frame(1, b"x" * 60_000, fin=False) + frame(0, b"x" * 6_000), 1009),
        (b"\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00", 1009),
        (frame(8, b"\x03\xe8bye"), 1000),
    ],
    ids=[
        "not masked", "reserved bit", "reserved kind", "goes on with nothing", "not gone on with",
        "not UTF-8", "not UTF-8 over frames", "too long", "too long over frames",
        "absurdly long", "close",
    ],
)  # fmt: skip
@serving()
async def test_broken_framing_closes_with_its_code(
    server: EdgeServer, data: bytes, code: int
) -> None:
    socket = await server.visitor()
    socket.write(data)
    assert (await socket.closed()).code == code
    assert await socket.reader.read() == b""


@serving()
async def test_a_big_frame_is_read_up_to_the_limit(server: EdgeServer) -> None:
    socket = await server.visitor()
    padding = "x" * 60_000
    request_id = socket.next_id()
    socket.send("ask", id=request_id, text="y", ignored=padding)
    assert (await socket.reply(request_id))["type"] == "answers"


# --- handshake ---


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"subprotocol": None}, 400),
        ({"subprotocol": "chat"}, 400),
        ({"path": "/v1/other"}, 404),
        ({"path": "/v1/socket/more"}, 404),
        ({"headers": "Origin: https://a.example\r\nOrigin: https://b.example\r\n"}, 400),
        ({"headers": "Sec-WebSocket-Version: 12\r\n"}, 400),
    ],
)
@serving()
async def test_a_wrong_handshake_is_refused(
    server: EdgeServer, options: dict[str, Any], status: int
) -> None:
    with pytest.raises(Closed) as refused:
        await server.connect(**options)
    assert refused.value.code == status


@serving()
async def test_a_query_in_the_address_does_no_harm(server: EdgeServer) -> None:
    socket = await server.connect(path="/v1/socket?a=b")
    await socket.hello()


# --- hello ---


@serving()
async def test_nothing_goes_before_hello(server: EdgeServer) -> None:
    socket = await server.connect()
    error = await socket.request("ask", text="x")
    assert error["code"] == "hello_required"
    await socket.hello()


@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c", "x" * 4000])
@serving()
async def test_a_forged_token_closes_with_4501(server: EdgeServer, token: str) -> None:
    socket = await server.connect()
    error = await socket.request("hello", token=token)
    assert error["code"] == "token_invalid"
    assert (await socket.closed()).code == 4501


@serving(allowed_origins=("https://shop.example",))
async def test_a_foreign_site_is_told_so(server: EdgeServer) -> None:
    socket = await server.connect(origin="https://evil.example")
    error = await socket.request("hello")
    assert error["code"] == "origin_not_allowed"
    assert (await socket.closed()).code == 4504
    await server.visitor(origin="https://shop.example")


@serving()
async def test_a_token_of_another_site_is_refused(server: EdgeServer) -> None:
    token = (await server.visitor(origin="https://a.example")).welcome["token"]
    socket = await server.connect(origin="https://b.example")
    assert (await socket.request("hello", token=token))["code"] == "origin_not_allowed"
    assert (await socket.closed()).code == 4504
    again = await server.visitor(token, origin="https://a.example")
    assert "token" not in again.welcome


@pytest.mark.parametrize("origin", ["https://evil.example", "null", None])
@serving()
async def test_an_agents_token_works_from_the_console_only(
    server: EdgeServer, origin: str | None
) -> None:
    socket = await server.connect(origin=origin)
    error = await socket.request("hello", token=await server.agent_token())
    assert error["code"] == "origin_not_allowed"
    assert (await socket.closed()).code == 4504


# --- channels ---


@serving()
async def test_foreign_and_absent_channels_answer_alike(server: EdgeServer) -> None:
    owner, stranger = await server.visitor(), await server.visitor()
    channel = await owner.open()
    for name in (channel, "conversation:absent", "desk:absent", "inbox:default", "app:x"):
        for error in (
            await stranger.request("subscribe", channel=name),
            await stranger.request("history", channel=name),
            await stranger.request("presence", channel=name),
            await stranger.publish(name),
        ):
            assert (error["type"], error["code"]) == ("error", "not_found"), (name, error)
    assert (await owner.request("subscribe", channel=channel))["type"] == "subscribed"


@serving()
async def test_a_visitor_cannot_read_the_desk_of_their_conversation(server: EdgeServer) -> None:
    visitor = await server.visitor()
    desk = "desk:" + (await visitor.open()).partition(":")[2]
    assert (await visitor.request("subscribe", channel=desk))["code"] == "not_found"


@serving()
async def test_what_one_may_not_publish_is_refused(server: EdgeServer) -> None:
    visitor = await server.visitor()
    channel = await visitor.open()
    assert (await visitor.publish(channel, "accept", expect=1))["code"] == "forbidden"
    assert (await visitor.publish(channel, "dance"))["code"] == "unknown_kind"
    assert (await visitor.publish(channel, data={"text": ""}))["code"] == "bad_data"
    assert (await visitor.publish(channel, "close"))["code"] == "expect_required"
    assert (await visitor.publish(channel))["type"] == "published"


@serving()
async def test_the_second_accept_names_the_winner(server: EdgeServer) -> None:
    visitor, anna, bo = await server.visitor(), await server.agent(), await server.agent("Bo")
    channel = await visitor.open()
    asked = await visitor.publish(channel, "ask_human")
    assert (await anna.publish(channel, "accept", expect=asked["offset"]))["type"] == "published"
    late = await bo.publish(channel, "accept", expect=asked["offset"])
    assert late["code"] == "already_taken"
    assert late["by"] == {"kind": "agent", "id": "anna", "name": "Anna"}
    assert late["state_offset"] == 3


@serving()
async def test_signals_that_do_not_exist_or_are_not_allowed_get_an_error(
    server: EdgeServer,
) -> None:
    visitor = await server.visitor()
    channel = await visitor.open()
    for name, kind, data, code in (
        (channel, "dancing", None, "unknown_kind"),
        (channel, "viewing", None, "unknown_kind"),
        (channel, "typing", {"on": "yes"}, "bad_data"),
        ("conversation:absent", "typing", None, "not_found"),
    ):
        visitor.send("signal", channel=name, kind=kind, **({"data": data} if data else {}))
        error = await visitor.recv()
        assert error["code"] == code
        assert "id" not in error


@serving()
async def test_both_before_and_after_is_a_bad_field(server: EdgeServer) -> None:
    visitor = await server.visitor()
    channel = await visitor.open()
    error = await visitor.request("history", channel=channel, before=5, after=1)
    assert error["code"] == "bad_field"


@serving(subscriptions=3)
async def test_a_subscribe_storm_is_bounded(server: EdgeServer) -> None:
    visitor = await server.visitor()
    channels = [await visitor.open(str(n)) for n in range(5)]
    ids = range(100, 105)
    for request_id, channel in zip(ids, channels, strict=True):
        visitor.send("subscribe", id=request_id, channel=channel)
    replies = [await visitor.reply(request_id) for request_id in ids]
    assert [r.get("code") for r in replies].count("too_many_subscriptions") == 2
    assert len(server.hub.subscribers(channels[0])) <= 1
    for request_id in range(200, 300):
        visitor.send("subscribe", id=request_id, channel=channels[0])
    codes = {(await visitor.reply(n)).get("code") for n in range(200, 300)}
    assert codes <= {None, "too_many_requests", "retry_later", "rate_limited"}
    assert len(server.hub.subscribers(channels[0])) == 1


@serving()
async def test_a_failure_of_ours_is_an_internal_error(
    server: EdgeServer, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(text: str, lang: str | None) -> Any:
        raise RuntimeError("broken on purpose")

    socket = await server.visitor()
    server.context.ask, working = broken, server.context.ask
    error = await socket.request("ask", text="x")
    assert error["code"] == "internal"
    assert "broken on purpose" not in str(error)
    assert error["retry_after"] > 0
    assert "broken on purpose" in caplog.text
    server.context.ask = working
    await still_works(socket)
