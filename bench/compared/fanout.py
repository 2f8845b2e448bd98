"""What one says is delivered to many."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any, Final

from bench.compared.measured import Meter
from bench.latency import Latencies
from bench.load import Portion, drive, told
from bench.pace import Span, keep
from bench.peers.system import Client, Server

__all__ = ["RATE_PART", "measure", "measure_at"]

SUBSCRIBERS = 500
FEWER = 50
"""Subscribers where time counts: the load needs more for 500 deliveries than a server does."""
RATE_PART: Final = 5
"""So many messages are sent to one for each to many where rates are fixed."""
WARM_UP = 0.3


async def measure(server: Server, seconds: float, burst: int = 1) -> dict[str, Any]:
    """Publish ``burst`` messages at once, and again when all subscribers have them."""
    publisher, clients, channel = await _gather(server, SUBSCRIBERS)
    crowd = _Crowd(len(clients))
    for number, client in enumerate(clients):
        client.on_entry = lambda _, mark, number=number: crowd.arrived(number, mark)  # type: ignore[misc]  # a bound default
    meter, stop = Meter(server), time.perf_counter() + seconds
    while time.perf_counter() < stop:
        done = crowd.expect(burst)
        for mark in range(crowd.sent - burst + 1, crowd.sent + 1):
            publisher.publish(channel, mark, crowd.acknowledged)
        await asyncio.wait_for(done, 30)
    row = meter.row(crowd.sent * len(clients))
    async with asyncio.timeout(30):
        while crowd.acks < crowd.sent:
            await asyncio.sleep(0.01)
    for client in (publisher, *clients):
        client.close()
    return row


async def measure_at(server: Server, seconds: float, rate: float) -> dict[str, Any]:
    """Publish ``rate`` messages a second to some fewer subscribers."""
    return told(*await drive([_Speech(server, rate)], server, WARM_UP, seconds))


async def _gather(server: Server, count: int) -> tuple[Client, list[Client], str]:
    """Give who speaks, those who listen, and their channel."""
    publisher, first = await server.connect(), await server.connect(agent=True)
    channel = await server.channel(publisher, first)
    others = [await server.connect(agent=True) for _ in range(count - 1)]
    for other in others:
        await other.subscribe(channel)
    return publisher, [first, *others], channel


@dataclass(slots=True)
class _Speech:
    """A work of the load."""

    server: Server
    rate: float
    _publisher: Client = field(init=False)
    _clients: list[Client] = field(init=False)
    _channel: str = ""

    async def begin(self) -> None:
        """Let everybody come."""
        self._publisher, self._clients, self._channel = await _gather(self.server, FEWER)

    async def run(self, span: Span) -> Portion:
        """Speak, and wait until all have heard it."""
        waits, dues, portion = Latencies(), list[float](), Portion()
        last = [0] * len(self._clients)

        def heard(number: int, mark: int) -> None:
            _follows(last[number], mark)
            last[number] = mark
            now, due = time.perf_counter(), dues[mark - 1]
            portion.done += span.holds(now)
            if span.holds(due):
                waits.note(now - due)

        for number, client in enumerate(self._clients):
            client.on_entry = lambda _, mark, number=number: heard(number, mark)  # type: ignore[misc]  # a bound default

        def acknowledged() -> None:
            portion.counts["acked"] += 1

        def say(number: int, due: float) -> None:
            dues.append(due)
            self._publisher.publish(self._channel, number + 1, acknowledged)

        portion.kept = await keep(span, self.rate, say)
        async with asyncio.timeout(30):
            while portion.counts["acked"] < len(dues) or min(last) < len(dues):
                await asyncio.sleep(0.01)
        for client in (self._publisher, *self._clients):
            client.close()
        portion.waits[""] = waits
        return portion


class _Crowd:
    """Those who wait for the same."""

    def __init__(self, size: int) -> None:
        self.sent = self.acks = 0
        self._last = [0] * size
        self._left = 0
        self._done: asyncio.Future[None]

    def expect(self, count: int) -> asyncio.Future[None]:
        self.sent += count
        self._left = count * len(self._last)
        self._done = asyncio.get_running_loop().create_future()
        return self._done

    def acknowledged(self) -> None:
        self.acks += 1

    def arrived(self, number: int, mark: int) -> None:
        _follows(self._last[number], mark)
        self._last[number] = mark
        self._left -= 1
        if not self._left:
            self._done.set_result(None)


def _follows(last: int, mark: int) -> None:
    if mark != last + 1:
        raise AssertionError(f"message {mark} came after {last}")
