"""How a client connects."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import urlsplit

from straks_protocol import CODECS, Codec

__all__ = ["Options", "Token", "codec_named", "socket_url"]

Token: TypeAlias = str | Callable[[], Awaitable[str]] | None
"""A token, something that gives a fresh one for each connection, or None for a new visitor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What stays the same from connection to connection."""

    url: str
    codec: Codec
    token: Token
    origin: str | None
    open_timeout: float
    """Seconds that one attempt may take."""
    random: Callable[[], float]
    outbox_capacity: int


def socket_url(url: str) -> str:
    """Complete a server's address to that of its socket.

    Raises:
        ValueError: it is not an address that a WebSocket can have.
    """
    parts = urlsplit(url)
    scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
    if scheme not in {"ws", "wss"} or not parts.netloc:
        raise ValueError(f"not the address of a server: {url!r}")
    path = "/v1/socket" if parts.path in {"", "/"} else parts.path
    return parts._replace(scheme=scheme, path=path).geturl()


def codec_named(name: str) -> Codec:
    """Find a codec by its subprotocol, or by the last part of that name.

    Raises:
        ValueError: there is no such codec.
    """
    codec = CODECS.get(name) or CODECS.get(f"straks.v1.{name}")
    if codec is None:
        raise ValueError(f"not a codec: {name!r}; there are {', '.join(CODECS)}")
    return codec
