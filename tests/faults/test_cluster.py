"""Masters of a Redis Cluster die, and their slots move, under two nodes and a load."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from straks.log.redis.keys import PARTITIONS, slot_of
from tests.support.fault_load import fault_test, load, rounds
from tests.support.nodes import Nodes
from tests.support.redis_cluster import RedisCluster, redis_cluster

pytestmark = fault_test(180)


@pytest.fixture(scope="module")
def cluster_with_replicas(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisCluster]:
    folder = tmp_path_factory.mktemp("cluster")
    options = {"appendfsync": "always", "min_replicas_to_write": "0"}
    with redis_cluster(folder, replicas=True, **options) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def nodes(folder: Path, cluster_with_replicas: RedisCluster, records: str) -> Iterator[Nodes]:
    with Nodes(folder, redis=cluster_with_replicas.url, database=records) as nodes:
        yield nodes


async def test_slots_move_to_another_master(
    nodes: Nodes, cluster_with_replicas: RedisCluster
) -> None:
    cluster = cluster_with_replicas
    async with load(nodes, "slots moved", visitors=[[0], [1]], agent=[1]) as running:
        for number in rounds(2):
            await running.flow(200)
            for partition in range(0, PARTITIONS, 3):
                slot, masters = slot_of(partition), cluster.masters
                target = masters[(partition + number) % len(masters)]
                await asyncio.to_thread(cluster.move_slots, slot, slot, target)
            running.mark()


async def test_a_master_that_is_away_keeps_only_its_own_waiting(
    nodes: Nodes, cluster_with_replicas: RedisCluster
) -> None:
    """It comes back before its replica takes over: nothing that was acknowledged is lost."""
    cluster = cluster_with_replicas
    async with load(nodes, "master restarted", visitors=[[0], [1]], agent=[1]) as running:
        for number in rounds(2):
            await running.flow(200)
            master = cluster.masters[number % 3]
            await asyncio.to_thread(master.kill)
            await asyncio.to_thread(master.start)
            running.mark()
    await asyncio.to_thread(cluster.wait_ok)
