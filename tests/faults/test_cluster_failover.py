"""A replica takes over a part of a Redis Cluster: with all that its master had, or without."""

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

pytestmark = fault_test(240)


@pytest.fixture(scope="module")
def running_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisCluster]:
    folder = tmp_path_factory.mktemp("cluster")
    options = {"appendfsync": "always", "min_replicas_to_write": "0"}
    with redis_cluster(folder, replicas=True, **options) as cluster:
        yield cluster


@pytest.fixture
def cluster(running_cluster: RedisCluster) -> RedisCluster:
    """Three masters with a replica each, of which some may have died in the test before."""
    running_cluster.start()
    return running_cluster


@pytest.fixture(scope="module")
def nodes(folder: Path, running_cluster: RedisCluster, records: str) -> Iterator[Nodes]:
    with Nodes(folder, redis=running_cluster.url, database=records) as nodes:
        yield nodes


@pytest.fixture
def doomed(cluster: RedisCluster) -> ClusterNode:
    """The master that also has what all nodes share."""
    return cluster.master_of("{0}")


@pytest.fixture
def there(doomed: ClusterNode) -> Callable[[str], bool]:
    """Tell whether a channel is on that master."""
    slots = [slot for first, last in doomed.slots() for slot in range(first, last + 1)]
    return lambda channel: slot_of(channel_keys(channel).partition) in slots


async def test_all_that_show_lost_entries_are_told(
    nodes: Nodes, cluster: RedisCluster, doomed: ClusterNode, there: Callable[[str], bool]
) -> None:
    async with forks(nodes, there) as talks:
        await talks.keep()
        await asyncio.to_thread(cluster.detach_replica, doomed)
        await talks.lose()
        talks.mark()
        await asyncio.to_thread(cluster.promote, doomed)
        await asyncio.to_thread(cluster.wait_replaced, doomed)
        # Nothing is published yet: they learn it by the new connection alone.
        await talks.all_are_told()
        await talks.nobody_comes_back_to_what_is_lost()
        await talks.grow()
        await talks.nobody_comes_back_to_what_is_lost()
        await talks.store_again()
        await talks.check("replica of a third promoted")


async def test_a_node_that_missed_the_failover_finds_a_log_that_has_grown(
    nodes: Nodes, cluster: RedisCluster, doomed: ClusterNode, there: Callable[[str], bool]
) -> None:
    """Offsets alone do not tell: those that its clients show exist again, with other entries."""
    async with forks(nodes, there) as talks:
        await talks.keep()
        await asyncio.to_thread(cluster.detach_replica, doomed)
        await talks.lose()
        nodes.pause(0)
        try:
            await asyncio.to_thread(cluster.promote, doomed)
            await asyncio.to_thread(cluster.wait_replaced, doomed)
            await talks.grow()
        finally:
            nodes.resume(0)
        talks.mark()
        await talks.all_are_told()
        await talks.nobody_comes_back_to_what_is_lost()
        await talks.store_again()
        await talks.check("replica of a third promoted, and a node missed it")


async def test_what_a_replaced_master_took_is_not_believed_while_it_lives(
    nodes: Nodes, cluster: RedisCluster, doomed: ClusterNode, there: Callable[[str], bool]
) -> None:
    """Nobody's connection breaks: the old master says that it is one no more."""
    async with forks(nodes, there) as talks:
        await talks.keep()
        await asyncio.to_thread(cluster.detach_replica, doomed)
        await talks.lose()
        talks.mark()
        await asyncio.to_thread(cluster.take_over, doomed)
        await talks.grow()
        await talks.all_are_told()
        await talks.nobody_comes_back_to_what_is_lost()
        await talks.store_again()
        await talks.check("replica of a third took over from a master that lives")


async def test_replicas_that_take_over_in_good_order_lose_nothing(
    nodes: Nodes, cluster: RedisCluster
) -> None:
    async with load(nodes, "planned failover", visitors=[[0], [1]], agent=[1]) as running:
        for number in rounds(3):
            await running.flow(200)
            master = cluster.masters[number % 3]
            await asyncio.to_thread(cluster.hand_over, master)
            running.mark()


async def test_masters_are_killed_and_their_replicas_take_over(
    nodes: Nodes, cluster: RedisCluster
) -> None:
    async with load(nodes, "master killed", visitors=[[0], [1]], agent=[1]) as running:
        for number in rounds(2):
            await running.flow(200)
            master = cluster.masters[number % 3]
            await asyncio.to_thread(cluster.promote, master)
            await running.refused("unavailable", 1)
            running.mark()
            await asyncio.to_thread(cluster.wait_replaced, master)
            await asyncio.to_thread(cluster.start)
