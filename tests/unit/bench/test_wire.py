"""The bench's own WebSocket framing, against that of the websockets library."""

from __future__ import annotations

import asyncio
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

from bench.wire import Socket

HEAD = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"


class Wire(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)


def opened(heard: list[bytes]) -> tuple[Socket, Wire]:
    socket, wire = Socket(heard.append), Wire()
    socket.connection_made(wire)
    return socket, wire


def parsed(written: bytes) -> list[Frame]:
    """Read a client's frames as a server does, masks and all."""
    server = ServerProtocol(state=OPEN, max_size=None)
    server.receive_data(written)
    return [event for event in server.events_received() if isinstance(event, Frame)]


@settings(max_examples=50)
@given(
    st.lists(st.sampled_from([0, 1, 125, 126, 300, 65_535, 65_536]), max_size=5),
    st.lists(st.integers(0, 200_000), max_size=8),
)
def test_messages_come_whole_however_the_bytes_are_cut(sizes: list[int], cuts: list[int]) -> None:
    async def main() -> None:
        payloads = [bytes([65 + n]) * size for n, size in enumerate(sizes)]
        data = HEAD + b"".join(Frame(Opcode.TEXT, p).serialize(mask=False) for p in payloads)
        heard: list[bytes] = []
        socket, _ = opened(heard)
        ends = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
        for start, end in itertools.pairwise(ends):
            socket.data_received(data[start:end])
        await socket.opened()
        assert heard == payloads

    asyncio.run(main())


async def test_a_ping_is_answered_and_is_no_message() -> None:
    heard: list[bytes] = []
    socket, wire = opened(heard)
    socket.data_received(HEAD + Frame(Opcode.PING, b"there?").serialize(mask=False))
    (pong,) = parsed(wire.written)
    assert (pong.opcode, bytes(pong.data)) == (Opcode.PONG, b"there?")
    assert heard == []


@pytest.mark.parametrize("size", [0, 125, 126, 65_535])
async def test_what_is_sent_is_a_masked_text_message(size: int) -> None:
    socket, wire = opened([])
    socket.send(b"x" * size)
    assert wire.written[1] & 0x80
    (frame,) = parsed(wire.written)
    assert (frame.opcode, bytes(frame.data)) == (Opcode.TEXT, b"x" * size)


async def test_a_refused_handshake_says_the_status() -> None:
    socket, _ = opened([])
    socket.data_received(b"HTTP/1.1 503 Service Unavailable\r\n")
    socket.data_received(b"\r\n")
    with pytest.raises(ConnectionError, match="503"):
        await socket.opened()


async def test_a_connection_that_ends_during_the_handshake_is_an_error() -> None:
    socket, _ = opened([])
    socket.connection_lost(None)
    with pytest.raises(ConnectionError, match="during the handshake"):
        await socket.opened()
