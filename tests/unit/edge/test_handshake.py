"""The fast way to accept a handshake accepts nothing that the careful one does not, and alike."""

from __future__ import annotations

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.datastructures import Headers
from websockets.http11 import Request
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from straks.edge.handshake import accept
from straks_protocol.codec import CODECS

Header = tuple[bytes, bytes]

KEY = b64encode(bytes(range(16)))
USUAL: list[Header] = [
    (b"host", b"chat.example"),
    (b"upgrade", b"websocket"),
    (b"connection", b"keep-alive, Upgrade"),
    (b"sec-websocket-version", b"13"),
    (b"sec-websocket-key", KEY),
    (b"sec-websocket-protocol", b"straks.v1.json"),
    (b"origin", b"https://shop.example"),
]


def carefully(headers: list[Header]) -> tuple[int, str | None, str | None, str | None]:
    protocol = ServerProtocol(subprotocols=[Subprotocol(name) for name in CODECS])
    named = Headers([(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers])
    response = protocol.accept(Request("/", named))
    digest = response.headers.get("Sec-WebSocket-Accept")
    return response.status_code, digest, protocol.subprotocol, protocol.origin


def agrees(headers: list[Header]) -> bool:
    """Tell whether it was accepted; if so, see that the careful way does the same."""
    accepted = accept(headers)
    if accepted is None:
        return False
    status, digest, subprotocol, origin = carefully(headers)
    lines = accepted.response.decode().split("\r\n")
    assert status == 101
    assert lines[0] == "HTTP/1.1 101 Switching Protocols"
    assert lines[-2:] == ["", ""]
    assert f"Sec-WebSocket-Accept: {digest}" in lines
    assert f"Sec-WebSocket-Protocol: {subprotocol}" in lines
    assert (accepted.subprotocol, accepted.origin) == (subprotocol, origin)
    return True


@pytest.mark.parametrize("protocols", [*CODECS, ", ".join(CODECS), ",".join(reversed(CODECS))])
@pytest.mark.parametrize("leave_out", [None, b"origin", b"host"])
def test_what_is_usual_is_accepted(protocols: str, leave_out: bytes | None) -> None:
    headers = [header for header in USUAL if header[0] != leave_out]
    headers[-2 if leave_out != b"origin" else -1] = (b"sec-websocket-protocol", protocols.encode())
    assert agrees(headers)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (b"upgrade", b"h2c"),
        (b"connection", b"keep-alive"),
        (b"sec-websocket-version", b"8"),
        (b"sec-websocket-key", b"short"),
        (b"sec-websocket-key", KEY + b" "),
        (b"sec-websocket-protocol", b"other"),
        (b"sec-websocket-protocol", b"straks.v1.json, other"),
        (b"sec-websocket-protocol", b""),
    ],
)
def test_what_is_not_is_left_to_the_careful_way(name: bytes, value: bytes) -> None:
    assert not agrees([(each, value if each == name else old) for each, old in USUAL])
    assert not agrees([header for header in USUAL if header[0] != name])
    assert not agrees([*USUAL, (name, value)])


SHOWN = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30)
VALUES = st.sampled_from([value for _, value in USUAL]) | SHOWN.map(str.encode)
NAMES = st.sampled_from([name for name, _ in USUAL])


@given(st.lists(st.tuples(NAMES, VALUES), max_size=3), st.sets(st.integers(0, 6), max_size=2))
def test_whatever_is_accepted_the_careful_way_accepts(more: list[Header], gone: set[int]) -> None:
    kept = [header for number, header in enumerate(USUAL) if number not in gone]
    agrees([*kept, *more])
    agrees([*more, *kept])
