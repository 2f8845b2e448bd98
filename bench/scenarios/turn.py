"""A visitor's message: durable, acknowledged, delivered to the agent."""

from __future__ import annotations

import asyncio
import time
from argparse import Namespace
from typing import Any

import orjson

from bench.figures import percentiles
from bench.pace import paced
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
    async with straks(options.backend) as server:
        tally = Tally()
        agents = [
            await Peer.connect(server.port, await server.agent_token()) for _ in range(AGENTS)
        ]
        turns = await asyncio.gather(
            *(Turn.begin(server, agents[n % AGENTS], tally) for n in range(VISITORS))
        )
        desk = {turn.channel: turn for turn in turns}
        for agent in agents:
            agent.on_entry = lambda channel, entry: desk[channel].delivered(entry)
        load = _paced(turns, options.rate) if options.rate else _closed(turns)
        generator = asyncio.create_task(load)
        await asyncio.sleep(WARM_UP)
        for turn in turns:
            turn.acks.clear()
            turn.deliveries.clear()
        before, cpu, began = _acked(tally), server.cpu_seconds(), time.perf_counter()
        await asyncio.sleep(options.seconds)
        done, used = _acked(tally) - before, server.cpu_seconds() - cpu
        elapsed = time.perf_counter() - began
        acks = [wait for turn in turns for wait in turn.acks]
        deliveries = [wait for turn in turns for wait in turn.deliveries]
        for turn in turns:
            turn.stopped = True
        await generator
        await _settled(turns)
        fresh = await Peer.connect(server.port, await server.agent_token())
        for turn in turns:
            tally.compare(turn.channel, await fresh.history(turn.channel))
        return [
            {
                "scenario": "turn",
                "backend": options.backend,
                **tally.counts(),
                "seconds": round(elapsed, 2),
                "rate": round(done / elapsed),
                **percentiles(acks),
                **percentiles(deliveries, "delivery_"),
                "server_cpu_s": round(used, 3),
                "acks_per_cpu_s": round(done / max(used, 1e-6)),
            }
        ]


def _acked(tally: Tally) -> int:
    return sum(len(entries) for entries in tally.acked.values())


async def _closed(turns: list[Turn]) -> None:
    for turn in turns:
        turn.closed_loop = True
        turn.say()
    while not all(turn.stopped for turn in turns):
        await asyncio.sleep(0.05)


async def _paced(turns: list[Turn], rate: float) -> None:
    await paced(
        rate,
        lambda _: not turns[0].stopped,
        lambda number, due: turns[number % len(turns)].say(due),
    )


async def _settled(turns: list[Turn]) -> None:
    deadline = time.perf_counter() + 30
    while any(turn.waiting for turn in turns):
        if time.perf_counter() > deadline:
            return
        await asyncio.sleep(0.02)


class Turn:
    """One conversation under load."""

    def __init__(self, visitor: Peer, channel: str, tally: Tally) -> None:
        self.visitor, self.channel, self.tally = visitor, channel, tally
        self.stopped = self.closed_loop = False
        self.acks: list[float] = []
        self.deliveries: list[float] = []
        self.waiting: dict[str, float] = {}
        """Offset or key of what was not yet acknowledged and delivered, by its time."""
        self._sent_at: dict[int, float] = {}
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
        """Send a message."""
        if self.stopped:
            return
        key, now = new_key(), due or time.perf_counter()
        self.tally.sent += 1
        self.waiting[key] = now
        frame = {
            "type": "publish", "channel": self.channel, "key": key, "kind": "message",
            "data": {"text": TEXT},
        }  # fmt: skip
        self.visitor.call(frame, lambda reply: self._settled(key, now, reply))

    def _settled(self, key: str, sent: float, reply: dict[str, Any]) -> None:
        if reply["type"] != "published":
            raise AssertionError(f"a publish was refused: {orjson.dumps(reply).decode()}")
        offset, now = reply["offset"], time.perf_counter()
        self.acks.append(now - sent)
        self.tally.ack(self.channel, key, offset, reply["entry_id"])
        arrived = self._early.pop(offset, None)
        if arrived is None:
            self._sent_at[offset] = sent
        else:
            self.deliveries.append(arrived - sent)
        del self.waiting[key]
        if self.closed_loop:
            self.say()

    def delivered(self, entry: dict[str, Any]) -> None:
        """Count an entry as the agent's connection got it."""
        offset = entry["offset"]
        self.tally.stream("agent", self.channel).arrived(offset, entry["id"])
        if entry["from"]["kind"] != "visitor":
            return
        sent = self._sent_at.pop(offset, None)
        if sent is None:
            self._early[offset] = time.perf_counter()
        else:
            self.deliveries.append(time.perf_counter() - sent)
