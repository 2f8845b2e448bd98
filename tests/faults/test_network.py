"""The network between one node and Redis breaks, wholly, one way, or only where it listens."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.support.fault_load import fault_test, load, rounds
from tests.support.nodes import Nodes
from tests.support.proxy import Direction, Predicate, ThreadProxy
from tests.support.redis_server import RedisServer
from tests.support.stopping import stopped
from tests.support.two_sides import two_sides

CUT = 2.0
"""Seconds: longer than any probe, shorter than the deadline of a publish."""
LISTENS = b"SSUBSCRIBE"
"""What only the connection has said that hears what others append."""
AT_ONCE = 2.0
"""Seconds within which a subscriber has what the bus has lost, beyond what it takes anyhow."""

pytestmark = fault_test(120)


def listens(said: bytes) -> bool:
    return LISTENS in said


async def harm(way: Callable[[Predicate], int]) -> None:
    """Do something to the connection that listens, once it is back from the last time."""
    async with asyncio.timeout(30):
        while not await asyncio.to_thread(way, listens):
            await asyncio.sleep(0.01)


def median(times: Sequence[float]) -> float:
    return sorted(times)[len(times) // 2]


@pytest.fixture(scope="module")
def proxy(durable_redis: RedisServer) -> Iterator[ThreadProxy]:
    with ThreadProxy(durable_redis.port) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def nodes(
    folder: Path, durable_redis: RedisServer, proxy: ThreadProxy, records: str
) -> Iterator[Nodes]:
    """The first reaches Redis through the proxy."""
    addresses = [f"redis://127.0.0.1:{proxy.port}/0", durable_redis.url]
    with Nodes(folder, redis=addresses, database=records) as nodes:
        yield nodes


async def test_a_node_is_cut_off(nodes: Nodes, proxy: ThreadProxy) -> None:
    async with load(nodes, "cut off", visitors=[[0], [1]], agent=[1]) as running:
        for _ in rounds(3):
            await running.flow(200)
            await running.in_motion()
            await asyncio.to_thread(proxy.cut)
            await asyncio.sleep(CUT)
            await asyncio.to_thread(proxy.heal)
            running.mark()


@pytest.mark.parametrize("direction", [Direction.UP, Direction.DOWN, Direction.BOTH])
async def test_nothing_comes_through_for_a_while(
    nodes: Nodes, proxy: ThreadProxy, direction: Direction
) -> None:
    """Packets are lost, and connections stay."""
    title = f"held {direction.name}"
    async with load(nodes, title, visitors=[[0], [1]], agent=[1]) as running:
        for _ in rounds(2):
            await running.flow(200)
            await running.in_motion()
            await asyncio.to_thread(proxy.hold, direction)
            await asyncio.sleep(CUT)
            await asyncio.to_thread(proxy.heal)
            running.mark()


async def test_what_was_on_its_way_is_gone(nodes: Nodes, proxy: ThreadProxy) -> None:
    async with load(nodes, "swallowed", visitors=[[0], [1]], agent=[1]) as running:
        for direction in (Direction.UP, Direction.DOWN):
            await running.flow(200)
            await running.in_motion()
            await asyncio.to_thread(proxy.swallow, direction)
            await asyncio.sleep(CUT)
            await asyncio.to_thread(proxy.heal)
            running.mark()


async def test_the_connection_that_listens_breaks_alone(nodes: Nodes, proxy: ThreadProxy) -> None:
    async with load(nodes, "bus broken", visitors=[[0], [1]], agent=[0, 1]) as running:
        for _ in rounds(4):
            await running.flow(200)
            await harm(proxy.drop_connections)
            running.mark()


async def test_the_last_message_that_the_bus_lost_is_there_in_time(
    nodes: Nodes, proxy: ThreadProxy
) -> None:
    """Nothing follows it that would show a gap, and the connection looks healthy."""
    undisturbed, took = [], []
    async with two_sides(nodes) as talk:

        async def say() -> float:
            began = time.monotonic()
            await talk.say(talk.agent, 1)
            await talk.both_show(await talk.log(1))
            return time.monotonic() - began

        for _ in rounds(5):
            undisturbed.append(await say())
            await harm(proxy.deafen)
            took.append(await say())  # the visitor is on the node that hears nothing now
            await asyncio.to_thread(proxy.heal)
    lost, usual = median(took), median(undisturbed)
    print(f"lost on the bus: there after {lost:.2f} s, at most {max(took):.2f} s")  # noqa: T201
    assert lost - usual < AT_ONCE, (took, undisturbed)
    assert talk.visitor.resets == talk.agent.resets == 0


async def test_redis_does_nothing_for_ten_seconds(nodes: Nodes, durable_redis: RedisServer) -> None:
    async with load(nodes, "Redis paused", visitors=[[0], [1]], agent=[1]) as running:
        for _ in rounds(1):
            await running.flow(200)
            await running.in_motion()
            with stopped(durable_redis.pid):
                await asyncio.sleep(10.0)
            running.mark()
