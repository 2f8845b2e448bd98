"""Each visitor's message is acknowledged, and delivered to an agent."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

from bench.latency import Latencies
from bench.load import Portion, drive, portions, told
from bench.pace import Kept, Span, keep, until
from bench.peers.system import Client, Server

__all__ = ["measure"]

VISITORS = 200
AGENTS = 10
WARM_UP = 0.5


async def measure(
    server: Server, seconds: float, rate: float | None = None, processes: int = 1
) -> dict[str, Any]:
    """A closed loop of one outstanding message for each visitor, or ``rate`` a second in all.

    Raises:
        AssertionError: what was acknowledged was not delivered, once and in order.
    """
    processes = min(processes, AGENTS)
    people = zip(portions(VISITORS, processes), portions(AGENTS, processes), strict=True)
    works = [
        Talks(server, visitors, agents, rate and rate / processes, number / processes)
        for number, (visitors, agents) in enumerate(people)
    ]
    row, portion = await drive(works, server, WARM_UP, seconds)
    if rate is None:
        return row
    return told(row, portion)


@dataclass(slots=True)
class Talks:
    """Visitors who speak with agents; a work of the load."""

    server: Server
    visitors: int
    agents: int
    rate: float | None
    phase: float
    """See :func:`bench.pace.keep`."""
    _talks: list[_Talk] = field(default_factory=list)
    _agents: list[Client] = field(default_factory=list)

    async def begin(self) -> None:
        """Connect all, each visitor with an agent."""
        self._agents = [await self.server.connect(agent=True) for _ in range(self.agents)]
        talks: dict[str, _Talk] = {}
        for number in range(self.visitors):
            visitor, agent = await self.server.connect(), self._agents[number % self.agents]
            channel = await self.server.channel(visitor, agent)
            talks[channel] = _Talk(visitor, channel)
        for agent in self._agents:
            agent.on_entry = lambda channel, mark: talks[channel].delivered(mark)
        self._talks = list(talks.values())

    async def run(self, span: Span) -> Portion:
        """Speak, and wait until all was acknowledged and delivered."""
        talks, book = self._talks, _Book(span, closed=self.rate is None)
        for talk in talks:
            talk.book = book
        kept: Kept | None = None
        if self.rate is None:
            await until(span.began)
            for talk in talks:
                talk.say()
            await until(span.end)
        else:
            kept = await keep(
                span,
                self.rate,
                lambda number, due: talks[number % len(talks)].say(due),
                phase=self.phase,
            )
        await _settled(talks)
        for client in (*self._agents, *(talk.visitor for talk in talks)):
            client.close()
        return Portion(book.done, {"": book.acks, "delivery_": book.deliveries}, kept)


async def _settled(talks: list[_Talk]) -> None:
    deadline = time.perf_counter() + 30
    while any(talk.acked != talk.sent or talk.received != talk.sent for talk in talks):
        if time.perf_counter() > deadline:
            raise AssertionError("what was sent was not acknowledged and delivered")
        await asyncio.sleep(0.01)


class _Book:
    """What is written down of all talks."""

    def __init__(self, span: Span, *, closed: bool) -> None:
        self.span = span
        self.closed = closed
        """Whether a visitor says the next when the last was acknowledged."""
        self.done = 0
        self.acks, self.deliveries = Latencies(), Latencies()


class _Talk:
    """One visitor's."""

    book: _Book

    def __init__(self, visitor: Client, channel: str) -> None:
        self.visitor, self._channel = visitor, channel
        self.sent = self.acked = self.received = 0
        self._due: dict[int, float] = {}

    def say(self, due: float | None = None) -> None:
        """Say something, that was due then; in a closed loop it is due when it is said."""
        self.sent += 1
        mark, due = self.sent, due or time.perf_counter()
        self._due[mark] = due
        self.visitor.publish(self._channel, mark, lambda: self._settle(due))

    def _settle(self, due: float) -> None:
        self.acked += 1
        now, book = time.perf_counter(), self.book
        book.done += book.span.holds(now)
        if book.span.holds(due):
            book.acks.note(now - due)
        if book.closed and now < book.span.end:
            self.say()

    def delivered(self, mark: int) -> None:
        """Count what an agent got."""
        self.received += 1
        if mark != self.received:
            raise AssertionError(f"message {mark} came in the place of {self.received}")
        due = self._due.pop(mark)
        if self.book.span.holds(due):
            self.book.deliveries.note(time.perf_counter() - due)
