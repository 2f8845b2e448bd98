"""Of two nodes one is killed again and again under load, and takes nothing with it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fault_load import SHOP, fault_test, load, rounds
from tests.support.nodes import ORIGIN, UNLIMITED, Nodes
from tests.support.redis_server import RedisServer
from tests.support.talk import Frame, Talker, new_key

BETWEEN = 300
"""Most acknowledgements between two kills."""
SUSPENDED = 20.0
"""Seconds: longer than any lease."""
LATE = 8.0
"""Seconds: longer than the lease of a node that was killed, shorter than a drain may take."""
DRAIN = 60
"""Seconds that it may take here: who comes back late comes back within it."""
ROAMING, FAITHFUL = (0, 1), (0,)
"""Visitors who go to the other node when their own is gone, and those who wait for it."""

pytestmark = fault_test(120)


@pytest.fixture(scope="module")
def nodes(folder: Path, durable_redis: RedisServer, records: str) -> Iterator[Nodes]:
    settings = {**UNLIMITED, "drain_seconds": str(DRAIN)}
    with Nodes(folder, redis=durable_redis.url, database=records, settings=settings) as nodes:
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


async def test_nobody_is_seen_to_go_with_a_node_that_stops_in_good_order(nodes: Nodes) -> None:
    """Its agents were told to come back, each at a time of their own."""
    async with Talker(nodes[0].socket_url, origin=SHOP) as visitor:
        opened = await visitor.ask("open", key=new_key(), data={"text": "hello"})
        channel = opened["channel"]
        await visitor.ask("subscribe", channel=channel)
        try:
            async with Talker(
                nodes[1].socket_url, origin=ORIGIN, token=await nodes.token(1)
            ) as agent:
                await agent.publish(channel, "accept", expect=opened["offset"])
                await agent.ask("subscribe", channel=channel)
                await visitor.wait_for(with_agent)
                since = len(visitor.frames)
                assert await nodes[1].stop_async() == 0
            await asyncio.sleep(LATE)
            async with Talker(
                nodes[0].socket_url, origin=ORIGIN, token=await nodes.token(0)
            ) as agent:
                await agent.ask("subscribe", channel=channel)
                assert with_agent(await visitor.ask("presence", channel=channel))
                pushed = [f for f in visitor.frames[since:] if f["type"] == "presence"]
                assert all(with_agent(frame) for frame in pushed), pushed
        finally:
            await nodes[1].start_async()


def with_agent(frame: Frame) -> bool:
    """Tell whether a frame says that the agent is here."""
    return (
        frame["type"] == "presence"
        and frame["available"]
        and any(member["kind"] == "agent" for member in frame["members"])
    )
