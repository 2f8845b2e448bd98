"""The frames of the wire, one frozen struct each.

Names are those of PROTOCOL.md, but for ``from``, which is a keyword of Python: ``sender`` here.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal, TypeAlias

from msgspec import Meta, Struct

__all__ = [
    "CLIENT_TYPES",
    "SERVER_TYPES",
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
RequestId: TypeAlias = Annotated[int, Meta(ge=1, le=2**53 - 1)]
Offset: TypeAlias = Annotated[int, Meta(ge=1, le=2**53 - 1)]
"""Of an entry."""
Before: TypeAlias = Annotated[int, Meta(ge=0, le=2**53 - 1)]
"""Of an entry, or 0: before the first."""
PageLimit: TypeAlias = Annotated[int, Meta(ge=1, le=10_000)]
# Matched by wire.from_wire: msgspec takes three times as long over a pattern.
ChannelName: TypeAlias = Annotated[
    str, re.compile(r"^(conversation|desk|inbox|app):[A-Za-z0-9_-]{1,64}\Z")
]
Key: TypeAlias = Annotated[
    str, re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z")
]
KindName: TypeAlias = Annotated[str, Meta(min_length=1, max_length=64)]
EntryId: TypeAlias = Annotated[str, Meta(max_length=64)]
Token: TypeAlias = Annotated[str, Meta(max_length=4096)]
AskText: TypeAlias = Annotated[str, Meta(max_length=10_000)]
Lang: TypeAlias = Annotated[
    str, Meta(pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*\Z", max_length=35)
]


class Principal(Struct, frozen=True, kw_only=True):
    """Who acts: a visitor, an agent, an app or the server itself."""

    kind: PrincipalKind
    id: str
    name: str | None = None


class Position(Struct, frozen=True, kw_only=True):
    """Where a subscriber stands in a log; ``(0, "")`` is before its first entry."""

    offset: Before
    id: EntryId


class Entry(Struct, frozen=True, kw_only=True):
    """One item of a channel's log. ``at`` is milliseconds since 1970-01-01 UTC."""

    offset: Offset
    id: EntryId
    at: Before
    sender: Principal
    kind: str
    data: dict[str, Any]
    key: str | None = None
    """The sender's own key: present only in what its sender reads."""


class Limits(Struct, frozen=True, kw_only=True):
    """What this server takes: sizes in bytes of UTF-8 or of a frame, rates per second."""

    frame: int
    text: int
    depth: int
    subscriptions: int
    page: int
    publish_rate: float
    publish_burst: int


# --- client to server ---------------------------------------------------------------------


class Hello(Struct, frozen=True, kw_only=True, tag_field="type", tag="hello"):
    id: RequestId
    token: Token | None = None


class Open(Struct, frozen=True, kw_only=True, tag_field="type", tag="open"):
    id: RequestId
    key: Key
    data: dict[str, Any]


class Subscribe(Struct, frozen=True, kw_only=True, tag_field="type", tag="subscribe"):
    id: RequestId
    channel: ChannelName
    after: Position | None = None
    limit: PageLimit | None = None


class Unsubscribe(Struct, frozen=True, kw_only=True, tag_field="type", tag="unsubscribe"):
    id: RequestId
    channel: ChannelName


class Publish(Struct, frozen=True, kw_only=True, tag_field="type", tag="publish"):
    id: RequestId
    channel: ChannelName
    key: Key
    kind: KindName
    data: dict[str, Any]
    expect: Offset | None = None


class Signal(Struct, frozen=True, kw_only=True, tag_field="type", tag="signal"):
    channel: ChannelName
    kind: KindName
    data: dict[str, Any] | None = None


class Read(Struct, frozen=True, kw_only=True, tag_field="type", tag="read"):
    channel: ChannelName
    offset: Offset


class History(Struct, frozen=True, kw_only=True, tag_field="type", tag="history"):
    id: RequestId
    channel: ChannelName
    before: Before | None = None
    after: Before | None = None
    limit: PageLimit | None = None

    def __post_init__(self) -> None:
        if self.before is not None and self.after is not None:
            raise ValueError("before, after: give one of them")


class Presence(Struct, frozen=True, kw_only=True, tag_field="type", tag="presence"):
    id: RequestId
    channel: ChannelName


class Ask(Struct, frozen=True, kw_only=True, tag_field="type", tag="ask"):
    id: RequestId
    text: AskText
    lang: Lang | None = None


class Pong(Struct, frozen=True, kw_only=True, tag_field="type", tag="pong"):
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


class Welcome(Struct, frozen=True, kw_only=True):
    id: RequestId
    session: str
    principal: Principal
    heartbeat: float
    limits: Limits
    token: str | None = None


class Opened(Struct, frozen=True, kw_only=True):
    id: RequestId
    channel: ChannelName
    offset: Offset
    entry_id: str
    duplicate: bool


class Subscribed(Struct, frozen=True, kw_only=True):
    id: RequestId
    channel: ChannelName
    recovered: bool
    entries: list[Entry]
    position: Position
    more: bool


class Unsubscribed(Struct, frozen=True, kw_only=True):
    """The reply to ``unsubscribe`` (``id``), or a push that a subscription ended (``code``)."""

    channel: ChannelName
    id: RequestId | None = None
    code: str | None = None


class Published(Struct, frozen=True, kw_only=True):
    id: RequestId
    channel: ChannelName
    offset: Offset
    entry_id: str
    duplicate: bool


class HistoryPage(Struct, frozen=True, kw_only=True):
    id: RequestId
    entries: list[Entry]
    more: bool


class PresencePush(Struct, frozen=True, kw_only=True):
    """Who is here: the reply to ``presence`` (with ``id``), or a push that it changed."""

    channel: ChannelName
    members: list[Principal]
    available: bool
    id: RequestId | None = None


class Answer(Struct, frozen=True, kw_only=True):
    answer: str
    title: str
    score: float


class Answers(Struct, frozen=True, kw_only=True):
    id: RequestId
    answers: list[Answer]


class EntryPush(Struct, frozen=True, kw_only=True):
    channel: ChannelName
    entry: Entry


class SignalPush(Struct, frozen=True, kw_only=True):
    channel: ChannelName
    sender: Principal
    kind: str
    data: dict[str, Any] = {}


class ReadPush(Struct, frozen=True, kw_only=True):
    channel: ChannelName
    sender: Principal
    offset: Offset


class Ping(Struct, frozen=True, kw_only=True):
    pass


class Closing(Struct, frozen=True, kw_only=True):
    code: int
    reconnect_after: float


class Error(Struct, frozen=True, kw_only=True):
    code: str
    message: str
    id: RequestId | None = None
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

CLIENT_TYPES: Final[dict[str, type[ClientMessage]]] = {
    "hello": Hello,
    "open": Open,
    "subscribe": Subscribe,
    "unsubscribe": Unsubscribe,
    "publish": Publish,
    "signal": Signal,
    "read": Read,
    "history": History,
    "presence": Presence,
    "ask": Ask,
    "pong": Pong,
}
"""What the field ``type`` of a client's frame stands for."""

SERVER_TYPES: Final[dict[str, type[ServerMessage]]] = {
    "welcome": Welcome,
    "opened": Opened,
    "subscribed": Subscribed,
    "unsubscribed": Unsubscribed,
    "published": Published,
    "history": HistoryPage,
    "presence": PresencePush,
    "answers": Answers,
    "entry": EntryPush,
    "signal": SignalPush,
    "read": ReadPush,
    "ping": Ping,
    "closing": Closing,
    "error": Error,
}
"""What the field ``type`` of a server's frame stands for."""
