"""The connections of a lane: what waits for what, and what may be done twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from straks.log.log import LogUnavailableError, OutcomeUnknownError
from straks.log.redis.address import parse
from straks.log.redis.keys import NODES, NOTES, PARTITIONS
from straks.log.redis.lane import Lane
from straks.log.redis.topology import Topology
from tests.support.fake_redis import HANG_UP, FakeRedis, array, bulk, error, info
from tests.support.redis_server import RedisServer

pytestmark = pytest.mark.usefixtures("uncomplaining")


class Watched(Lane):
    """A lane that counts how often it was doubted."""

    def __init__(self, topology: Topology, deadline: float = 5.0) -> None:
        self.doubted: list[int] = []
        super().__init__(
            topology, 0, deadline=deadline, doubt=lambda lane: self.doubted.append(lane.doubts)
        )


async def lane_of(url: str, deadline: float = 5.0) -> Watched:
    return Watched(await Topology.find(parse(url), deadline=5.0), deadline)


@pytest.fixture
async def lane(fake: FakeRedis) -> AsyncIterator[Watched]:
    made = await lane_of(fake.url)
    yield made
    made.close()


async def test_a_lane_appends_reads_and_talks_on_connections_of_their_own(
    server: RedisServer,
) -> None:
    lane = await lane_of(server.url)
    assert lane.partitions == tuple(range(PARTITIONS))
    assert lane.master.shown == f"127.0.0.1:{server.port}"
    with server.client() as client:
        client.function_flush()
        before = client.info("stats")["total_connections_received"]
        args = ["one:x", 5000, "note"]
        assert await lane.appends.call("beat", [NODES, NOTES], args) == [b"one:x", b"note"]
        assert await lane.chore("beat", [NODES, NOTES], args) == [b"one:x", b"note"]
        assert await lane.reads.ask(("HGET", NOTES, "one:x")) == [b"note"]
        assert await lane.talk.ask(("PING",)) == [b"PONG"]
        assert client.info("stats")["total_connections_received"] == before + 4
        lane.close()
        while client.info("clients")["connected_clients"] > 1:
            await asyncio.sleep(0.01)


async def test_what_hangs_keeps_nothing_else_waiting(fake: FakeRedis, lane: Lane) -> None:
    fake.replies |= {
        "FCALL": lambda command: bulk("done") if b"fast" in command else None,
        "GET": bulk("read"),
    }
    slow = asyncio.create_task(lane.appends.call("append", ["slow"], []))
    await fake.heard_of("FCALL")
    assert await lane.chore("beat", ["fast"], []) == b"done"
    assert await lane.reads.ask(("GET", "a")) == [b"read"]
    chore = asyncio.create_task(lane.chore("beat", ["slow"], []))
    await fake.heard_of("FCALL", 3)
    assert await lane.talk.ask(("GET", "a")) == [b"read"]
    for task in (slow, chore):
        task.cancel()
        await asyncio.wait([task])


async def test_chores_are_done_one_after_the_other(fake: FakeRedis, lane: Lane) -> None:
    fake.replies["FCALL"] = None
    first = asyncio.create_task(lane.chore("beat", ["1"], []))
    second = asyncio.create_task(lane.chore("beat", ["2"], []))
    await fake.heard_of("FCALL")
    fake.say(bulk("first"), to="FCALL")
    assert await first == b"first"
    await fake.heard_of("FCALL", 2)
    fake.say(bulk("second"), to="FCALL")
    assert await second == b"second"


async def test_a_chore_whose_outcome_is_unknown_is_done_again_once(
    fake: FakeRedis, lane: Lane
) -> None:
    fake.replies["FCALL"] = lambda _: HANG_UP if len(fake.words("FCALL")) == 1 else bulk("done")
    assert await lane.chore("mark", ["a"], []) == b"done"
    fake.replies["FCALL"] = HANG_UP
    with pytest.raises(OutcomeUnknownError):
        await lane.chore("mark", ["a"], [])
    assert len(fake.words("FCALL")) == 4


async def test_a_chore_that_was_refused_is_not_done_again(fake: FakeRedis, lane: Lane) -> None:
    fake.replies["FCALL"] = error("LOADING Redis is loading the dataset in memory")
    with pytest.raises(LogUnavailableError, match="LOADING"):
        await lane.chore("mark", ["a"], [])
    assert len(fake.words("FCALL")) == 1


async def test_a_lane_is_doubted_once_for_each_change_whoever_finds_it(
    fake: FakeRedis, lane: Watched
) -> None:
    for number in (1, 2, 3):
        fake.replies["INFO"] = info(run_id=f"r{number}")
        for connection in (lane.appends, lane.reads, lane.talk):
            connection.close()
        await lane.appends.connect()
        await lane.reads.ask(("GET", "a"))
        await lane.talk.ask(("GET", "a"))
    assert lane.doubted == [1, 2]
    assert lane.doubts == 2


async def test_a_chore_rests_on_what_was_not_doubted_since(fake: FakeRedis, lane: Lane) -> None:
    fake.replies["FCALL"] = bulk("done")
    assert await lane.chore("move_cursor", ["a"], [], doubts=0) == b"done"
    fake.replies["INFO"] = info(run_id="r2")
    fake.cut()
    with pytest.raises(LogUnavailableError, match="lost something"):
        await lane.chore("move_cursor", ["a"], [], doubts=0)
    assert len(fake.words("FCALL")) <= 2  # at most once on the connection that was cut
    assert await lane.chore("move_cursor", ["a"], [], doubts=lane.doubts) == b"done"
    assert await lane.chore("beat", ["a"], []) == b"done"


@pytest.mark.parametrize("refusal", ["READONLY You can't write", "MOVED 1 {}"])
async def test_a_chore_does_not_follow_to_a_master_that_may_have_lost_what_it_rests_on(
    fake: FakeRedis, refusal: str
) -> None:
    async with FakeRedis(INFO=info(run_id="r2"), FCALL=bulk("done")) as second:
        fake.replies["SENTINEL"] = array(fake.address.host, str(fake.address.port))
        lane = await lane_of(f"redis+sentinel://{fake.address}/main")
        await lane.chore("beat", ["a"], [])
        fake.replies |= {
            "FCALL": error(refusal.format(second.address)),
            "SENTINEL": array(second.address.host, str(second.address.port)),
        }
        with pytest.raises(LogUnavailableError, match="lost something"):
            await lane.chore("move_cursor", ["a"], [], doubts=0)
        assert second.words("FCALL") == []
        assert await lane.chore("beat", ["a"], []) == b"done"
        lane.close()
