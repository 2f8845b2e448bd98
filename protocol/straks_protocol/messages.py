"""The frames of the wire, one frozen dataclass each.

Names are those of PROTOCOL.md, but for ``from``, which is a keyword of Python: ``sender`` here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

__all__ = [
    "Answer",
    "Answers",
    "Ask",
    "ClientMessage",
    "Closing",
    "Entry",
    "EntryPush",
    "Error",
    "Hello",
    "History",
    "HistoryPage",
    "Limits",
    "Open",
    "Opened",
    "Ping",
    "Pong",
    "Position",
    "Presence",
    "PresencePush",
    "Principal",
    "Publish",
    "Published",
    "Read",
    "ReadPush",
    "ServerMessage",
    "Signal",
    "SignalPush",
    "Subscribe",
    "Subscribed",
    "Unsubscribe",
    "Unsubscribed",
    "Welcome",
]

PrincipalKind: TypeAlias = Literal["visitor", "agent", "app", "server"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who acts: a visitor, an agent, an app or the server itself."""

    kind: PrincipalKind
    id: str
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where a subscriber stands in a log; ``(0, "")`` is before its first entry."""

    offset: int
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One item of a channel's log. ``at`` is milliseconds since 1970-01-01 UTC."""

    offset: int
    id: str
    at: int
    sender: Principal
    kind: str
    data: dict[str, Any]
    key: str | None = None
    """The sender's own key: present only in what its sender reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What this server takes: sizes in bytes of UTF-8 or of a frame, rates per second."""

    frame: int
    text: int
    depth: int
    subscriptions: int
    page: int
    publish_rate: float
    publish_burst: int


# --- client to server ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    id: int
    token: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    id: int
    key: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribe:
    id: int
    channel: str
    after: Position | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsubscribe:
    id: int
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Publish:
    id: int
    channel: str
    key: str
    kind: str
    data: dict[str, Any]
    expect: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    channel: str
    kind: str
    data: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    channel: str
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    id: int
    channel: str
    before: int | None = None
    after: int | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    id: int
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    id: int
    text: str
    lang: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pong:
    pass


ClientMessage: TypeAlias = (
    Hello
    | Open
    | Subscribe
    | Unsubscribe
    | Publish
    | Signal
    | Read
    | History
    | Presence
    | Ask
    | Pong
)

# --- server to client ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome:
    id: int
    session: str
    principal: Principal
    heartbeat: float
    limits: Limits
    token: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    id: int
    channel: str
    offset: int
    entry_id: str
    duplicate: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribed:
    id: int
    channel: str
    recovered: bool
    entries: list[Entry]
    position: Position
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsubscribed:
    """The reply to ``unsubscribe`` (with ``id``), or a push that a subscription ended (``code``)."""

    channel: str
    id: int | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    id: int
    channel: str
    offset: int
    entry_id: str
    duplicate: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPage:
    id: int
    entries: list[Entry]
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PresencePush:
    """Who is here: the reply to ``presence`` (with ``id``), or a push that it changed."""

    channel: str
    members: list[Principal]
    available: bool
    id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    answer: str
    title: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    id: int
    answers: list[Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryPush:
    channel: str
    entry: Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalPush:
    channel: str
    sender: Principal
    kind: str
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPush:
    channel: str
    sender: Principal
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    code: int
    reconnect_after: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Error:
    code: str
    message: str
    id: int | None = None
    retry_after: float | None = None
    by: Principal | None = None
    """With ``already_taken``: who has the conversation."""
    state_offset: int | None = None
    """With ``conflict`` and ``already_taken``: the offset to ``expect`` next time."""


ServerMessage: TypeAlias = (
    Welcome
    | Opened
    | Subscribed
    | Unsubscribed
    | Published
    | HistoryPage
    | PresencePush
    | Answers
    | EntryPush
    | SignalPush
    | ReadPush
    | Ping
    | Closing
    | Error
)
