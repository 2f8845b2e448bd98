"""What hubs of different nodes know of each other's people."""

from __future__ import annotations

import itertools
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, Protocol

from straks.hub.remote import MEMBERS, Person, Remote
from straks.hub.told import (
    MalformedError,
    Told,
    ToldEnd,
    ToldMembers,
    ToldRead,
    ToldSignal,
    decode,
    decode_note,
    encode,
    encode_note,
)
from straks.log.nodes import Alone, Nodes
from straks_protocol import CloseCode

__all__ = ["Gossip", "Here", "Loop"]

_LOG: Final = logging.getLogger(__name__)

_SLICE: Final = 128
"""Channels that are told of in one tick."""
_PATIENCE: Final = 5.0
"""Seconds for which a node that was asked and says nothing is believed: as long as it may seem to
live without a sign."""
_ROUND: Final = 16
"""Channels that are asked about every second, in turn, though nothing is known to be lost."""
_QUIET: Final = 60.0
"""Seconds between two warnings of what cannot be understood."""


class Loop(Protocol):
    """The part of an event loop that is needed."""

    def call_soon(self, callback: Callable[[], object], /) -> object: ...

    def call_later(self, delay: float, callback: Callable[[], object], /) -> object: ...

    def time(self) -> float: ...


class Here(Protocol):
    """The hub of this node. The methods must neither raise nor block."""

    def is_open(self, channel: str) -> bool:
        """Tell whether a channel has subscribers here."""
        ...

    def people_here(self, channel: str) -> Sequence[Person]:
        """Who is on a channel of this node."""
        ...

    def conversations_here(self) -> Iterable[str]:
        """The channels of conversations that have subscribers here."""
        ...

    def people_changed(self, channel: str | None) -> None:
        """Learn that others have come or gone on a channel; None: among the agents."""
        ...

    def heard(self, channel: str, told: ToldSignal | ToldRead) -> None:
        """Take what somebody on another node does."""
        ...

    def end_session(self, session: str, code: CloseCode) -> None:
        """Close the connections of a session."""
        ...


