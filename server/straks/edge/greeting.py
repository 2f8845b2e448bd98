"""The first frame of a connection: who it is."""

from __future__ import annotations

import logging
import secrets
from typing import Any, Final, Protocol

from straks.accounts.principals import Principal
from straks.conversation.errors import RefusedError
from straks.edge.context import Authenticated, EdgeContext
from straks.edge.publishing import rate_limited
from straks.hub.frames import principal_object
from straks_protocol import CloseCode, ErrorCode, Hello

__all__ = ["Greeted", "hello"]

logger = logging.getLogger(__name__)

_CLOSES: Final = {
    ErrorCode.TOKEN_INVALID: CloseCode.TOKEN_INVALID,
    ErrorCode.TOKEN_EXPIRED: CloseCode.TOKEN_EXPIRED,
    ErrorCode.TOKEN_REVOKED: CloseCode.TOKEN_REVOKED,
    ErrorCode.ORIGIN_NOT_ALLOWED: CloseCode.ORIGIN_NOT_ALLOWED,
    ErrorCode.RATE_LIMITED: CloseCode.RATE_LIMITED,
    ErrorCode.SHUTTING_DOWN: CloseCode.GOING_AWAY,
}


class Greeted(Protocol):
    """The session that says hello."""

    context: EdgeContext
    origin: str | None
    address: str | None
    ended: bool

    def factor(self) -> float: ...

    def become(self, principal: Principal) -> None: ...

    def reply(self, wire: dict[str, Any]) -> None: ...

    def refuse(self, request_id: int | None, error: RefusedError) -> None: ...

    def close(self, code: int, reason: str = "") -> None: ...

    def hold(self) -> None: ...

    def release(self) -> None: ...


def hello(session: Greeted, message: Hello) -> None:
    """Authenticate and welcome, or turn away: at once where that needs no I/O."""
    context = session.context
    try:
        _may_greet(session)
        known = context.authenticator.authenticate_now(message.token, session.origin)
    except RefusedError as error:
        _turn_away(session, message.id, error)
        return
    if known is not None:
        _welcome(session, message.id, known)
    else:
        # What follows the hello in the same segment waits for its outcome.
        session.hold()
        context.spawn(_authenticate(session, message))


def _may_greet(session: Greeted) -> None:
    context = session.context
    if context.draining:
        raise RefusedError(ErrorCode.SHUTTING_DOWN, "The server stops; connect again.")
    if session.address is not None:
        wait = context.hello_rates.take(session.address, context.wheel.now)
        if wait:
            raise rate_limited(wait)


async def _authenticate(session: Greeted, message: Hello) -> None:
    try:
        known = await session.context.authenticator.authenticate(message.token, session.origin)
    except RefusedError as error:
        _turn_away(session, message.id, error)
    except Exception:
        logger.exception("authentication failed")
        _turn_away(session, message.id, RefusedError(ErrorCode.INTERNAL, "It is in our log."))
    else:
        if not session.ended:
            _welcome(session, message.id, known)
    session.release()


def _turn_away(session: Greeted, request_id: int, error: RefusedError) -> None:
    session.refuse(request_id, error)
    session.close(_CLOSES.get(error.code, CloseCode.INTERNAL), error.code)


def _welcome(session: Greeted, request_id: int, known: Authenticated) -> None:
    who, config = known.principal, session.context.config
    session.become(who)
    wire: dict[str, Any] = {
        "type": "welcome",
        "id": request_id,
        "session": secrets.token_hex(8),
        "principal": principal_object(who.sender, who.name),
        "heartbeat": config.heartbeat,
        "limits": config.limits(session.factor()),
    }
    if known.token is not None:
        wire["token"] = known.token
    session.reply(wire)
