"""The fast path reads what the Sans-I/O implementation reads."""

from __future__ import annotations

import struct
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

from straks.edge.receiver import TEXT, Receiver

LIMIT = 1000


class Heard:
    """A sink that writes down what it is told."""

    def __init__(self, limit: int = LIMIT) -> None:
        self.receiver = Receiver(self, limit)
        self.messages: list[tuple[int, bytes]] = []
        self.controls = b""
        self.code: int | None = None
        self.hold_after: int | None = None

    def message(self, opcode: int, payload: bytes) -> None:
        self.messages.append((opcode, payload))
        if len(self.messages) == self.hold_after:
            self.receiver.hold()

    def control(self, frames: bytes) -> None:
        self.controls += frames

    def finished(self, frames: bytes, code: int) -> None:
        assert self.code is None
        self.controls += frames
        self.code = code


def by_sans_io(data: bytes) -> tuple[list[tuple[int, bytes]], bytes, int | None]:
    """Read with the reference, which checks neither UTF-8 nor leaves fragments joined."""
    protocol = ServerProtocol(state=OPEN, max_size=LIMIT)
    protocol.receive_data(data)
    messages: list[tuple[int, bytes]] = []
    parts: list[bytes] = []
    opcode = 0
    for event in protocol.events_received():
        assert isinstance(event, Frame)
        if event.opcode in (Opcode.TEXT, Opcode.BINARY):
            opcode, parts = event.opcode, []
        if event.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            parts.append(bytes(event.data))
            if event.fin:
                messages.append((opcode, b"".join(parts)))
    code = protocol.close_sent.code if protocol.close_sent is not None else None
    return messages, b"".join(protocol.data_to_send()), code


def raw(first: int, payload: bytes, *, masked: bool = True, form: int = 0) -> bytes:
    """Build a frame bit by bit; ``form``: 126 or 127 for a longer length than needed."""
    length = len(payload)
    mask = b"\x01\x02\x03\x04" if masked else b""
    bit = 0x80 if masked else 0
    if form == 127 or length > 65535:
        head = struct.pack("!BBQ", first, bit | 127, length)
    elif form == 126 or length > 125:
        head = struct.pack("!BBH", first, bit | 126, length)
    else:
        head = struct.pack("!BB", first, bit | length)
    body = bytes(b ^ mask[i % 4] for i, b in enumerate(payload)) if masked else payload
    return head + mask + body


texts = st.text(max_size=30).map(str.encode)
payloads = st.one_of(texts, st.binary(min_size=120, max_size=300).map(lambda b: b"a" * len(b)))
whole = st.tuples(
    st.sampled_from([0x81, 0x82]), payloads, st.sampled_from([0, 0, 0, 126, 127])
).map(lambda t: raw(t[0], t[1], form=t[2]))
control = st.tuples(st.sampled_from([0x89, 0x8A]), st.binary(max_size=20)).map(lambda t: raw(*t))


@st.composite
def fragmented(draw: st.DrawFn) -> bytes:
    first = draw(st.sampled_from([0x01, 0x02]))
    pieces = draw(st.lists(texts, min_size=2, max_size=5))
    data = raw(first, pieces[0])
    for place, piece in enumerate(pieces[1:], 2):
        data += b"".join(draw(st.lists(control, max_size=2)))
        data += raw(0x80 if place == len(pieces) else 0x00, piece)
    return data


@st.composite
def wrong(draw: st.DrawFn) -> bytes:
    """Something that ends the connection."""
    body = draw(texts)
    return draw(
        st.sampled_from(
            [
                raw(0x81, body, masked=False),
                raw(0xC1, body),
                raw(0xA2, body),
                raw(0x83, body),
                raw(0x8B, body),
                raw(0x80, body),
                raw(0x09, body[:10]),
                raw(0x89, b"x" * 126),
                raw(0x82, b"x" * (LIMIT + 1)),
                raw(0x02, b"x" * LIMIT) + raw(0x80, b"x"),
                raw(0x01, body) + raw(0x81, body),
                raw(0x88, b""),
                raw(0x88, b"\x03\xe8" + body),
                raw(0x88, b"x"),
                raw(0x88, struct.pack("!H", 1005)),
                raw(0x02, body) + raw(0x88, b"\x03\xe8"),
            ]
        )
    )


@st.composite
def streams(draw: st.DrawFn) -> tuple[bytes, list[bytes]]:
    """A stream of frames, and the same in pieces cut anywhere."""
    frames = draw(st.lists(st.one_of(whole, whole, whole, control, fragmented()), max_size=8))
    if draw(st.booleans()):
        frames.append(draw(wrong()))
        frames.extend(draw(st.lists(whole, max_size=2)))
    data = b"".join(frames)
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=12)))
    edges = [0, *cuts, len(data)]
    return data, [data[a:b] for a, b in zip(edges, edges[1:], strict=False)]


