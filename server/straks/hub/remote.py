"""Who is where on the other nodes, as far as they told."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Sequence
from math import inf
from typing import Final, TypeAlias

__all__ = ["MEMBERS", "Person", "Remote"]

MEMBERS: Final = 1000
"""Members of a channel that one node tells, or keeps of the others. Overflow policy: "cut"."""
_NODES: Final = 256
"""Nodes that are kept in mind at most. Overflow policy: "drop": first what those told who are not
seen to live, then what comes."""

Person: TypeAlias = tuple[str, str | None]
"""A ``kind:id`` and a name."""


class _Told:
    """The last that a node told of one channel."""

    __slots__ = ("number", "people", "run", "until")

    def __init__(self, run: int, number: int, people: Sequence[Person]) -> None:
        self.run = run
        self.number = number
        self.people = people
        self.until = inf
        """When it is let go unless the node tells again; inf: nobody asked."""


class Remote:
    """Keeps the members that each other node told last. Pure: times are passed in, in seconds.

    Shown are those of nodes that live. What a node tells before it is seen to live waits for
    that, and what a node told goes with its life.
    """

    def __init__(self, *, patience: float) -> None:
        """``patience``: for how long a node that was asked may say nothing, and is believed."""
        self._patience = patience
        self._nodes: dict[str, dict[str, _Told]] = {}
        self._living: frozenset[str] = frozenset()
        self._lost: dict[str, None] = {}
        self._asked: deque[tuple[float, str]] = deque()

    def told(
        self, channel: str, node: str, run: int, number: int, people: Sequence[Person]
    ) -> bool:
        """Take what a node tells; say whether it shows.

        An older message of the same run of the node changes nothing.
        """
        channels = self._nodes.get(node)
        if channels is None:
            if len(self._nodes) >= _NODES and not self._make_room():
                return False
            channels = self._nodes[node] = {}
        known = channels.get(channel)
        if known is not None and known.run == run and known.number >= number:
            return False
        room = MEMBERS - sum(
            len(others[channel].people)
            for name, others in self._nodes.items()
            if name != node and channel in others
        )
        channels[channel] = told = _Told(run, number, people[: max(room, 0)])
        before = known.people if known is not None else ()
        return node in self._living and list(before) != list(told.people)

    def _make_room(self) -> bool:
        stranger = next((node for node in self._nodes if node not in self._living), None)
        if stranger is None:
            return False
        del self._nodes[stranger]
        return True

    def channels(self) -> list[str]:
        """Name the channels of which something is known."""
        return list(dict.fromkeys(name for known in self._nodes.values() for name in known))

    def people(self, channel: str) -> list[Person]:
        """Who is on a channel of the other nodes; somebody who is on two comes twice."""
        return [
            person
            for node, channels in self._nodes.items()
            if node in self._living and channel in channels
            for person in channels[channel].people
        ]

    def forget(self, channel: str) -> None:
        """Keep nothing of a channel."""
        for node, channels in list(self._nodes.items()):
            if channels.pop(channel, None) is not None and not channels:
                del self._nodes[node]

    # --- asking ---------------------------------------------------------------------------

    def ask(self, channel: str, now: float) -> bool:
        """Doubt what is known of a channel, until the nodes tell it again.

        Says whether there is something to doubt, so that :meth:`expire` must be called.
        """
        until = now + self._patience
        known = [
            channels[channel]
            for channels in self._nodes.values()
            # Who is doubted already has no more time for being asked again.
            if channel in channels and channels[channel].until == inf
        ]
        for told in known:
            told.until = until
        if known:
            self._asked.append((until, channel))
        return bool(known)

    def expire(self, now: float, believed: Collection[str] = ()) -> tuple[list[str], float | None]:
        """Let go what nobody confirmed in time, but for nodes that are ``believed`` all the same.

        Returns the channels that changed, and the seconds until the next, None for never.
        """
        changed: dict[str, None] = {}
        while self._asked and self._asked[0][0] <= now:
            _, channel = self._asked.popleft()
            for node, channels in list(self._nodes.items()):
                told = channels.get(channel)
                if told is None or told.until > now:
                    continue
                if node in believed:
                    told.until = inf
                else:
                    del channels[channel]
                    changed[channel] = None
                    if not channels:
                        del self._nodes[node]
        return list(changed), self._asked[0][0] - now if self._asked else None

    # --- life and death -------------------------------------------------------------------

    def live(self, nodes: Collection[str]) -> tuple[list[str], bool]:
        """Take note of the other nodes that live.

        Returns the channels that changed, and whether a node is back whose members are forgotten.
        """
        living = frozenset(nodes)
        changed: dict[str, None] = {}
        for node in self._living - living:
            changed.update(dict.fromkeys(self._nodes.pop(node, ())))
            self._lost[node] = None
        back = False
        for node in living - self._living:
            changed.update(dict.fromkeys(self._nodes.get(node, ())))
            back = back or node in self._lost
            self._lost.pop(node, None)
        while len(self._lost) > _NODES:
            del self._lost[next(iter(self._lost))]
        self._living = living
        return list(changed), back
