"""Of two nodes one is killed again and again under load, and takes nothing with it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fault_load import fault_test, load, rounds
from tests.support.nodes import Nodes
from tests.support.redis_server import RedisServer

BETWEEN = 300
"""Most acknowledgements between two kills."""
SUSPENDED = 20.0
"""Seconds: longer than any lease."""
ROAMING, FAITHFUL = (0, 1), (0,)
"""Visitors who go to the other node when their own is gone, and those who wait for it."""

pytestmark = fault_test(120)


@pytest.fixture(scope="module")
def nodes(folder: Path, durable_redis: RedisServer, records: str) -> Iterator[Nodes]:
    with Nodes(folder, redis=durable_redis.url, database=records) as nodes:
        yield nodes


async def kill_and_start(nodes: Nodes, number: int) -> None:
    nodes[number].kill()
    await nodes[number].start_async()


async def test_the_visitors_node_is_killed(nodes: Nodes) -> None:
    async with load(
        nodes, "visitors' node killed", visitors=[ROAMING, FAITHFUL], agent=[1]
    ) as running:
        for _ in rounds(4):
            await running.flow(running.random.randrange(BETWEEN))
            await running.in_motion()
            running.mark()
            await kill_and_start(nodes, 0)


async def test_the_agents_node_is_killed(nodes: Nodes) -> None:
    async with load(nodes, "agent's node killed", visitors=[[0]], agent=[1, 0]) as running:
        for _ in rounds(4):
            await running.flow(running.random.randrange(BETWEEN))
            await running.in_motion()
            running.mark()
            await kill_and_start(nodes, 1)


async def test_both_nodes_are_killed_in_turn_and_at_once(nodes: Nodes) -> None:
    async with load(nodes, "both killed", visitors=[ROAMING, FAITHFUL], agent=[1, 0]) as running:
        for number in rounds(3):
            await running.flow(running.random.randrange(BETWEEN))
            await running.in_motion()
            running.mark()
            if number % 3 == 2:
                nodes.kill()
                await nodes[0].start_async()
                await nodes[1].start_async()
            else:
                await kill_and_start(nodes, number % 3)


async def test_a_node_that_stops_and_goes_on_loses_nothing(nodes: Nodes) -> None:
    """As a machine does that was suspended: its leases have ended, its sockets have not."""
    async with load(nodes, "node suspended", visitors=[[0], [1]], agent=[1]) as running:
        for _ in rounds(1):
            await running.flow(200)
            nodes.pause(0)
            try:
                await asyncio.sleep(SUSPENDED)
            finally:
                nodes.resume(0)
            running.mark()