@settings(max_examples=300, deadline=None)
@given(streams())
def test_it_reads_what_sans_io_reads(stream: tuple[bytes, list[bytes]]) -> None:
    data, pieces = stream
    messages, controls, code = by_sans_io(data)
    heard = Heard()
    for piece in pieces:
        heard.receiver.feed(piece)
    assert heard.messages == messages
    assert heard.code == code
    # The reasons of our own close frames differ; the code stands right behind the header.
    start = heard.controls[: len(controls)] if code is None else heard.controls[:2]
    assert start[:1] == controls[:1]
    if code is None:
        assert heard.controls == controls


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(whole, control, fragmented()), min_size=1, max_size=6), st.integers(1, 3))
def test_what_is_held_comes_after_the_release(frames: list[bytes], count: int) -> None:
    data = b"".join(frames)
    messages, _, _ = by_sans_io(data)
    heard = Heard()
    heard.hold_after = count
    heard.receiver.feed(data[: len(data) // 2])
    heard.receiver.feed(data[len(data) // 2 :])
    assert heard.messages == messages[:count]
    heard.hold_after = None
    heard.receiver.release()
    assert heard.messages == messages


@pytest.mark.parametrize(
    "data",
    [
        raw(0x81, b"\xff"),
        raw(0x81, b"\xe2\x82"),
        raw(0x01, b"\xe2") + raw(0x80, b"\x82"),
        raw(0x81, b"\xed\xa0\x80"),
    ],
)
def test_text_that_is_not_utf8_closes_with_1007(data: bytes) -> None:
    heard = Heard()
    heard.receiver.feed(data)
    assert heard.code == 1007
    assert heard.messages == []


def test_a_character_may_be_cut_between_fragments() -> None:
    heard = Heard()
    heard.receiver.feed(raw(0x01, b"\xe2\x82") + raw(0x80, b"\xac"))
    assert heard.messages == [(1, "€".encode())]


def test_a_size_is_refused_before_anything_is_buffered() -> None:
    for head in (b"\x82\xfe\xff\xff", b"\x82\xff" + b"\x00" * 4 + b"\x7f\xff\xff\xff"):
        heard = Heard()
        heard.receiver.feed(head + b"mask")
        assert heard.code == 1009
        assert heard.receiver.buffered == 0


def test_fragments_are_refused_when_they_are_too_much_together() -> None:
    heard = Heard()
    heard.receiver.feed(raw(0x02, b"x" * 600) + raw(0x00, b"x" * 401)[:14])
    assert heard.code == 1009


def test_empty_fragments_take_no_room_and_are_not_gone_over_again() -> None:
    heard = Heard()
    heard.receiver.feed(Frame(Opcode.TEXT, b"a", False).serialize(mask=True))
    empty = Frame(Opcode.CONT, b"", False).serialize(mask=True)
    heard.receiver.feed(empty)
    tracemalloc.start()
    for _ in range(5_000):
        heard.receiver.feed(empty)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    heard.receiver.feed(Frame(Opcode.CONT, b"b", True).serialize(mask=True))

    assert kept < 8_000
    assert heard.messages == [(TEXT, b"ab")]


def test_a_ping_fits_between_fragments_that_fill_the_limit() -> None:
    heard = Heard()
    heard.receiver.feed(raw(0x02, b"x" * LIMIT) + raw(0x89, b"still there") + raw(0x80, b""))
    assert heard.messages == [(2, b"x" * LIMIT)]
    assert heard.code is None
    assert heard.controls == b"\x8a\x0bstill there"


def test_nothing_is_kept_between_messages() -> None:
    heard = Heard()
    heard.receiver.feed(raw(0x89, b"") + raw(0x01, b"a") + raw(0x80, b"b") + raw(0x81, b"c"))
    assert heard.messages == [(1, b"ab"), (1, b"c")]
    assert heard.receiver.buffered == 0
    assert heard.receiver._rare is None


def test_after_our_close_only_the_echo_counts() -> None:
    heard = Heard()
    sent = heard.receiver.close(4000, "é" * 100)
    assert sent[:4] == b"\x88\x7a\x0f\xa0"
    heard.receiver.feed(raw(0x81, b"late") + raw(0x89, b"p") + raw(0x88, b"\x0f\xa0"))
    assert heard.messages == []
    assert heard.code == 4000
    heard.receiver.feed(b"anything")


def test_closing_from_within_a_message_stops_the_reading() -> None:
    class Closer(Heard):
        def message(self, opcode: int, payload: bytes) -> None:
            super().message(opcode, payload)
            self.receiver.close(4003)

    heard = Closer()
    heard.receiver.feed(raw(0x81, b"one") + raw(0x81, b"two") + raw(0x01, b"x") + raw(0x80, b"y"))
    assert heard.messages == [(1, b"one")]
