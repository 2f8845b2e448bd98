"""Connections to the master, whichever server that is, and what refusals say about it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from straks.log.log import LogUnavailableError
from straks.log.redis.address import Address, parse
from straks.log.redis.keys import PARTITIONS, slot_of
from straks.log.redis.master import Master
from straks.log.redis.topology import NoMasterError, Topology
from straks.log.redis.wire import ReplyError
from tests.support.fake_redis import HANG_UP, FakeRedis, array, error, info
from tests.support.redis_cluster import SLOTS
from tests.support.redis_server import RedisServer, redis_server

pytestmark = pytest.mark.usefixtures("uncomplaining")


class Changes:
    """Counts how often a master was another one."""

    def __init__(self) -> None:
        self.seen = 0

    def __call__(self) -> None:
        self.seen += 1


@pytest.fixture
def changes() -> Changes:
    return Changes()


@pytest.fixture
async def second() -> AsyncIterator[FakeRedis]:
    async with FakeRedis(INFO=info(run_id="r2", master_replid="i2")) as listening:
        yield listening


def sentinels_say(fake: FakeRedis, address: Address) -> None:
    fake.replies["SENTINEL"] = array(address.host, str(address.port))


async def of_single(fake: FakeRedis, changes: Changes, deadline: float = 5.0) -> Master:
    topology = await Topology.find(parse(fake.url), deadline=5.0)
    return Master(topology, 0, deadline=deadline, changed=changes)


async def of_sentinel(fake: FakeRedis, changes: Changes) -> Master:
    topology = await Topology.find(
        parse(f"redis+sentinel://user:geheim@{fake.address}/main"), deadline=5.0
    )
    return Master(topology, 0, deadline=5.0, changed=changes)


async def of_cluster(fake: FakeRedis, lane: int, changes: Changes) -> Master:
    fake.replies |= {
        "INFO": info(cluster_enabled=1),
        "CLUSTER": array((0, SLOTS - 1, (*fake.address, "id", ()))),
    }
    topology = await Topology.find(parse(f"redis://{fake.address}"), deadline=5.0)
    return Master(topology, lane, deadline=5.0, changed=changes)


# --- connecting ------------------------------------------------------------------------------


async def test_a_connection_leads_to_the_master_until_it_ends(
    server: RedisServer, changes: Changes
) -> None:
    topology = await Topology.find(parse(server.url), deadline=5.0)
    master = Master(topology, 0, deadline=5.0, changed=changes)
    assert master.partitions == tuple(range(PARTITIONS))
    assert master.shown == f"127.0.0.1:{server.port}"
    wire = await master.connect()
    assert master.serves(wire)
    assert await wire.ask(("PING",)) == b"PONG"
    wire.close()
    assert not master.serves(wire)
    assert changes.seen == 0


async def test_a_connection_to_who_is_not_the_master_any_more_serves_nobody(
    fake: FakeRedis, second: FakeRedis, changes: Changes
) -> None:
    sentinels_say(fake, fake.address)
    master = await of_sentinel(fake, changes)
    wire = await master.connect()
    sentinels_say(fake, second.address)
    await master._topology.refresh()
    assert not master.serves(wire)
    assert not wire.closed
    assert master.shown == str(second.address)
    wire.close()


async def test_a_server_that_started_again_or_was_replaced_is_told_before_it_is_used(
    fake: FakeRedis, changes: Changes
) -> None:
    master = await of_single(fake, changes)
    for reply, times in (
        (info(), 0),
        (info(run_id="r2"), 1),
        (info(run_id="r2"), 1),
        (info(run_id="r2", master_replid="i2"), 2),  # It was a replica for a while.
        (info(), 3),
    ):
        fake.replies["INFO"] = reply
        (await master.connect()).close()
        assert changes.seen == times


async def test_a_real_server_that_started_again_is_another_one(
    tmp_path: Path, changes: Changes
) -> None:
    with redis_server(tmp_path) as server:
        topology = await Topology.find(parse(server.url), deadline=5.0)
        master = Master(topology, 0, deadline=5.0, changed=changes)
        (await master.connect()).close()
        (await master.connect()).close()
        assert changes.seen == 0
        server.kill()
        server.start()
        (await master.connect()).close()
        assert changes.seen == 1


async def test_a_replica_is_no_master_and_whoever_knows_is_asked_again(
    fake: FakeRedis, second: FakeRedis, changes: Changes
) -> None:
    sentinels_say(fake, fake.address)
    fake.replies["INFO"] = info("slave")
    master = await of_sentinel(fake, changes)
    with pytest.raises(LogUnavailableError, match="is a replica") as caught:
        await master.connect()
    assert isinstance(caught.value.__cause__, NoMasterError)
    assert "geheim" not in str(caught.value)
    sentinels_say(fake, second.address)
    wire = await master.connect()
    assert wire.address == second.address
    wire.close()
    await fake.until(lambda: not fake.connections)


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (None, "does not answer in time"),
        (b"$100\r\nhalf of it", "does not answer in time"),
        (b"$100\r\nhalf" + HANG_UP, "broke"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "broke"),
        (error("NOAUTH Authentication required."), "NOAUTH"),
        (error("ERR max number of clients reached"), "max number of clients"),
        (b"$0\r\n\r\n", "is a replica"),
    ],
)
async def test_who_does_not_say_that_it_is_a_master_is_left(
    fake: FakeRedis, changes: Changes, reply: bytes | None, said: str
) -> None:
    master = await of_single(fake, changes, deadline=0.2)
    fake.replies["INFO"] = reply
    with pytest.raises(LogUnavailableError, match=f"Redis cannot be reached: .*{said}"):
        await master.connect()
    await fake.until(lambda: not fake.connections)
    fake.replies["INFO"] = info()
    (await master.connect()).close()
    assert changes.seen == 0


async def test_nobody_for_a_partition_is_named(fake: FakeRedis, changes: Changes) -> None:
    master = await of_cluster(fake, 7, changes)
    slot = slot_of(3)
    fake.replies["CLUSTER"] = array((slot, slot, (*fake.address, "id", ())))
    await master._topology.refresh()
    with pytest.raises(LogUnavailableError, match="nobody serves partition 7"):
        await master.connect()


async def test_a_failed_connection_has_the_master_looked_for(
    fake: FakeRedis, second: FakeRedis, changes: Changes
) -> None:
    sentinels_say(fake, Address("127.0.0.1", 1))
    master = await of_sentinel(fake, changes)
    with pytest.raises(LogUnavailableError, match="127.0.0.1"):
        await master.connect()
    sentinels_say(fake, second.address)
    (await master.connect()).close()
    assert second.accepted == 1


# --- refusals --------------------------------------------------------------------------------


async def test_moved_says_where_to_ask_at_once(
    fake: FakeRedis, second: FakeRedis, changes: Changes
) -> None:
    master = await of_cluster(fake, 7, changes)
    other = await of_cluster(fake, 8, changes)
    looks = len(fake.words("CLUSTER"))
    assert master.refused(ReplyError(f"MOVED 4711 {second.address}"))
    assert master.shown == str(second.address)
    wire = await master.connect()
    assert wire.address == second.address
    wire.close()
    assert len(fake.words("CLUSTER")) == looks
    assert other.shown == str(fake.address)


@pytest.mark.parametrize(
    ("place", "address"),
    [
        ("redis-2.internal:6380", Address("redis-2.internal", 6380)),
        ("fd00::7:6380", Address("fd00::7", 6380)),
        (":6380", Address("127.0.0.1", 6380)),  # where it was heard from
    ],
)
async def test_moved_names_a_host_in_any_way_or_none(
    fake: FakeRedis, changes: Changes, place: str, address: Address
) -> None:
    master = await of_cluster(fake, 7, changes)
    assert master.refused(ReplyError(f"MOVED 4711 {place}"))
    assert master._topology.master(7) == address


@pytest.mark.parametrize("text", ["MOVED", "MOVED 4711", "MOVED 4711 somewhere", "MOVED 1 a:b"])
async def test_moved_without_a_place_has_the_master_looked_for(
    fake: FakeRedis, changes: Changes, text: str
) -> None:
    master = await of_cluster(fake, 7, changes)
    looks = len(fake.words("CLUSTER"))
    assert not master.refused(ReplyError(text))
    assert master.shown == str(fake.address)
    (await master.connect()).close()
    assert len(fake.words("CLUSTER")) == looks + 1


@pytest.mark.parametrize(
    ("text", "again", "looks"),
    [
        ("READONLY You can't write against a read only replica.", True, 1),
        ("ASK 4711 10.0.0.7:6379", False, 1),
        ("MASTERDOWN Link with MASTER is down", False, 1),
        ("CLUSTERDOWN The cluster is down", False, 1),
        ("TRYAGAIN Multiple keys request during rehashing of slot", False, 0),
        ("LOADING Redis is loading the dataset in memory", False, 0),
        ("OOM command not allowed when used memory > 'maxmemory'.", False, 0),
        ("NOPERM this user has no permissions", False, 0),
        ("WRONGTYPE Operation against a key", False, 0),
        ("", False, 0),
    ],
)
async def test_a_refusal_tells_whether_somebody_else_is_to_be_asked(
    fake: FakeRedis, changes: Changes, text: str, again: bool, looks: int
) -> None:
    master = await of_cluster(fake, 7, changes)
    before = len(fake.words("CLUSTER"))
    assert master.refused(ReplyError(text)) is again
    for _ in range(2):  # Having looked once is enough.
        (await master.connect()).close()
        assert len(fake.words("CLUSTER")) == before + looks
