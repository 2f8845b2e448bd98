"""Who is subscribed to what on this node."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

from straks.accounts.principals import Principal
from straks.hub.frames import EntryBurst, EntryFrame, Frame, principal_object, read_frame
from straks.hub.gossip import Gossip, Loop
from straks.hub.ports import Connection, Conversations, Followed, Subscriber
from straks.hub.presence import Presence
from straks.hub.remote import Person
from straks.hub.signals import Signals
from straks.hub.told import ToldRead, ToldSignal
from straks.log.log import Entry, Watcher
from straks.log.nodes import Alone, Nodes
from straks_protocol import CloseCode, Position

__all__ = ["Hub"]

logger = logging.getLogger(__name__)

_ONLINE = ""
"""The place of agents who are connected at all."""
_CONVERSATION = "conversation:"
_channel_of = attrgetter("channel")
_BURST = 32 * 1024
"""Bytes of data that are written as one; more would go round what may wait for a slow reader."""
_SLICE = 128
"""Presence pushes of one tick: the flip of availability concerns every conversation."""


class _Channel:
    """The subscribers of one channel; ``fan`` is their tuple, made again when they change."""

    __slots__ = ("fan", "reads", "told")

    def __init__(self) -> None:
        self.reads: dict[str, int] | None = None
        """By reader, the read mark that was told last."""
        self.fan: tuple[Subscriber, ...] = ()
        self.told: int | None = None
        """The presence that was pushed last, as a digest."""


class Hub(Watcher):
    """Delivers entries, signals, read marks and presence to local subscribers."""

    def __init__(
        self,
        log: Followed,
        conversations: Conversations,
        loop: Loop,
        *,
        nodes: Nodes | None = None,
        grace: float = 5.0,
    ) -> None:
        """``grace``: seconds for which somebody who left still counts as present.

        ``nodes``: the others, None when there are none.
        """
        self._log = log
        self._conversations = conversations
        self._loop = loop
        self._channels: dict[str, _Channel] = {}
        self._sessions: dict[str, tuple[Connection, ...]] = {}
        self._presence = Presence(grace=grace, changed=self._changed)
        self._expiring = False
        self._frozen = False
        self._gossip = Gossip(nodes or Alone(), self, loop)
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
            if name.startswith(_CONVERSATION) and self._log.follows(name):
                self._gossip.ask(name)  # It is heard already: nobody will say so.
        channel.fan += (subscriber,)
        if name.startswith(_CONVERSATION):
            self._presence.enter(name, subscriber.principal)

    def unsubscribe(self, subscriber: Subscriber) -> None:
        """End :meth:`subscribe`; nothing happens when it ended before."""
        name = subscriber.channel
        channel = self._channels.get(name)
        if channel is None or subscriber not in channel.fan:
            return
        place = channel.fan.index(subscriber)
        channel.fan = channel.fan[:place] + channel.fan[place + 1 :]
        if not channel.fan:
            del self._channels[name]
            self._log.unfollow(name)
            self._gossip.forget(name)
        if name.startswith(_CONVERSATION):
            self._leave(name, subscriber.principal)

    def subscribers(self, channel: str) -> Sequence[Subscriber]:
        """Who is subscribed to a channel."""
        found = self._channels.get(channel)
        return found.fan if found else ()

    # --- delivery -------------------------------------------------------------------------

    def committed(self, entries: Sequence[Entry]) -> None:
        """Deliver entries that are durable (a listener of the log)."""
        channels = self._channels
        for name, run in groupby(entries, _channel_of):
            channel = channels.get(name)
            if channel is None:
                continue
            together = tuple(run)
            if len(together) > 1 and sum(len(entry.data) for entry in together) <= _BURST:
                burst = EntryBurst([EntryFrame(entry) for entry in together])
                for subscriber in channel.fan:
                    subscriber.burst(burst)
            else:
                for frame in map(EntryFrame, together):
                    for subscriber in channel.fan:
                        subscriber.entry(frame)
            for entry in together:
                if entry.advances and name.startswith(_CONVERSATION):
                    self._show(name)
                    break

    def forked(self, channel: str) -> None:
        """Let the subscribers of a channel begin anew: the log lost what they have."""
        known = self._channels.get(channel)
        if known is None:
            return
        known.reads = None  # They may lie beyond the end now.
        for subscriber in known.fan:
            subscriber.lost()

    def synced(self, channel: str, position: Position) -> None:
        """Look again at who is here: what may be shown depends on the conversation."""
        if channel in self._channels and channel.startswith(_CONVERSATION):
            self._show(channel)

    def signal(self, channel: str, sender: Principal, kind: str, data: dict[str, Any]) -> None:
        """Tell the others on a channel something that is true for seconds; it was checked."""
        self._signals.put(channel, sender, kind, data)

    def _deliver_signal(
        self, channel: str, sender: Principal, kind: str, data: dict[str, Any]
    ) -> None:
        told = ToldSignal(sender.sender, sender.name, kind, data)
        self._gossip.tell(channel, told)
        self._push_signal(channel, told)

    def _push_signal(self, channel: str, told: ToldSignal) -> None:
        frame = Frame(
            {
                "type": "signal",
                "channel": channel,
                "from": principal_object(told.sender, told.name),
                "kind": told.kind,
                "data": told.data,
            }
        )
        for subscriber in self._others(channel, told.sender):
            subscriber.signal(frame)

    def read(self, channel: str, reader: Principal, offset: int) -> None:
        """Note that somebody has seen everything up to ``offset``, tell the others.

        A second tab may lag behind the first: a lower mark than the last is nobody's news.
        """
        told = ToldRead(reader.sender, reader.name, offset)
        if self._push_read(channel, told):
            self._log.mark(channel, reader.sender, offset)
            self._gossip.tell(channel, told)

    def _push_read(self, channel: str, told: ToldRead) -> bool:
        """Tell the subscribers here, if it is news."""
        known = self._channels.get(channel)
        if known is not None:
            if known.reads is None:
                known.reads = {}
            if told.offset <= known.reads.get(told.reader, 0):
                return False
            known.reads[told.reader] = told.offset
        frame = read_frame(channel, told.reader, told.name, told.offset)
        for subscriber in self._others(channel, told.reader):
            if self.may_notice(subscriber.principal, channel, told.reader):
                subscriber.read(told.reader, told.offset, frame)
        return True

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
        held = self._conversations.recall(channel.partition(":")[2])
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
        return self._sessions_of("agent")

    def app_sessions(self) -> list[str]:
        """Name the sessions that apps are connected under."""
        return self._sessions_of("app")

    def _sessions_of(self, kind: str) -> list[str]:
        return [
            session
            for session, (first, *_rest) in self._sessions.items()
            if first.principal.kind == kind
        ]

    def close_session(self, session: str, code: CloseCode) -> None:
        """Close every connection of a session that was signed out or revoked, on all nodes."""
        self.end_session(session, code)
        self._gossip.end_session(session, code)

    def agents_online(self) -> int:
        """How many agents are connected to any node, those within their grace included."""
        here = {who.sender for who in self._presence.people(_ONLINE)}
        return len(here | self._gossip.agents())

    def freeze(self) -> None:
        """Let nobody count as gone any more: this node stops, its people go to others."""
        self._frozen = True

    def presence(self, channel: str, asker: Principal) -> dict[str, Any]:
        """Give the fields of a ``presence`` frame, as ``asker`` may know them."""
        known = self._channels.get(channel)
        if known is not None and channel in self._dirty and known.told != self._state(channel):
            known.told = None  # It may change back before it is pushed: who asked has to hear it.
        members = [
            principal_object(sender, name)
            for sender, name in self._people(channel).items()
            if self.may_notice(asker, channel, sender)
        ]
        return {"channel": channel, "members": members, "available": self._available}

    def _state(self, channel: str) -> int:
        """Give a digest of everything that what is shown to anybody depends on."""
        people = frozenset(self._people(channel).items())
        return hash((self._available, self._in_charge(channel), people))

    def _people(self, channel: str) -> dict[str, str | None]:
        """Who is on a channel of any node, with their names."""
        people = dict(self.people_here(channel))
        for sender, name in self._gossip.people(channel):
            people.setdefault(sender, name)
        return people

    # --- for the other nodes ----------------------------------------------------------------

    def is_open(self, channel: str) -> bool:
        """Tell whether a channel has subscribers here."""
        return channel in self._channels

    def people_here(self, channel: str) -> Sequence[Person]:
        """Who is on a channel of this node."""
        return [(who.sender, who.name) for who in self._presence.people(channel)]

    def conversations_here(self) -> Iterable[str]:
        """The channels of conversations that have subscribers here."""
        return [name for name in self._channels if name.startswith(_CONVERSATION)]

    def people_changed(self, channel: str | None) -> None:
        """Show that others have come or gone on a channel of other nodes; None: agents."""
        self._show(_ONLINE if channel is None else channel)

    def heard(self, channel: str, told: ToldSignal | ToldRead) -> None:
        """Show what somebody on another node does."""
        if isinstance(told, ToldSignal):
            self._push_signal(channel, told)
        else:
            self._push_read(channel, told)

    def end_session(self, session: str, code: CloseCode) -> None:
        """Close the connections of a session here."""
        for connection in self._sessions.get(session, ()):
            connection.close(code)

    # --- changes of presence ----------------------------------------------------------------

    def _leave(self, place: str, who: Principal) -> None:
        self._presence.leave(place, who, self._loop.time())
        if not self._expiring:
            self._expiring = True
            self._expire()

    def _expire(self) -> None:
        if self._frozen:
            return
        wait = self._presence.expire(self._loop.time())
        self._expiring = wait is not None
        if wait is not None:
            self._loop.call_later(wait, self._expire)

    def _changed(self, place: str) -> None:
        """Show and tell that somebody has come or gone here."""
        if place == _ONLINE:
            self._gossip.tell_agents(self.people_here(_ONLINE))
        else:
            self._gossip.tell_people(place)
        self._show(place)

    def _show(self, place: str) -> None:
        if place == _ONLINE:
            available = self.agents_online() > 0
            if available == self._available:
                return
            self._available = available
            places = list(self.conversations_here())
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
        told = self._state(name)
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
