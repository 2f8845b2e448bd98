"""Who is the master of what, asked of servers that know it, do not, or do not answer."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.ports import free_port
from straks.log.log import LogUnavailableError
from straks.log.redis.address import Address, parse
from straks.log.redis.keys import PARTITIONS, slot_of
from straks.log.redis.topology import NoMasterError, Topology
from straks.log.redis.wire import ReplyError
from tests.support.fake_redis import HANG_UP, FakeRedis, array, bulk, error, info
from tests.support.redis_cluster import SLOTS
from tests.support.redis_sentinel import NAME, Sentinel
from tests.support.redis_server import RedisServer, redis_server

pytestmark = pytest.mark.usefixtures("uncomplaining")

CLUSTERED = info(cluster_enabled=1)


@pytest.fixture
async def second() -> AsyncIterator[FakeRedis]:
    async with FakeRedis() as listening:
        yield listening


async def find(*servers: FakeRedis, scheme: str = "redis", rest: str = "/0") -> Topology:
    where = parse(f"{scheme}://{','.join(str(each.address) for each in servers)}{rest}")
    return await Topology.find(where, deadline=1.0)


async def find_watched(*sentinels: FakeRedis) -> Topology:
    return await find(*sentinels, scheme="redis+sentinel", rest="/main")


def slots(*ranges: tuple[int, int, str | None, int]) -> bytes:
    """Say who serves which slots, each with a replica."""
    rows = [
        (first, last, (host, port, "id", ()), ("10.9.9.9", 1, "replica", ()))
        for first, last, host, port in ranges
    ]
    return array(*rows)


# --- alone -----------------------------------------------------------------------------------


async def test_a_server_alone_has_one_lane_of_everything(server: RedisServer) -> None:
    topology = await Topology.find(parse(server.url), deadline=5.0)
    assert topology.lanes == [tuple(range(PARTITIONS))]
    assert {topology.lane_of(partition) for partition in range(PARTITIONS)} == {0}
    assert topology.master(0) == Address("127.0.0.1", server.port)


async def test_a_server_alone_is_not_looked_for_again(fake: FakeRedis) -> None:
    topology = await find(fake)
    fake.heard.clear()
    await topology.look_again()
    await topology.refresh()
    assert fake.heard == []
    assert topology.master(0) == fake.address


async def test_several_servers_that_are_no_cluster_are_a_mistake(
    fake: FakeRedis, second: FakeRedis
) -> None:
    with pytest.raises(NoMasterError, match=f"must be one cluster, and {fake.address} is not"):
        await find(fake, second)


async def test_nobody_there_is_an_error() -> None:
    with pytest.raises(OSError, match="111"):
        await Topology.find(parse("redis://127.0.0.1:1,127.0.0.1:2"), deadline=1.0)


async def test_a_refusal_is_told_as_it_is(fake: FakeRedis) -> None:
    fake.replies["INFO"] = error("NOAUTH Authentication required.")
    with pytest.raises(ReplyError, match="NOAUTH"):
        await find(fake)


# --- a cluster -------------------------------------------------------------------------------


@st.composite
def slot_maps(draw: st.DrawFn) -> list[tuple[int, int, str, int]]:
    """Draw ranges of slots that do not overlap, some of which nobody serves."""
    borders = draw(st.lists(st.integers(0, SLOTS - 1), max_size=40, unique=True))
    starts = sorted({0, *borders})
    ranges = []
    for start, following in zip(starts, [*starts[1:], SLOTS], strict=True):
        if (port := draw(st.integers(0, 4))) > 0:
            ranges.append((start, following - 1, f"10.0.0.{port}", 7000 + port))
    return draw(st.permutations(ranges))


@settings(max_examples=40, deadline=None)
@given(slot_maps())
def test_the_master_of_a_partition_is_who_serves_its_slot(
    ranges: list[tuple[int, int, str, int]],
) -> None:
    async def run() -> None:
        async with FakeRedis(INFO=CLUSTERED, CLUSTER=slots(*ranges)) as fake:
            try:
                topology = await find(fake)
            except NoMasterError:
                assert not expected
                return
            assert topology.lanes == [(partition,) for partition in range(PARTITIONS)]
            for partition in range(PARTITIONS):
                assert topology.lane_of(partition) == partition
                assert topology.master(partition) == expected.get(partition)

    expected = {
        partition: Address(host, port)
        for partition in range(PARTITIONS)
        for first, last, host, port in ranges
        if first <= slot_of(partition) <= last
    }
    asyncio.run(run())


@pytest.mark.parametrize("host", [None, ""])
async def test_a_server_that_does_not_know_its_address_has_the_one_that_was_asked(
    fake: FakeRedis, host: str | None
) -> None:
    """As in a cluster of one, or behind an address that only clients know."""
    fake.replies |= {"INFO": CLUSTERED, "CLUSTER": slots((0, SLOTS - 1, host, 7001))}
    topology = await find(fake)
    assert topology.master(5) == Address("127.0.0.1", 7001)


@pytest.mark.parametrize("option", [{}, {"cluster_preferred_endpoint_type": "unknown-endpoint"}])
async def test_a_cluster_of_one_is_found(tmp_path: Path, option: dict[str, str]) -> None:
    # Without a port of its own the cluster's bus is at port + 10000, which may not exist.
    bus = str(free_port())
    with redis_server(tmp_path, cluster_enabled="yes", cluster_port=bus, **option) as alone:
        with alone.client() as client:
            client.execute_command("CLUSTER ADDSLOTSRANGE", 0, SLOTS - 1)
        topology = await Topology.find(parse(alone.url), deadline=5.0)
        assert topology.clustered
        assert topology.master(0) == Address("127.0.0.1", alone.port)


async def test_a_cluster_is_asked_at_whoever_answers(fake: FakeRedis, second: FakeRedis) -> None:
    for each in (fake, second):
        each.replies |= {"INFO": CLUSTERED, "CLUSTER": slots((0, SLOTS - 1, *second.address))}
    fake.replies["INFO"] = HANG_UP
    fake.replies["CLUSTER"] = error("CLUSTERDOWN The cluster is down")
    topology = await find(fake, second)
    assert topology.master(0) == second.address
    second.replies["CLUSTER"] = error("LOADING Redis is loading the dataset in memory")
    fake.replies["CLUSTER"] = slots((0, SLOTS - 1, *fake.address))
    await topology.refresh()
    assert topology.master(0) == fake.address


async def test_one_that_does_not_answer_is_passed_over(fake: FakeRedis, second: FakeRedis) -> None:
    fake.replies |= {"INFO": None, "CLUSTER": None}
    second.replies |= {"INFO": CLUSTERED, "CLUSTER": slots((0, SLOTS - 1, *second.address))}
    where = parse(f"redis://{fake.address},{second.address}")
    topology = await Topology.find(where, deadline=0.1)
    assert topology.master(0) == second.address


async def test_where_a_lane_has_gone_is_taken_from_who_had_it_until_the_next_look(
    fake: FakeRedis, second: FakeRedis
) -> None:
    everything = slots((0, SLOTS - 1, *fake.address))
    fake.replies |= {"INFO": CLUSTERED, "CLUSTER": everything}
    second.replies["CLUSTER"] = slots((0, SLOTS - 1, *second.address))
    topology = await find(fake)
    topology.moved(3, second.address)
    assert topology.master(3) == second.address
    assert topology.master(4) == fake.address
    fake.replies["CLUSTER"] = HANG_UP  # The one that was told of is known from now on.
    await topology.refresh()
    assert topology.master(4) == second.address


async def test_a_cluster_without_slots_is_named(fake: FakeRedis) -> None:
    fake.replies |= {"INFO": CLUSTERED, "CLUSTER": array()}
    with pytest.raises(NoMasterError, match="serves no slots"):
        await find(fake)


# --- with Sentinels --------------------------------------------------------------------------


async def test_sentinels_say_where_the_master_is(fake: FakeRedis, second: FakeRedis) -> None:
    fake.replies["SENTINEL"] = b"*-1\r\n"  # This one watches others.
    second.replies["SENTINEL"] = array("10.0.0.7", "6379")
    topology = await find_watched(fake, second)
    assert topology.master(0) == Address("10.0.0.7", 6379)
    assert fake.words("SENTINEL") == [[b"GET-MASTER-ADDR-BY-NAME", b"main"]]
    assert topology.lanes == [tuple(range(PARTITIONS))]
    # The one that knew is asked first from now on.
    await topology.refresh()
    assert len(fake.words("SENTINEL")) == 1
    second.replies["SENTINEL"] = HANG_UP
    fake.replies["SENTINEL"] = array("10.0.0.8", "6379")
    await topology.refresh()
    assert topology.master(0) == Address("10.0.0.8", 6379)


async def test_a_master_that_no_sentinel_knows_is_named(fake: FakeRedis) -> None:
    fake.replies["SENTINEL"] = b"*-1\r\n"
    with pytest.raises(NoMasterError, match="no Sentinel knows a master called main"):
        await find_watched(fake)


@pytest.mark.parametrize("user", ["", "straks"])
async def test_sentinels_without_the_password_of_their_servers_are_asked_all_the_same(
    tmp_path: Path, server: RedisServer, user: str
) -> None:
    sentinel = Sentinel(tmp_path / "sentinel")
    sentinel.configure(server, 1, 60_000)
    sentinel.start()
    try:
        url = f"redis+sentinel://{user}:pw@127.0.0.1:{sentinel.port}/{NAME}/3"
        topology = await Topology.find(parse(url), deadline=5.0)
        assert topology.master(0) == Address("127.0.0.1", server.port)
    finally:
        sentinel.kill()


async def test_sentinels_with_another_password_refuse(fake: FakeRedis) -> None:
    fake.replies |= {
        "AUTH": error("WRONGPASS invalid username-password pair or user is disabled."),
        "SENTINEL": error("NOAUTH Authentication required."),
    }
    with pytest.raises(ReplyError, match="NOAUTH"):
        await Topology.find(parse(f"redis+sentinel://u:pw@{fake.address}/main"), deadline=1.0)


# --- looking again ---------------------------------------------------------------------------


async def test_those_who_ask_at_once_share_one_look(fake: FakeRedis) -> None:
    fake.replies["SENTINEL"] = array("10.0.0.7", "6379")
    topology = await find_watched(fake)
    await asyncio.gather(*(topology.refresh() for _ in range(20)))
    assert len(fake.words("SENTINEL")) == 2


async def test_one_who_gives_up_does_not_end_the_look_of_the_others(fake: FakeRedis) -> None:
    fake.replies["SENTINEL"] = array("10.0.0.7", "6379")
    topology = await find_watched(fake)
    impatient, patient = (asyncio.create_task(topology.refresh()) for _ in range(2))
    await asyncio.sleep(0)
    impatient.cancel()
    fake.replies["SENTINEL"] = array("10.0.0.8", "6379")
    await patient
    assert topology.master(0) == Address("10.0.0.8", 6379)


async def test_looks_keep_a_pause_between_them(fake: FakeRedis) -> None:
    fake.replies["SENTINEL"] = array("10.0.0.7", "6379")
    topology = await find_watched(fake)
    loop = asyncio.get_running_loop()
    began = loop.time()
    for _ in range(3):
        await topology.refresh()
    assert loop.time() - began > 0.15
    assert len(fake.words("SENTINEL")) == 4


@pytest.mark.parametrize("kind", ["SENTINEL", "CLUSTER"])
async def test_masters_are_looked_for_again_when_it_is_due(
    fake: FakeRedis, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    replies: dict[str, Any] = {
        "SENTINEL": (array("10.0.0.7", "1"), array("10.0.0.8", "2")),
        "CLUSTER": (slots((0, SLOTS - 1, "10.0.0.7", 1)), slots((0, SLOTS - 1, "10.0.0.8", 2))),
    }
    before, after = replies[kind]
    fake.replies |= {"INFO": CLUSTERED, kind: before}
    topology = await (find_watched(fake) if kind == "SENTINEL" else find(fake))
    fake.replies[kind] = after
    await topology.look_again()  # That was a moment ago.
    assert topology.master(0) == Address("10.0.0.7", 1)
    monkeypatch.setattr("straks.log.redis.topology._SENTINELS_EVERY", 0.0)
    monkeypatch.setattr("straks.log.redis.topology._CLUSTER_EVERY", 0.0)
    await topology.look_again()
    assert topology.master(0) == Address("10.0.0.8", 2)


@pytest.mark.parametrize("reply", [HANG_UP, b"*-1\r\n", error("ERR busy"), None])
async def test_when_nobody_says_where_the_master_is_the_one_that_is_known_holds(
    fake: FakeRedis, monkeypatch: pytest.MonkeyPatch, reply: bytes | None
) -> None:
    fake.replies["SENTINEL"] = array("10.0.0.7", "6379")
    where = parse(f"redis+sentinel://{fake.address}/main")
    topology = await Topology.find(where, deadline=0.2)
    monkeypatch.setattr("straks.log.redis.topology._SENTINELS_EVERY", 0.0)
    fake.replies["SENTINEL"] = reply
    with pytest.raises(LogUnavailableError, match="nobody says where the masters of Redis are"):
        await topology.look_again()
    assert topology.master(0) == Address("10.0.0.7", 6379)


async def test_no_connection_is_left_behind(fake: FakeRedis) -> None:
    for reply in (array("10.0.0.7", "1"), error("ERR no"), bulk(None)):
        fake.replies["SENTINEL"] = reply
        with contextlib.suppress(ReplyError, NoMasterError):
            await find_watched(fake)
    await fake.until(lambda: fake.accepted == 3 and not fake.connections)
