"""What one connection publishes, in the order it was sent."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import Any, Final, Protocol

from straks.accounts.principals import Principal
from straks.conversation.errors import RefusedError
from straks.edge.context import EdgeContext
from straks.edge.limits import Rate
from straks.log.log import Appended
from straks_protocol import TEMPORARY, CloseCode, ErrorCode, Open, Publish
from straks_protocol.channels import parse

__all__ = ["MOST_HELD", "Publisher", "Publishing", "parsed", "rate_limited"]

parsed: Final = lru_cache(maxsize=4096)(parse)
"""The parts of a channel's name that the codec has checked."""

_TICK: Final = 0.1
"""Seconds that a client must add to come back when the bucket really has something."""
MOST_HELD: Final = 1000
"""Channels of one connection on which a publish was refused for now."""


class Publisher(Protocol):
    """The session that publishes."""

    context: EdgeContext
    address: str | None

    @property
    def principal(self) -> Principal: ...

    def reply(self, wire: dict[str, Any]) -> None: ...

    def refuse(self, request_id: int | None, error: RefusedError) -> None: ...

    def close(self, code: int, reason: str = "") -> None: ...

    def limit(self, name: str, rate: Rate) -> None: ...


class Publishing:
    """Passes publishes on, and lets none overtake one that was refused for now."""

    __slots__ = ("_count", "_held", "_session")

    def __init__(self, session: Publisher) -> None:
        self._session = session
        self._count = 0
        """Publishes without an answer."""
        self._held: dict[str, str] | None = None
        """By channel, the key that was refused for now and must be settled first."""

    def open(self, message: Open) -> None:
        """Make a conversation.

        Raises:
            RefusedError: not now.
        """
        session = self._session
        self._refuse_if_busy()
        if session.address is not None:
            wait = session.context.open_rates.take(session.address, session.context.wheel.now)
            if wait:
                raise rate_limited(wait)
        done = partial(self._opened, message.id)
        self._count += 1
        try:
            session.context.conversations.open(session.principal, message.key, message.data, done)
        except Exception:
            self._count -= 1
            raise

    def publish(self, message: Publish) -> None:
        """Append an entry.

        Raises:
            RefusedError: not now.
        """
        channel, key = message.channel, message.key
        if self._held and self._held.get(channel, key) != key:
            raise RefusedError(
                ErrorCode.RETRY_LATER,
                "An earlier publish on this channel is not settled; send that one again first.",
            )
        try:
            self._refuse_if_busy()
        except RefusedError:
            self._hold(channel, key)
            raise
        session = self._session
        done = partial(self._published, message.id, channel, key)
        self._count += 1
        try:
            session.context.conversations.publish(
                session.principal,
                parsed(channel),
                key,
                message.kind,
                message.data,
                message.expect,
                done,
            )
        except Exception:
            self._count -= 1
            self._hold(channel, key)
            raise

    def _refuse_if_busy(self) -> None:
        session = self._session
        if session.context.draining:
            raise RefusedError(ErrorCode.SHUTTING_DOWN, "The server stops; connect again.")
        session.limit("publish", session.context.config.publish_rate)
        if self._count >= session.context.config.publishes:
            raise RefusedError(ErrorCode.TOO_MANY_REQUESTS, "Too many unanswered publishes.")

    def _opened(self, request_id: int, result: Appended | RefusedError) -> None:
        self._count -= 1
        if isinstance(result, Appended):
            self._session.reply(_stored("opened", request_id, result))
        else:
            self._session.refuse(request_id, result)

    def _published(
        self, request_id: int, channel: str, key: str, result: Appended | RefusedError
    ) -> None:
        self._count -= 1
        if isinstance(result, Appended):
            if self._held:
                self._settle(channel, key)
            self._session.reply(_stored("published", request_id, result))
            return
        if result.code in TEMPORARY:
            self._hold(channel, key)
        else:
            self._settle(channel, key)
        self._session.refuse(request_id, result)

    def _hold(self, channel: str, key: str) -> None:
        if self._held is None:
            self._held = {}
        self._held.setdefault(channel, key)
        if len(self._held) > MOST_HELD:
            self._session.close(CloseCode.RATE_LIMITED, "too many refused publishes")

    def _settle(self, channel: str, key: str) -> None:
        if self._held is not None and self._held.get(channel) == key:
            del self._held[channel]


def rate_limited(wait: float) -> RefusedError:
    """Refuse for ``wait`` seconds of the wheel, whose clock stands still for up to a tick."""
    return RefusedError(
        ErrorCode.RATE_LIMITED,
        "Too many in too short a time; wait a little.",
        retry_after=wait + _TICK,
    )


def _stored(name: str, request_id: int, result: Appended) -> dict[str, Any]:
    entry = result.entry
    return {
        "type": name,
        "id": request_id,
        "channel": entry.channel,
        "offset": entry.offset,
        "entry_id": entry.id,
        "duplicate": result.duplicate,
    }
