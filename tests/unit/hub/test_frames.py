"""Frames that are written to many."""

from __future__ import annotations

import pytest
from websockets.client import ClientProtocol
from websockets.frames import Frame as WebSocketFrame
from websockets.frames import Opcode
from websockets.protocol import OPEN
from websockets.uri import parse_uri

from straks.hub.frames import EntryFrame, Frame, principal_object, websocket_frame
from straks.log.log import Entry
from straks_protocol import CODECS, JSON, Codec, EntryPush

ENTRY = Entry(
    channel="conversation:c",
    offset=1,
    id="e1",
    at=5,
    sender="visitor:vera",
    name="Vera",
    kind="message",
    data='{"text":"hé"}'.encode(),
    key="00000000-0000-4000-8000-000000000001",
    advances=False,
)


def read(frame: bytes) -> WebSocketFrame:
    """Read one frame as a client of another make does."""
    client = ClientProtocol(parse_uri("ws://x/"), state=OPEN, max_size=None)
    client.receive_data(frame)
    (found,) = client.events_received()
    assert isinstance(found, WebSocketFrame)
    return found


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536])
@pytest.mark.parametrize("binary", [False, True])
def test_a_frame_of_any_size_is_read_by_another_implementation(size: int, binary: bool) -> None:
    found = read(websocket_frame(b"a" * size, binary))
    assert (found.opcode, found.fin) == (Opcode.BINARY if binary else Opcode.TEXT, True)
    assert found.data == b"a" * size


@pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS)
@pytest.mark.parametrize("own", [False, True])
def test_an_entry_shows_its_key_to_its_sender_only(codec: Codec, own: bool) -> None:
    push = codec.decode_server(bytes(read(EntryFrame(ENTRY).encoded(codec, own=own)).data))
    assert isinstance(push, EntryPush)
    assert push.channel == "conversation:c"
    assert push.entry.data == {"text": "hé"}
    assert (push.entry.sender.id, push.entry.sender.name) == ("vera", "Vera")
    assert push.entry.key == (ENTRY.key if own else None)


@pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS)
def test_a_frame_is_encoded_once_for_all_its_readers(codec: Codec) -> None:
    frame, entry = Frame({"type": "ping"}), EntryFrame(ENTRY)
    assert frame.encoded(codec) is frame.encoded(codec)
    for own in (False, True):
        assert entry.encoded(codec, own=own) is entry.encoded(codec, own=own)
    assert frame.encoded(JSON) == websocket_frame(b'{"type":"ping"}', binary=False)


def test_a_name_is_left_out_where_there_is_none() -> None:
    assert principal_object("agent:a:b", None) == {"kind": "agent", "id": "a:b"}
    assert principal_object("agent:a", "Ann") == {"kind": "agent", "id": "a", "name": "Ann"}
