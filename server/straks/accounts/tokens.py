"""Signed tokens: what a socket shows to say who connects."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Any, Final

import orjson

from straks.clock import Clock
from straks.conversation.errors import RefusedError
from straks_protocol import ErrorCode

__all__ = ["SOCKET_TOKEN_LIFE", "SocketClaims", "Tokens", "VisitorClaims"]

SOCKET_TOKEN_LIFE: Final = 60
"""Seconds in which an agent's socket token must be used."""

_ALGORITHM: Final = "HS256"
_LONGEST: Final = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitorClaims:
    """An anonymous visitor of one site. ``issued_at`` is in seconds since the epoch."""

    visitor: str
    origin: str | None
    family: str
    generation: int
    issued_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketClaims:
    """A signed-in agent who is about to open a socket from ``origin``."""

    agent: str
    session: str
    origin: str


class Tokens:
    """Issues and reads tokens under one key."""

    def __init__(self, key: bytes, clock: Clock, *, visitor_life: int) -> None:
        """``visitor_life`` is in seconds."""
        self._key = key
        self._clock = clock
        self.visitor_life = visitor_life

    def now(self) -> int:
        """Seconds since the epoch."""
        return self._clock.now_ms() // 1000

    def issue_visitor(self, claims: VisitorClaims) -> str:
        """Sign a visitor's token; it lives from ``issued_at`` on."""
        return self._sign(
            {
                "typ": "visitor",
                "sub": claims.visitor,
                "org": claims.origin,
                "fam": claims.family,
                "gen": claims.generation,
                "iat": claims.issued_at,
                "exp": claims.issued_at + self.visitor_life,
            }
        )

    def issue_socket(self, claims: SocketClaims) -> str:
        """Sign a token for an agent's next socket, good for :data:`SOCKET_TOKEN_LIFE` seconds."""
        now = self.now()
        return self._sign(
            {
                "typ": "socket",
                "sub": claims.agent,
                "sid": claims.session,
                "org": claims.origin,
                "iat": now,
                "exp": now + SOCKET_TOKEN_LIFE,
            }
        )

    def read(self, token: str) -> VisitorClaims | SocketClaims:
        """Check a token's signature, age and claims.

        Raises:
            RefusedError: ``token_invalid`` or ``token_expired``.
        """
        if len(token) > _LONGEST:
            raise _invalid()
        payload = self._payload(token)
        claims = _claims(payload)
        if payload["exp"] <= self.now():
            raise RefusedError(ErrorCode.TOKEN_EXPIRED, "The token has expired; get another.")
        return claims

    # A JWT (RFC 7519) of one form only: what names another algorithm is not ours, and is never
    # looked into. A library that reads every form takes a fifth of all that a visitor costs who
    # comes back.

    def _sign(self, payload: dict[str, Any]) -> str:
        signed = _HEADER + b"." + _base64(orjson.dumps(payload))
        return (signed + b"." + self._signature(signed)).decode()

    def _payload(self, token: str) -> dict[str, Any]:
        signed, _, signature = token.encode("utf-8", "replace").rpartition(b".")
        header, _, body = signed.partition(b".")
        if not hmac.compare_digest(signature, self._signature(signed)) or header != _HEADER:
            raise _invalid()
        try:
            payload = orjson.loads(urlsafe_b64decode(body + b"=" * (-len(body) % 4)))
        except ValueError as error:
            raise _invalid() from error
        if not isinstance(payload, dict):
            raise _invalid()
        return payload

    def _signature(self, signed: bytes) -> bytes:
        return _base64(hmac.digest(self._key, signed, "sha256"))


def _base64(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")


_HEADER: Final = _base64(orjson.dumps({"alg": _ALGORITHM, "typ": "JWT"}))


def _claims(payload: dict[str, Any]) -> VisitorClaims | SocketClaims:
    if not isinstance(payload.get("exp"), int) or not isinstance(payload.get("iat"), int):
        raise _invalid()
    match payload:
        case {
            "typ": "visitor",
            "sub": str(visitor),
            "org": None | str() as origin,
            "fam": str(family),
            "gen": int(generation),
            "iat": issued_at,
        }:
            return VisitorClaims(
                visitor=visitor,
                origin=origin,
                family=family,
                generation=generation,
                issued_at=issued_at,
            )
        case {"typ": "socket", "sub": str(agent), "sid": str(session), "org": str(org)}:
            return SocketClaims(agent=agent, session=session, origin=org)
    raise _invalid()


def _invalid() -> RefusedError:
    return RefusedError(
        ErrorCode.TOKEN_INVALID, "This is not a token of this server; drop it and connect without."
    )
