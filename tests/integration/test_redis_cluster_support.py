"""The cluster that other tests build on is one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis
from redis.crc import key_slot

from tests.support.redis_cluster import SLOTS, RedisCluster, redis_cluster

KEYS = [f"key:{{{number}}}" for number in range(50)]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisCluster]:
    folder = tmp_path_factory.mktemp("cluster")
    with redis_cluster(folder, replicas=True) as cluster:
        yield cluster


@pytest.fixture
def client(cluster: RedisCluster) -> Iterator[redis.RedisCluster]:
    with redis.RedisCluster("127.0.0.1", cluster.nodes[0].port) as client:
        yield client


def test_three_masters_share_all_slots_and_have_a_replica_each(cluster: RedisCluster) -> None:
    ranges = [served for node in cluster.masters for served in node.slots()]
    assert sorted(slot for first, last in ranges for slot in range(first, last + 1)) == [
        *range(SLOTS)
    ]
    assert cluster.masters == cluster.nodes[:3]
    assert [cluster.replica_of(node) for node in cluster.masters] == cluster.nodes[3:]
    assert cluster.url.count(",") == 5


def test_slots_move_with_their_keys(cluster: RedisCluster, client: redis.RedisCluster) -> None:
    for key in KEYS:
        client.set(key, key)
    source = cluster.master_of(KEYS[0])
    slot = key_slot(KEYS[0].encode())
    to = next(node for node in cluster.masters if node is not source)
    cluster.move_slots(slot, min(slot + 20, SLOTS - 1), to)
    assert cluster.master_of(KEYS[0]) is to
    assert [client.get(key) for key in KEYS] == [key.encode() for key in KEYS]
    cluster.wait_ok()
    cluster.empty()
    assert all(client.get(key) is None for key in KEYS)


def test_a_killed_masters_replica_takes_over(cluster: RedisCluster) -> None:
    master = cluster.masters[0]
    replica = cluster.replica_of(master)
    slots = master.slots()
    cluster.promote(master)
    while replica not in cluster.masters:
        assert replica.alive()
    cluster.wait_replaced(master)
    assert replica.slots() == slots
    cluster.start()
    assert cluster.replica_of(replica) is master