class Gossip:
    """Tells the other nodes who is here, and keeps what they tell.

    A message may be lost. So a node that hears of a channel from now on asks who is there, and
    what a node told goes when the node does. What was lost on the side of who told it, nobody
    knows of: every channel is asked about again after a while.
    """

    def __init__(self, nodes: Nodes, here: Here, loop: Loop) -> None:
        self._nodes = nodes
        self._alone = isinstance(nodes, Alone)
        self._here = here
        self._loop = loop
        self._remote = Remote(patience=_PATIENCE)
        self._run = time.time_ns() // 1_000_000
        self._numbers = itertools.count(1)
        self._untold: dict[str, bool] = {}
        """Channels to tell of, and whether to ask the others too."""
        self._told: dict[str, list[Person]] = {}
        """What the others know of this node, where it is somebody."""
        self._expiring = False
        self._agents: dict[str, frozenset[str]] = {}
        self._notes: dict[str, bytes] = {}
        self._living: frozenset[str] = frozenset()
        self._connected = nodes.connected
        self._round: deque[str] = deque()
        """Channels that are still to be asked about in this round."""
        self._going_round = False
        self._quiet_until = float("-inf")
        nodes.hear(self._hear)
        nodes.on_sync(self._synced)
        nodes.on_change(self._changed)

    # --- the others -----------------------------------------------------------------------

    def people(self, channel: str) -> Sequence[Person]:
        """Who is on a channel of the other nodes; somebody may come twice."""
        return self._remote.people(channel) if self._nodes.connected else ()

    def agents(self) -> frozenset[str]:
        """The agents (``agent:id``) that are connected to other nodes."""
        if not self._nodes.connected or not self._agents:
            return frozenset()
        return frozenset().union(*self._agents.values())

    # --- telling --------------------------------------------------------------------------

    def tell_people(self, channel: str) -> None:
        """Tell the others soon who is on a channel now."""
        self._soon(channel, asks=False)

    def tell_agents(self, agents: Sequence[Person]) -> None:
        """Tell the others which agents are connected."""
        self._nodes.note(encode_note(list(agents)))

    def tell(self, channel: str, told: ToldSignal | ToldRead) -> None:
        """Tell the others on a channel what somebody does."""
        self._nodes.tell(channel, encode(told))

    def end_session(self, session: str, code: CloseCode) -> None:
        """Have the others close the connections of a session."""
        self._nodes.tell_all(encode(ToldEnd(session, code)))

    def ask(self, channel: str) -> None:
        """Ask the others who is on a channel of theirs."""
        if self._remote.ask(channel, self._loop.time()) and not self._expiring:
            self._expiring = True
            self._expire()
        self._soon(channel, asks=True)

    def forget(self, channel: str) -> None:
        """Keep nothing of a channel that nobody here is on."""
        self._remote.forget(channel)

    def _soon(self, channel: str, *, asks: bool) -> None:
        if self._alone:
            return
        if not self._untold:
            self._loop.call_soon(self._tell_some)
        self._untold[channel] = asks or self._untold.get(channel, False)

    def _tell_some(self) -> None:
        for channel in list(itertools.islice(self._untold, _SLICE)):
            asks = self._untold.pop(channel)
            people = list(self._here.people_here(channel))[:MEMBERS]
            if people == self._told.get(channel, []) and not asks:
                continue
            self._tell_people(channel, people, asks=asks)
        if self._untold:
            self._loop.call_soon(self._tell_some)

    def _tell_people(self, channel: str, people: list[Person], *, asks: bool) -> None:
        if people:
            self._told[channel] = people
        else:
            self._told.pop(channel, None)
        told = ToldMembers(self._run, next(self._numbers), people, asks)
        self._nodes.tell(channel, encode(told))

    # --- hearing --------------------------------------------------------------------------

    def _hear(self, channel: str, node: str, message: bytes) -> None:
        try:
            told = decode(channel, message)
        except MalformedError as error:
            self._warn(error, node)
            return
        self._take(channel, node, told)

    def _warn(self, error: MalformedError, node: str) -> None:
        now = self._loop.time()
        if now >= self._quiet_until:
            self._quiet_until = now + _QUIET
            _LOG.warning("what another server (%.40r) tells is passed over: %s", node, error)

    def _take(self, channel: str, node: str, told: Told) -> None:
        if isinstance(told, ToldEnd):
            self._here.end_session(told.session, told.code)
        elif not self._here.is_open(channel):
            # Followed a while longer than anybody is here: nothing is kept of it.
            if isinstance(told, ToldMembers) and told.asks:
                self._answer(channel)
        elif isinstance(told, ToldMembers):
            if self._remote.told(channel, node, told.run, told.number, told.people):
                self._here.people_changed(channel)
            if told.asks:
                self._answer(channel)
        else:
            self._here.heard(channel, told)

    def _answer(self, channel: str) -> None:
        people = list(self._here.people_here(channel))[:MEMBERS]
        if people:
            self._tell_people(channel, people, asks=False)

    def _synced(self, channel: str) -> None:
        if channel and self._here.is_open(channel):
            self.ask(channel)

    def _expire(self) -> None:
        changed, wait = self._remote.expire(self._loop.time(), self._nodes.leaving)
        for channel in changed:
            self._here.people_changed(channel)
        self._expiring = wait is not None
        if wait is not None:
            self._loop.call_later(wait, self._expire)

    # --- life and death -------------------------------------------------------------------

    def _changed(self) -> None:
        others = self._nodes.others()
        changed, back = self._remote.live(others)
        for channel in changed:
            self._here.people_changed(channel)
        if self._nodes.connected is not self._connected:
            self._connected = self._nodes.connected
            for channel in self._remote.channels():
                self._here.people_changed(channel)
        self._read_notes(others)
        self._here.people_changed(None)
        living = frozenset(others)
        self._living = living
        if back:
            for channel in self._here.conversations_here():
                self.ask(channel)
        if living and not self._going_round:
            self._going_round = True
            self._loop.call_later(1.0, self._go_round)

    def _go_round(self) -> None:
        if not self._living:
            self._going_round = False
            return
        if not self._round:
            self._round.extend(self._here.conversations_here())
        for _ in range(min(_ROUND, len(self._round))):
            channel = self._round.popleft()
            if self._here.is_open(channel):
                self.ask(channel)
        self._loop.call_later(1.0, self._go_round)

    def _read_notes(self, others: Mapping[str, bytes]) -> None:
        notes = dict(others)
        agents: dict[str, frozenset[str]] = {}
        for node, note in notes.items():
            if self._notes.get(node) == note and node in self._agents:
                agents[node] = self._agents[node]
                continue
            try:
                agents[node] = frozenset(decode_note(note))
            except MalformedError as error:
                self._warn(error, node)
                agents[node] = frozenset()
        self._notes, self._agents = notes, agents
