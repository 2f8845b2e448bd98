"""A client's connection as a state machine, without a socket, a task or a clock."""

from __future__ import annotations

from enum import Enum
from typing import Final, TypeAlias

from .codes import ErrorCode
from .errors import LocalProtocolError, RemoteProtocolError
from .messages import (
    Answers,
    Ask,
    ClientMessage,
    Closing,
    EntryPush,
    Error,
    Hello,
    History,
    HistoryPage,
    Open,
    Opened,
    Ping,
    Pong,
    Presence,
    PresencePush,
    Publish,
    Published,
    Read,
    ReadPush,
    ServerMessage,
    Signal,
    SignalPush,
    Subscribe,
    Subscribed,
    Unsubscribe,
    Unsubscribed,
    Welcome,
)

__all__ = [
    "Beat",
    "ClientSession",
    "SessionState",
    "beat",
    "next_beat",
]


class SessionState(Enum):
    """How far a connection has come; both sides go through the same states."""

    NEW = "new"
    """The socket is open, nobody has said who they are."""
    GREETING = "greeting"
    """``hello`` was sent; ``welcome`` or an error follows."""
    OPEN = "open"
    CLOSING = "closing"
    """The server said ``closing``; answers to what was asked may still come."""
    CLOSED = "closed"


# Each table tells, for a state and the type of a message, the state after it. What is not in a
# table is not allowed. A client's message moves both sides by one table, a server's by the other,
# so that the two sides of a connection cannot disagree about what is allowed.

_REQUESTS: Final = (Open, Subscribe, Unsubscribe, Publish, Signal, Read, History, Presence, Ask)
_PUSHES: Final = (
    (Opened, Subscribed, Unsubscribed, Published, HistoryPage, PresencePush, Answers)
    + (EntryPush, SignalPush, ReadPush, Ping, Error)
)  # fmt: skip

_Table: TypeAlias = dict[SessionState, dict[type, SessionState]]

CLIENT_SAYS: Final[_Table] = {
    SessionState.NEW: {Hello: SessionState.GREETING},
    SessionState.GREETING: {Pong: SessionState.GREETING},
    SessionState.OPEN: dict.fromkeys((*_REQUESTS, Pong), SessionState.OPEN),
    SessionState.CLOSING: dict.fromkeys((*_REQUESTS, Pong), SessionState.CLOSING),
    SessionState.CLOSED: {},
}

SERVER_SAYS: Final[_Table] = {
    SessionState.NEW: {
        Ping: SessionState.NEW,
        Error: SessionState.NEW,
        Closing: SessionState.CLOSING,
    },
    SessionState.GREETING: {
        Ping: SessionState.GREETING,
        Error: SessionState.GREETING,  # NEW when it answers the hello
        Welcome: SessionState.OPEN,
        Closing: SessionState.CLOSING,
    },
    SessionState.OPEN: {
        **dict.fromkeys(_PUSHES, SessionState.OPEN),
        Closing: SessionState.CLOSING,
    },
    SessionState.CLOSING: dict.fromkeys((*_PUSHES, Closing), SessionState.CLOSING),
    SessionState.CLOSED: {},
}

_REPLY_TO: Final[dict[type, type]] = {
    Hello: Welcome,
    Open: Opened,
    Subscribe: Subscribed,
    Unsubscribe: Unsubscribed,
    Publish: Published,
    History: HistoryPage,
    Presence: PresencePush,
    Ask: Answers,
}


class ClientSession:
    """The client's side: what may be said now, and which request an answer belongs to."""

    __slots__ = ("_last_id", "_unanswered", "state", "welcome")

    def __init__(self) -> None:
        self.state = SessionState.NEW
        self.welcome: Welcome | None = None
        self._last_id = 0
        self._unanswered: dict[int, ClientMessage] = {}

    def next_id(self) -> int:
        """Return an id that no request of this connection has had."""
        self._last_id += 1
        return self._last_id

    @property
    def unanswered(self) -> int:
        """How many requests have no reply yet."""
        return len(self._unanswered)

    def send(self, message: ClientMessage) -> None:
        """Note that a message goes out now.

        Raises:
            LocalProtocolError: the protocol does not allow it in this state.
        """
        after = CLIENT_SAYS[self.state].get(type(message))
        if after is None:
            raise LocalProtocolError(f"{type(message).__name__} in the state {self.state.value}")
        request_id = getattr(message, "id", None)
        if request_id is not None:
            if request_id in self._unanswered:
                raise LocalProtocolError(f"id {request_id} is in use")
            self._unanswered[request_id] = message
            self._last_id = max(self._last_id, request_id)
        self.state = after

    def receive(self, message: ServerMessage) -> ClientMessage | None:
        """Note what came in; return the request that it answers, None for a push.

        Raises:
            RemoteProtocolError: the server may not say that now.
        """
        after = SERVER_SAYS[self.state].get(type(message))
        if after is None:
            raise RemoteProtocolError(
                ErrorCode.UNKNOWN_TYPE, f"{type(message).__name__} in the state {self.state.value}"
            )
        request = self._request_of(message)
        if isinstance(message, Welcome):
            self.welcome = message
        elif isinstance(message, Error) and isinstance(request, Hello):
            after = SessionState.NEW
        self.state = after
        return request

    def closed(self) -> None:
        """Note that the socket is gone: nothing can be said, nothing is unanswered any more."""
        self.state = SessionState.CLOSED
        self._unanswered.clear()

    def _request_of(self, message: ServerMessage) -> ClientMessage | None:
        request_id: int | None = getattr(message, "id", None)
        if request_id is None:
            return None
        request = self._unanswered.get(request_id)
        if request is None:
            raise RemoteProtocolError(
                ErrorCode.BAD_FIELD, f"id: {request_id} was not asked", request_id
            )
        if not isinstance(message, (_REPLY_TO[type(request)], Error)):
            raise RemoteProtocolError(
                ErrorCode.BAD_FIELD,
                f"id: {type(message).__name__} does not answer {type(request).__name__}",
                request_id,
            )
        del self._unanswered[request_id]
        return request


class Beat(Enum):
    """What the heartbeat asks for now."""

    NOTHING = "nothing"
    SEND = "send"
    """Say ``ping`` (a server) or ``pong`` (a client)."""
    DEAD = "dead"
    """Close with 4001."""


def beat(now: float, *, sent: float, heard: float, heartbeat: float) -> Beat:
    """Tell what to do at ``now``; ``sent`` and ``heard`` are when the last frame went and came.

    All in seconds of one clock that does not go back.
    """
    if now - heard >= 2 * heartbeat:
        return Beat.DEAD
    if now - sent >= heartbeat:
        return Beat.SEND
    return Beat.NOTHING


def next_beat(*, sent: float, heard: float, heartbeat: float) -> float:
    """Return when :func:`beat` asks for something, unless frames come or go before."""
    return min(sent + heartbeat, heard + 2 * heartbeat)
