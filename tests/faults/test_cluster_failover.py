"""A replica in a Redis Cluster takes over, with and without all that its master acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from straks.log.redis.keys import channel_keys, slot_of
from tests.support.fault_load import fault_test, load, rounds
from tests.support.forks import forks
from tests.support.nodes import Nodes
from tests.support.redis_cluster import ClusterNode, RedisCluster, redis_cluster

pytestmark = fault_test(180)


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisCluster]:
    folder = tmp_path_factory.mktemp("cluster")
    options = {"appendfsync": "always", "min_replicas_to_write": "0"}
    with redis_cluster(folder, replicas=True, node_timeout=1.0, **options) as servers:
        yield servers


@pytest.fixture
def cluster(servers: RedisCluster) -> RedisCluster:
    """All of them: those that an earlier test killed are back."""
    servers.start()
    return servers


@pytest.fixture(scope="module")
def nodes(folder: Path, servers: RedisCluster, records: str) -> Iterator[Nodes]:
    with Nodes(folder, redis=servers.url, database=records) as nodes:
        yield nodes


def kept_by(master: ClusterNode) -> Callable[[str], bool]:
    """Tell of channels whether a master has them."""
    slots = master.slots()

    def has(channel: str) -> bool:
        slot = slot_of(channel_keys(channel).partition)
        return any(first <= slot <= last for first, last in slots)

    return has


async def test_those_on_the_master_that_is_lost_are_told_and_nobody_else(
    nodes: Nodes, cluster: RedisCluster
) -> None:
    master = cluster.masters[0]
    async with forks(nodes, kept_by(master)) as talks:
        await talks.keep()
        await asyncio.to_thread(cluster.detach_replica, master)
        await talks.lose()
        talks.mark()
        await asyncio.to_thread(master.kill)
        await asyncio.to_thread(cluster.wait_replaced, master)
        # Nothing is published yet: they learn it by the new connection alone.
        await talks.all_are_told()
        await talks.nobody_comes_back_to_what_is_lost()
        await talks.grow()
        await talks.nobody_comes_back_to_what_is_lost()
        await talks.store_again()
        await talks.check("cluster: replica promoted")


async def test_a_node_that_missed_it_finds_a_log_that_has_grown(
    nodes: Nodes, cluster: RedisCluster
) -> None:
    """Offsets alone do not tell: those that its clients show exist again, with other entries."""
    master = cluster.masters[0]
    async with forks(nodes, kept_by(master)) as talks:
        await talks.keep()
        await asyncio.to_thread(cluster.detach_replica, master)
        await talks.lose()
        nodes.pause(0)
        try:
            await asyncio.to_thread(master.kill)
            await asyncio.to_thread(cluster.wait_replaced, master)
            await talks.grow()
        finally:
            nodes.resume(0)
        talks.mark()
        await talks.all_are_told()
        await talks.nobody_comes_back_to_what_is_lost()
        await talks.store_again()
        await talks.check("cluster: replica promoted, and a node missed it")


async def test_a_master_that_hands_over_in_good_order_loses_nothing(
    nodes: Nodes, cluster: RedisCluster
) -> None:
    async with load(nodes, "cluster: handed over", visitors=[[0], [1]], agent=[1]) as running:
        for number in rounds(2):
            await running.flow(200)
            master = cluster.masters[number % 3]
            await asyncio.to_thread(cluster.hand_over, master)
            await asyncio.to_thread(cluster.wait_replaced, master)
            running.mark()
