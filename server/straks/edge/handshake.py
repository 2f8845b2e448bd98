"""The opening handshake that browsers and programs send; anything else is left to Sans-I/O."""

from __future__ import annotations

import binascii
import hashlib
from base64 import b64encode
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from websockets.utils import GUID

from straks_protocol.codec import CODECS

__all__ = ["Accepted", "accept"]

_ONCE: Final = frozenset(
    {
        b"upgrade",
        b"connection",
        b"sec-websocket-version",
        b"sec-websocket-key",
        b"sec-websocket-protocol",
        b"origin",
    }
)
_GUID: Final = GUID.encode()
_KEY_SIZE: Final = 16


class Accepted(NamedTuple):
    """An answer to a handshake."""

    response: bytes
    subprotocol: str
    origin: str | None


def accept(headers: Sequence[tuple[bytes, bytes]]) -> Accepted | None:
    """Answer a handshake (RFC 6455, section 4.2.2) that is as usual.

    ``headers``: of a GET over HTTP/1.1, names in lower case. Returns None for what is not as usual:
    who knows all of the protocol says whether it is wrong, and how.
    """
    found: dict[bytes, bytes] = {}
    for name, value in headers:
        if name in _ONCE:
            if name in found:
                return None
            found[name] = value
    key = found.get(b"sec-websocket-key", b"")
    if (
        found.get(b"upgrade", b"").lower() != b"websocket"
        or b"upgrade" not in _words(found.get(b"connection", b"").lower())
        or found.get(b"sec-websocket-version") != b"13"
        or not _is_key(key)
    ):
        return None
    offered = [each.decode("latin-1") for each in _words(found.get(b"sec-websocket-protocol", b""))]
    if not all(each in CODECS for each in offered):
        return None
    subprotocol = next(name for name in CODECS if name in offered)
    digest = b64encode(hashlib.sha1(key + _GUID, usedforsecurity=False).digest())
    response = (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: %b\r\nSec-WebSocket-Protocol: %b\r\n\r\n"
    ) % (digest, subprotocol.encode())
    origin = found.get(b"origin")
    return Accepted(response, subprotocol, None if origin is None else _site(origin))


@lru_cache(maxsize=256)
def _site(origin: bytes) -> str:
    """Give an origin as text, which is kept as long as the connection: those of a site share it."""
    return origin.decode("latin-1")


def _words(value: bytes) -> list[bytes]:
    return [word.strip() for word in value.split(b",")]


def _is_key(key: bytes) -> bool:
    try:
        return len(binascii.a2b_base64(key, strict_mode=True)) == _KEY_SIZE
    except binascii.Error:
        return False
