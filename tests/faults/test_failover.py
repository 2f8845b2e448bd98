"""A replica takes over that had not received all: nobody believes in what went with the master."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fault_load import fault_test
from tests.support.forks import forks
from tests.support.nodes import Nodes
from tests.support.postgres_server import PostgresServer
from tests.support.redis_sentinel import RedisSentinel, redis_sentinel
from tests.support.two_sides import two_sides

pytestmark = fault_test(240)


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisSentinel]:
    with redis_sentinel(tmp_path / "redis", appendfsync="always") as redis:
        yield redis


@pytest.fixture
def nodes(tmp_path: Path, redis: RedisSentinel, postgres: PostgresServer) -> Iterator[Nodes]:
    records = postgres.create("failover")
    with Nodes(tmp_path, redis=redis.url, database=records) as nodes:
        yield nodes


async def test_all_that_show_lost_entries_are_told(nodes: Nodes, redis: RedisSentinel) -> None:
    async with forks(nodes) as talks:
        await talks.keep()
        await asyncio.to_thread(redis.detach_replica)
        await talks.lose()
        talks.mark()
        old = await asyncio.to_thread(redis.promote)
        await asyncio.to_thread(redis.wait_promoted, old)
        # Nothing is published yet: they learn it by the new connection alone.
        await talks.all_are_told()
        await talks.nobody_comes_back_to_what_is_lost()
        await talks.grow()
        await talks.nobody_comes_back_to_what_is_lost()
        await talks.store_again()
        await talks.check("replica promoted")


async def test_a_node_that_missed_the_failover_finds_a_log_that_has_grown(
    nodes: Nodes, redis: RedisSentinel
) -> None:
    """Offsets alone do not tell: those that its clients show exist again, with other entries."""
    async with forks(nodes) as talks:
        await talks.keep()
        await asyncio.to_thread(redis.detach_replica)
        await talks.lose()
        nodes.pause(0)
        try:
            old = await asyncio.to_thread(redis.promote)
            await asyncio.to_thread(redis.wait_promoted, old)
            await talks.grow()
        finally:
            nodes.resume(0)
        talks.mark()
        await talks.all_are_told()
        await talks.nobody_comes_back_to_what_is_lost()
        await talks.store_again()
        await talks.check("replica promoted, and a node missed it")


async def test_what_a_replaced_master_still_took_is_not_believed(
    nodes: Nodes, redis: RedisSentinel
) -> None:
    """The old master lives, and takes writes until the sentinels turn it into a replica."""
    async with two_sides(nodes) as talk:
        kept = await talk.say(talk.visitor, 3)
        old = await asyncio.to_thread(redis.hand_over)
        new = await asyncio.to_thread(redis.wait_promoted, old)
        said = [*await talk.say(talk.visitor, 3), *await talk.say(talk.agent, 3)]
        await asyncio.to_thread(redis.wait_replica, old)
        assert redis.master is new
        last = await talk.say(talk.agent, 1)
        await talk.both_show(await talk.log(0))
        there = dict(await talk.log(1))
        for position in said:
            found = await talk.come_back(1, position)
            held = there.get(position["offset"]) == position["entry_id"]
            assert found["recovered"] == held, position
        assert (await talk.come_back(1, kept[-1]))["recovered"]
        assert there[last[0]["offset"]] == last[0]["entry_id"]
