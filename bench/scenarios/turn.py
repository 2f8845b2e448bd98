"""A visitor's message: durable, acknowledged, delivered to the agent."""

from __future__ import annotations

import asyncio
import time
from argparse import Namespace
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import orjson

from bench.latency import Latencies
from bench.load import Portion, drive, portions
from bench.pace import Kept, Span, keep, until
from bench.peer import Peer, new_key
from bench.server import Running, straks
from bench.tally import Tally

__all__ = ["run"]

VISITORS = 200
AGENTS = 10
TEXT = "Hello, my parcel has not come yet. It was to be here on Tuesday, order 48151623. "
WARM_UP = 1.0


async def run(options: Namespace) -> list[dict[str, Any]]:
    """Closed loop of one outstanding message per visitor, or ``--rate`` messages a second."""
    processes = min(options.processes, AGENTS)
    people = zip(portions(VISITORS, processes), portions(AGENTS, processes), strict=True)
    async with straks(options.backend) as server:
        works = [
            Turns(
                server,
                visitors,
                agents,
                options.rate and options.rate / processes,
                number / processes,
            )
            for number, (visitors, agents) in enumerate(people)
        ]
        row, portion = await drive(works, server, WARM_UP, options.seconds)
        row["acks_per_cpu_s"] = row.pop("per_cpu_s")
        return [
            {
                "scenario": "turn",
                "backend": options.backend,
                **portion.counts,
                **row,
                **portion.figures(),
            }
        ]


@dataclass(slots=True)
class Turns:
    """Visitors who speak with agents; a work of the load."""

    server: Running
    visitors: int
    agents: int
    rate: float | None
    phase: float
    """See :func:`bench.pace.keep`."""
    _turns: list[Turn] = field(default_factory=list)
    _tally: Tally = field(default_factory=Tally)

    async def begin(self) -> None:
        """Connect all, each visitor with an agent."""
        agents = [
            await Peer.connect(self.server.port, await self.server.agent_token())
            for _ in range(self.agents)
        ]
        self._turns = await asyncio.gather(
            *(
                Turn.begin(self.server, agents[n % len(agents)], self._tally)
                for n in range(self.visitors)
            )
        )
        desk = {turn.channel: turn for turn in self._turns}
        for agent in agents:
            agent.on_entry = lambda channel, entry: desk[channel].delivered(entry)

    async def run(self, span: Span) -> Portion:
        """Speak, and hold what was acknowledged and delivered against what is stored."""
        turns, book = self._turns, Book(span, closed=self.rate is None)
        for turn in turns:
            turn.book = book
        kept: Kept | None = None
        if self.rate is None:
            await until(span.began)
            for turn in turns:
                turn.say()
            await until(span.end)
        else:
            kept = await keep(
                span,
                self.rate,
                lambda number, due: turns[number % len(turns)].say(due),
                phase=self.phase,
            )
        await _settled(turns)
        fresh = await Peer.connect(self.server.port, await self.server.agent_token())
        for turn in turns:
            self._tally.compare(turn.channel, await fresh.history(turn.channel))
        counts = Counter(self._tally.counts())
        return Portion(book.done, {"": book.acks, "delivery_": book.deliveries}, kept, counts)


async def _settled(turns: list[Turn]) -> None:
    deadline = time.perf_counter() + 30
    while any(turn.waiting for turn in turns):
        if time.perf_counter() > deadline:
            return
        await asyncio.sleep(0.02)


class Book:
    """What is written down of all conversations."""

    def __init__(self, span: Span, *, closed: bool) -> None:
        self.span = span
        self.closed = closed
        """Whether a visitor says the next when the last was acknowledged."""
        self.done = 0
        self.acks, self.deliveries = Latencies(), Latencies()

    def delivered(self, due: float, now: float) -> None:
        """Note a delivery, if what was said was due in the measured time."""
        if self.span.holds(due):
            self.deliveries.note(now - due)


class Turn:
    """One conversation under load."""

    book: Book

    def __init__(self, visitor: Peer, channel: str, tally: Tally) -> None:
        self.visitor, self.channel, self.tally = visitor, channel, tally
        self.waiting: set[str] = set()
        """Keys of what was not yet acknowledged."""
        self._due: dict[int, float] = {}
        self._early: dict[int, float] = {}

    @classmethod
    async def begin(cls, server: Running, agent: Peer, tally: Tally) -> Turn:
        """Open a conversation and let an agent accept it."""
        visitor = await Peer.connect(server.port)
        opened = await visitor.open(TEXT)
        channel = opened["channel"]
        await agent.publish(channel, "accept", expect=opened["offset"])
        await agent.subscribe(channel)
        return cls(visitor, channel, tally)

    def say(self, due: float | None = None) -> None:
        """Send a message, that was due then; in a closed loop it is due when it is sent."""
        key, moment = new_key(), due or time.perf_counter()
        self.tally.sent += 1
        self.waiting.add(key)
        frame = {
            "type": "publish", "channel": self.channel, "key": key, "kind": "message",
            "data": {"text": TEXT},
        }  # fmt: skip
        self.visitor.call(frame, lambda reply: self._settled(key, moment, reply))

    def _settled(self, key: str, due: float, reply: dict[str, Any]) -> None:
        if reply["type"] != "published":
            raise AssertionError(f"a publish was refused: {orjson.dumps(reply).decode()}")
        offset, now, book = reply["offset"], time.perf_counter(), self.book
        book.done += book.span.holds(now)
        if book.span.holds(due):
            book.acks.note(now - due)
        self.tally.ack(self.channel, key, offset, reply["entry_id"])
        arrived = self._early.pop(offset, None)
        if arrived is None:
            self._due[offset] = due
        else:
            book.delivered(due, arrived)
        self.waiting.remove(key)
        if book.closed and now < book.span.end:
            self.say()

    def delivered(self, entry: dict[str, Any]) -> None:
        """Count an entry as the agent's connection got it."""
        offset = entry["offset"]
        self.tally.stream("agent", self.channel).arrived(offset, entry["id"])
        if entry["from"]["kind"] != "visitor":
            return
        due = self._due.pop(offset, None)
        if due is None:
            self._early[offset] = time.perf_counter()
        else:
            self.book.delivered(due, time.perf_counter())
