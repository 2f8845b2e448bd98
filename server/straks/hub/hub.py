"""Who is subscribed to what on this node."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from straks.accounts.principals import Principal
from straks.hub.frames import EntryFrame, Frame, principal_object
from straks.hub.presence import Presence
from straks.hub.signals import Signals
from straks.log.log import Entry
from straks_protocol import CloseCode
from straks_protocol import Principal as WirePrincipal

__all__ = ["Connection", "Conversations", "Followed", "Hub", "Loop", "Subscriber"]

logger = logging.getLogger(__name__)

_ONLINE = ""
"""The place of agents who are connected at all."""
_SLICE = 128
"""Presence pushes of one tick: the flip of availability concerns every conversation."""


class Connection(Protocol):
    """A welcomed socket."""

    @property
    def principal(self) -> Principal: ...

    def close(self, code: int, reason: str = "") -> None:
        """Say what is left to say, then close."""
        ...


class Subscriber(Protocol):
    """One connection's subscription to one channel. Its methods must neither raise nor block."""

    @property
    def channel(self) -> str: ...

    @property
    def principal(self) -> Principal: ...

    def entry(self, frame: EntryFrame) -> None:
        """Take a committed entry; they come in offset order."""
        ...

    def signal(self, frame: Frame) -> None:
        """Take something that may be dropped."""
        ...

    def read(self, reader: str, offset: int, frame: Frame) -> None:
        """Take a read mark of somebody else."""
        ...

    def presence(self, frame: Frame) -> None:
        """Take the list of who is here."""
        ...


class Followed(Protocol):
    """The part of the log that tells which channels have subscribers here."""

    def follow(self, channel: str) -> None: ...

    def unfollow(self, channel: str) -> None: ...

    def mark(self, channel: str, reader: str, offset: int) -> None: ...


class Held(Protocol):
    @property
    def agent(self) -> WirePrincipal | None: ...


class Conversations(Protocol):
    """The folds that are in memory."""

    def peek(self, conversation_id: str) -> Held | None: ...


class Loop(Protocol):
    """The part of an event loop that the hub needs."""

    def call_soon(self, callback: Callable[[], object], /) -> object: ...

    def call_later(self, delay: float, callback: Callable[[], object], /) -> object: ...

    def time(self) -> float: ...


class _Channel:
    """The subscribers of one channel; ``fan`` is their tuple, made again when they change."""

    __slots__ = ("fan", "reads", "subscribers", "told")

    def __init__(self) -> None:
        self.reads: dict[str, int] = {}
        """By reader, the read mark that was told last."""
        self.subscribers: dict[Subscriber, None] = {}
        self.fan: tuple[Subscriber, ...] = ()
        self.told: object = None
        """The presence that was pushed last."""


