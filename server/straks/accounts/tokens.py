"""Signed tokens: what a socket shows to say who connects."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import Any, Final

import jwt
import orjson

from straks.clock import Clock
from straks.conversation.errors import RefusedError
from straks_protocol import ErrorCode

__all__ = ["SOCKET_TOKEN_LIFE", "SocketClaims", "Tokens", "VisitorClaims"]

SOCKET_TOKEN_LIFE: Final = 60
"""Seconds in which an agent's socket token must be used."""

_ALGORITHM: Final = "HS256"
_LONGEST: Final = 2048
_OPTIONS: Final[Any] = {
    # The times are compared with our own clock below.
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
    "verify_aud": False,
    "require": ["typ", "sub", "iat", "exp"],
}


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
        try:
            payload = jwt.decode(token, self._key, algorithms=[_ALGORITHM], options=_OPTIONS)
        except (jwt.PyJWTError, ValueError) as error:
            raise _invalid() from error
        claims = _claims(payload)
        if payload["exp"] <= self.now():
            raise RefusedError(ErrorCode.TOKEN_EXPIRED, "The token has expired; get another.")
        return claims

    def _sign(self, payload: dict[str, Any]) -> str:
        # PyJWT looks at the key anew for each token, which costs more than to sign it.
        signed = _HEADER + b"." + _base64(orjson.dumps(payload))
        return (signed + b"." + _base64(hmac.digest(self._key, signed, "sha256"))).decode()


def _base64(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")


_HEADER: Final = _base64(orjson.dumps({"alg": _ALGORITHM, "typ": "JWT"}))


def _claims(payload: dict[str, Any]) -> VisitorClaims | SocketClaims:
    if not isinstance(payload["exp"], int):
        raise _invalid()
    match payload:
        case {
            "typ": "visitor",
            "sub": str(visitor),
            "org": None | str() as origin,
            "fam": str(family),
            "gen": int(generation),
            "iat": int(issued_at),
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
