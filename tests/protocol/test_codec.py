"""Both codecs read and write every message, and refuse everything else in an orderly way."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgpack
import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from straks_protocol import (
    CODECS,
    JSON,
    MAX_DEPTH,
    MSGPACK,
    Ask,
    ClientMessage,
    Codec,
    Entry,
    EntryPush,
    ErrorCode,
    LocalProtocolError,
    Ping,
    Pong,
    Principal,
    Publish,
    RemoteProtocolError,
    ServerMessage,
    Unsubscribe,
)
from straks_protocol.codec import _JSONCodec
from tests.support.messages import client_messages, data, server_messages

BOTH = pytest.mark.parametrize("codec", [JSON, MSGPACK], ids=["json", "msgpack"])
KEY = "0193f4c2-7a10-7c31-9a55-1f0e6f2b8c01"


def publish(found: dict[str, Any]) -> Publish:
    return Publish(id=1, channel="app:a", key=KEY, kind="a", data=found)


def refused(decode: Callable[[bytes], object], frame: bytes) -> ErrorCode | None:
    """Read a frame; every other exception than the protocol's own goes through."""
    try:
        decode(frame)
    except RemoteProtocolError as error:
        return error.code
    return None


def outcome(decode: Callable[[bytes], object], frame: bytes) -> object:
    """What a frame is read as, or all that is said against it."""
    try:
        return decode(frame)
    except RemoteProtocolError as error:
        return error.code, error.message, error.request_id


carefully = _JSONCodec()._decode_client_carefully


def test_codecs_are_known_by_their_subprotocols() -> None:
    assert CODECS == {"straks.v1.json": JSON, "straks.v1.msgpack": MSGPACK}
    assert [codec.binary for codec in CODECS.values()] == [False, True]


@BOTH
@given(message=client_messages)
def test_client_messages_come_back_as_they_went(codec: Codec, message: ClientMessage) -> None:
    assert codec.decode_client(codec.encode(message)) == message


@BOTH
@given(message=server_messages)
def test_server_messages_come_back_as_they_went(codec: Codec, message: ServerMessage) -> None:
    assert codec.decode_server(codec.encode(message)) == message


@given(message=client_messages | server_messages)
def test_both_codecs_carry_the_same_object(message: ClientMessage | ServerMessage) -> None:
    assert orjson.loads(JSON.encode(message)) == msgpack.unpackb(MSGPACK.encode(message))


@BOTH
@given(frame=st.binary(max_size=200))
@example(b'{"type":"ask","id":1,"text":"\\ud800"}')
@example(b"\x81" * 200)
def test_arbitrary_bytes_are_refused_in_an_orderly_way(codec: Codec, frame: bytes) -> None:
    for decode in (codec.decode_client, codec.decode_server):
        refused(decode, frame)


@BOTH
@settings(max_examples=200)
@given(message=client_messages, cut=st.integers(0, 400), byte=st.integers(0, 255))
def test_damaged_frames_are_read_or_refused(
    codec: Codec, message: ClientMessage, cut: int, byte: int
) -> None:
    frame = bytearray(codec.encode(message))
    frame[cut % len(frame)] = byte
    for damaged in (bytes(frame), bytes(frame[: cut % len(frame)])):
        refused(codec.decode_client, damaged)


@given(
    obj=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["type", "id", "channel", "data", "x"]), inner)
        ),
        max_leaves=8,
    )
)
def test_arbitrary_objects_are_refused_in_an_orderly_way(obj: Any) -> None:
    if isinstance(obj, dict):
        obj["type"] = "publish"
    assert refused(JSON.decode_client, json.dumps(obj).encode()) in {
        None,
        ErrorCode.BAD_FRAME,
        ErrorCode.BAD_FIELD,
        ErrorCode.TOO_DEEP,
        ErrorCode.TOO_LARGE,
    }


