"""Each visitor's message is acknowledged, and delivered to an agent."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from bench.compared.measured import Meter
from bench.figures import percentiles
from bench.pace import paced
from bench.peers.system import Client, Server

__all__ = ["measure"]

VISITORS = 200
AGENTS = 10
WARM_UP = 0.5


async def measure(server: Server, seconds: float, rate: float | None = None) -> dict[str, Any]:
    """A closed loop of one outstanding message for each visitor, or ``rate`` a second in all.

    Raises:
        AssertionError: what was acknowledged was not delivered, once and in order.
    """
    agents = [await server.connect(agent=True) for _ in range(AGENTS)]
    talks: dict[str, _Talk] = {}
    for number in range(VISITORS):
        visitor, agent = await server.connect(), agents[number % AGENTS]
        channel = await server.channel(visitor, agent)
        talks[channel] = _Talk(visitor, channel)
    for agent in agents:
        agent.on_entry = lambda channel, mark: talks[channel].delivered(mark)
    all_talks = list(talks.values())
    load = asyncio.create_task(_load(all_talks, rate))
    await asyncio.sleep(WARM_UP)
    for talk in all_talks:
        talk.acks.clear()
        talk.deliveries.clear()
    meter = Meter(server)
    before = sum(talk.acked for talk in all_talks)
    await asyncio.sleep(seconds)
    row = meter.row(sum(talk.acked for talk in all_talks) - before)
    waits = [wait for talk in all_talks for wait in talk.acks]
    deliveries = [wait for talk in all_talks for wait in talk.deliveries]
    for talk in all_talks:
        talk.stopped = True
    behind = await load
    await _settled(all_talks)
    for client in (*agents, *(talk.visitor for talk in all_talks)):
        client.close()
    if behind:
        row["behind"] = True
    else:
        row |= {**percentiles(waits), **percentiles(deliveries, "delivery_")}
    return row


async def _load(talks: list[_Talk], rate: float | None) -> bool:
    """Give whether the load could not keep its schedule."""
    if rate is None:
        for talk in talks:
            talk.closed_loop = True
            talk.say()
        while not all(talk.stopped for talk in talks):
            await asyncio.sleep(0.01)
        return False
    began = time.perf_counter()
    sent = await paced(
        rate,
        lambda _: not talks[0].stopped,
        lambda number, due: talks[number % len(talks)].say(due),
    )
    return sent < 0.99 * rate * (time.perf_counter() - began) - 1


async def _settled(talks: list[_Talk]) -> None:
    deadline = time.perf_counter() + 30
    while any(talk.acked != talk.sent or talk.received != talk.sent for talk in talks):
        if time.perf_counter() > deadline:
            raise AssertionError("what was sent was not acknowledged and delivered")
        await asyncio.sleep(0.01)


class _Talk:
    """One visitor's."""

    def __init__(self, visitor: Client, channel: str) -> None:
        self.visitor, self._channel = visitor, channel
        self.stopped = self.closed_loop = False
        self.sent = self.acked = self.received = 0
        self.acks: list[float] = []
        self.deliveries: list[float] = []
        self._sent_at: dict[int, float] = {}

    def say(self, due: float | None = None) -> None:
        if self.stopped:
            return
        self.sent += 1
        mark, now = self.sent, due or time.perf_counter()
        self._sent_at[mark] = now
        self.visitor.publish(self._channel, mark, lambda: self._settle(now))

    def _settle(self, sent: float) -> None:
        self.acked += 1
        self.acks.append(time.perf_counter() - sent)
        if self.closed_loop:
            self.say()

    def delivered(self, mark: int) -> None:
        self.received += 1
        if mark != self.received:
            raise AssertionError(f"message {mark} came in the place of {self.received}")
        self.deliveries.append(time.perf_counter() - self._sent_at.pop(mark))