class Hub:
    """Delivers entries, signals, read marks and presence to local subscribers."""

    def __init__(
        self, log: Followed, conversations: Conversations, loop: Loop, *, grace: float = 5.0
    ) -> None:
        """``grace``: seconds for which somebody who left still counts as present."""
        self._log = log
        self._conversations = conversations
        self._loop = loop
        self._channels: dict[str, _Channel] = {}
        self._sessions: dict[str, tuple[Connection, ...]] = {}
        self._presence = Presence(grace=grace, changed=self._changed)
        self._expiring = False
        self._dirty: dict[str, None] = {}
        self._available = False
        self._signals = Signals(self._deliver_signal, loop)

    # --- subscriptions --------------------------------------------------------------------

    def subscribe(self, subscriber: Subscriber) -> None:
        """Deliver to ``subscriber`` from now on."""
        name = subscriber.channel
        channel = self._channels.get(name)
        if channel is None:
            channel = self._channels[name] = _Channel()
            self._log.follow(name)
        channel.subscribers[subscriber] = None
        channel.fan = tuple(channel.subscribers)
        if name.startswith("conversation:"):
            self._presence.enter(name, subscriber.principal)

    def unsubscribe(self, subscriber: Subscriber) -> None:
        """End :meth:`subscribe`; nothing happens when it ended before."""
        name = subscriber.channel
        channel = self._channels.get(name)
        if channel is None or subscriber not in channel.subscribers:
            return
        del channel.subscribers[subscriber]
        channel.fan = tuple(channel.subscribers)
        if not channel.subscribers:
            del self._channels[name]
            self._log.unfollow(name)
        if name.startswith("conversation:"):
            self._leave(name, subscriber.principal)

    def subscribers(self, channel: str) -> Sequence[Subscriber]:
        """Who is subscribed to a channel."""
        found = self._channels.get(channel)
        return found.fan if found else ()

    # --- delivery -------------------------------------------------------------------------

    def committed(self, entries: Sequence[Entry]) -> None:
        """Deliver entries that are durable (a listener of the log)."""
        channels = self._channels
        for entry in entries:
            channel = channels.get(entry.channel)
            if channel is None:
                continue
            frame = EntryFrame(entry)
            for subscriber in channel.fan:
                subscriber.entry(frame)
            if entry.advances and entry.channel.startswith("conversation:"):
                self._changed(entry.channel)

    def signal(self, channel: str, sender: Principal, kind: str, data: dict[str, Any]) -> None:
        """Tell the others on a channel something that is true for seconds; it was checked."""
        self._signals.put(channel, sender, kind, data)

    def _deliver_signal(
        self, channel: str, sender: Principal, kind: str, data: dict[str, Any]
    ) -> None:
        frame = Frame(
            {
                "type": "signal",
                "channel": channel,
                "from": principal_object(sender.sender, sender.name),
                "kind": kind,
                "data": data,
            }
        )
        for subscriber in self._others(channel, sender.sender):
            subscriber.signal(frame)

    def read(self, channel: str, reader: Principal, offset: int) -> None:
        """Note that somebody has seen everything up to ``offset``, tell the others.

        A second tab may lag behind the first: a lower mark than the last is nobody's news.
        """
        known = self._channels.get(channel)
        if known is not None:
            if offset <= known.reads.get(reader.sender, 0):
                return
            known.reads[reader.sender] = offset
        self._log.mark(channel, reader.sender, offset)
        frame = read_frame(channel, reader.sender, reader.name, offset)
        for subscriber in self._others(channel, reader.sender):
            if self.may_notice(subscriber.principal, channel, reader.sender):
                subscriber.read(reader.sender, offset, frame)

    def may_notice(self, who: Principal, channel: str, other: str) -> bool:
        """Tell whether ``who`` may know what ``other`` (``kind:id``) does on a channel.

        A visitor learns nothing of agents but of the one that the conversation is with.
        """
        if who.kind != "visitor" or not other.startswith("agent:"):
            return True
        return other == self._in_charge(channel)

    def _others(self, channel: str, sender: str) -> Iterable[Subscriber]:
        return (s for s in self.subscribers(channel) if s.principal.sender != sender)

    def _in_charge(self, channel: str) -> str | None:
        held = self._conversations.peek(channel.partition(":")[2])
        return f"agent:{held.agent.id}" if held is not None and held.agent is not None else None

    # --- connections and presence -----------------------------------------------------------

    def attach(self, connection: Connection) -> None:
        """Count a welcomed connection."""
        who = connection.principal
        if who.session is not None:
            self._sessions[who.session] = (*self._sessions.get(who.session, ()), connection)
        if who.kind == "agent":
            self._presence.enter(_ONLINE, who)

    def detach(self, connection: Connection) -> None:
        """End :meth:`attach`."""
        who = connection.principal
        if who.session is not None:
            left = tuple(c for c in self._sessions.get(who.session, ()) if c is not connection)
            if left:
                self._sessions[who.session] = left
            else:
                self._sessions.pop(who.session, None)
        if who.kind == "agent":
            self._leave(_ONLINE, who)

    def agent_sessions(self) -> list[str]:
        """Name the sessions that agents are connected under."""
        return [
            session
            for session, (first, *_rest) in self._sessions.items()
            if first.principal.kind == "agent"
        ]

    def close_session(self, session: str, code: CloseCode) -> None:
        """Close every connection of a session that was signed out or revoked."""
        for connection in self._sessions.get(session, ()):
            connection.close(code)

    def agents_online(self) -> int:
        """How many agents are connected, those within their grace included."""
        return self._presence.count(_ONLINE)

    def presence(self, channel: str, asker: Principal) -> dict[str, Any]:
        """Give the fields of a ``presence`` frame, as ``asker`` may know them."""
        members = [
            principal_object(who.sender, who.name)
            for who in self._presence.people(channel)
            if self.may_notice(asker, channel, who.sender)
        ]
        return {"channel": channel, "members": members, "available": self._available}

    def _leave(self, place: str, who: Principal) -> None:
        self._presence.leave(place, who, self._loop.time())
        if not self._expiring:
            self._expiring = True
            self._expire()

    def _expire(self) -> None:
        wait = self._presence.expire(self._loop.time())
        self._expiring = wait is not None
        if wait is not None:
            self._loop.call_later(wait, self._expire)

    def _changed(self, place: str) -> None:
        if place == _ONLINE:
            available = self.agents_online() > 0
            if available == self._available:
                return
            self._available = available
            places = [name for name in self._channels if name.startswith("conversation:")]
        else:
            places = [place]
        if places and not self._dirty:
            self._loop.call_soon(self._push_presence)
        self._dirty.update(dict.fromkeys(places))

    def _push_presence(self) -> None:
        for name in list(self._dirty)[:_SLICE]:
            del self._dirty[name]
            channel = self._channels.get(name)
            if channel is not None:
                self._push_presence_of(name, channel)
        if self._dirty:
            self._loop.call_soon(self._push_presence)

    def _push_presence_of(self, name: str, channel: _Channel) -> None:
        told = (
            self._available,
            self._in_charge(name),
            tuple(who.sender for who in self._presence.people(name)),
        )
        if told == channel.told:
            return
        channel.told = told
        frames: dict[bool, Frame] = {}
        for subscriber in channel.fan:
            visitor = subscriber.principal.kind == "visitor"
            if visitor not in frames:
                wire = self.presence(name, subscriber.principal)
                frames[visitor] = Frame({"type": "presence", **wire})
            subscriber.presence(frames[visitor])


def read_frame(channel: str, reader: str, name: str | None, offset: int) -> Frame:
    """Build the push of a read mark."""
    return Frame(
        {
            "type": "read",
            "channel": channel,
            "from": principal_object(reader, name),
            "offset": offset,
        }
    )