@settings(max_examples=300)
@given(
    message=client_messages,
    cut=st.integers(0, 400),
    piece=st.sampled_from(
        [b"", b'"', b"\\", b",", b"{", b"9" * 17, b"[" * 9, b'"id":1,', b'"x":"",', b'"x":{"x":1},']
    ),
)
@example(publish({"a": 1}), 1, b'"data":{},')
@example(Unsubscribe(id=1, channel="app:a"), 1, b'"channel":"app:b",')
@example(Unsubscribe(id=1, channel="app:a"), 1, b'"x":[[[[[[[[[]]]]]]]]],')
@example(Unsubscribe(id=1, channel="app:a"), 1, b'"x":9007199254740993,')
def test_the_short_way_reads_as_the_careful_one(
    message: ClientMessage, cut: int, piece: bytes
) -> None:
    frame = JSON.encode(message)
    at = cut % len(frame)
    for changed in (frame, frame[:at] + piece + frame[at:]):
        assert outcome(JSON.decode_client, changed) == outcome(carefully, changed)


@given(
    obj=st.dictionaries(st.text('ab:"\\', max_size=4), st.text('ab:"\\{},', max_size=6)),
    twin=st.booleans(),
)
def test_a_name_that_stands_twice_is_always_seen(obj: dict[str, str], twin: bool) -> None:
    """Quotes, colons and escapes in names and texts neither hide nor feign a second name."""
    pairs = [f"{json.dumps(name)} : {json.dumps(value)}" for name, value in obj.items()]
    pairs += ['"type":"pong"', *pairs[:1]] if twin else ['"type":"pong"']
    frame = ("{" + ",".join(pairs) + "}").encode()
    if twin and obj:
        with pytest.raises(RemoteProtocolError, match="twice"):
            JSON.decode_client(frame)
    else:
        assert JSON.decode_client(frame) == Pong()


@BOTH
def test_data_of_an_entry_may_be_as_deep_as_that_of_a_publish(codec: Codec) -> None:
    deep: dict[str, Any] = {}
    for _ in range(MAX_DEPTH - 2):
        deep = {"x": deep}
    assert codec.decode_client(codec.encode(publish(deep))) == publish(deep)
    entry = Entry(offset=1, id="a", at=0, sender=Principal(kind="app", id="a"), kind="a", data=deep)
    push = EntryPush(channel="app:a", entry=entry)
    assert codec.decode_server(codec.encode(push)) == push


@BOTH
@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), 2**53, 2**64, b"bytes", {1}, object(), [[[[[[[[]]]]]]]]],
    ids=["not a number", "infinite", "2**53", "2**64", "bytes", "a set", "an object", "too deep"],
)
def test_what_the_peer_must_refuse_is_not_written(codec: Codec, value: Any) -> None:
    """Least of all NaN, which JSON writers turn into null without a word."""
    with pytest.raises(LocalProtocolError, match="data"):
        codec.encode(publish({"x": value}))


@BOTH
def test_texts_that_are_no_unicode_are_not_written(codec: Codec) -> None:
    with pytest.raises(LocalProtocolError):
        codec.encode(publish({"x": "\ud800"}))
    with pytest.raises(LocalProtocolError):
        codec.encode(Ask(id=1, text="\ud800"))


def test_encode_raw_takes_fragments_in_json() -> None:
    written = JSON.encode_raw({"type": "x", "data": orjson.Fragment(b'{"a":1}')})
    assert written == b'{"type":"x","data":{"a":1}}'


@given(found=data)
def test_encode_raw_writes_the_object_as_it_is(found: dict[str, Any]) -> None:
    assert orjson.loads(JSON.encode_raw(found)) == found
    assert msgpack.unpackb(MSGPACK.encode_raw(found)) == found


@BOTH
def test_an_error_carries_the_id_of_its_request(codec: Codec) -> None:
    frame = codec.encode_raw({"type": "publish", "id": 7})
    with pytest.raises(RemoteProtocolError) as caught:
        codec.decode_client(frame)
    assert (caught.value.code, caught.value.request_id) == (ErrorCode.BAD_FIELD, 7)


@BOTH
def test_a_side_does_not_read_the_other_sides_frames(codec: Codec) -> None:
    with pytest.raises(RemoteProtocolError, match="ping") as caught:
        codec.decode_client(codec.encode(Ping()))
    assert caught.value.code is ErrorCode.UNKNOWN_TYPE
    with pytest.raises(RemoteProtocolError, match="pong"):
        codec.decode_server(codec.encode(Pong()))
