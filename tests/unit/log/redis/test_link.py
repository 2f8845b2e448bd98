"""Calls that are sent once: what surely was not executed, and what may have been."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import msgpack
import pytest

from straks.log.log import LogUnavailableError, OutcomeUnknownError
from straks.log.redis.address import parse
from straks.log.redis.keys import NODES, NOTES, feed_key
from straks.log.redis.link import LIBRARY, LIBRARY_NAME, Link
from straks.log.redis.master import Master
from straks.log.redis.topology import Topology
from tests.support.fake_redis import HANG_UP, FakeRedis, Reply, bulk, error, info
from tests.support.redis_server import RedisServer

pytestmark = pytest.mark.usefixtures("uncomplaining")

APPEND_ONE = msgpack.packb([[1, "c", "l", "d", "id", "p", 1, 0, "", 10, 0, 0, ""]])
"""One item, as the function takes it."""
MISSING = error("ERR Function not found")
BEAT = ("beat", [NODES, NOTES], ["node:one", 5000, b"note"])


async def link_to(url: str, deadline: float = 5.0) -> Link:
    topology = await Topology.find(parse(url), deadline=5.0)
    master = Master(topology, 0, deadline=deadline, changed=lambda: None)
    return Link(master, deadline=deadline)


@pytest.fixture
async def link(fake: FakeRedis) -> AsyncIterator[Link]:
    made = await link_to(fake.url)
    yield made
    made.close()


@pytest.fixture
async def real(server: RedisServer) -> AsyncIterator[Link]:
    made = await link_to(server.url)
    yield made
    made.close()


async def call(link: Link) -> Any:
    return await link.call("beat", ["a"], [1])


async def call_often(link: Link, fake: FakeRedis, times: int) -> None:
    """What follows finds a connection."""
    fake.replies["FCALL"] = bulk("before")
    for _ in range(times):
        assert await call(link) == b"before"


# --- what works ------------------------------------------------------------------------------


async def test_a_function_is_loaded_where_it_is_missing(server: RedisServer, real: Link) -> None:
    with server.client() as client:
        client.function_flush()
        for _ in range(2):
            assert await real.call(*BEAT) == [b"node:one", b"note"]
        client.function_flush()  # As on a server that was a replica, or forgot everything.
        assert await real.call(*BEAT) == [b"node:one", b"note"]


async def test_two_versions_live_side_by_side(server: RedisServer, real: Link) -> None:
    other = LIBRARY.replace(LIBRARY_NAME, "straks_0123456789ab")
    with server.client() as client:
        client.function_flush()
        client.function_load(other)
        assert await real.call(*BEAT) == [b"node:one", b"note"]
        assert client.fcall("straks_0123456789ab_beat", 2, NODES, NOTES, "node:two", 5000, "") == [
            b"node:one",
            b"note",
            b"node:two",
            b"",
        ]
        assert len(client.function_list()) == 2


async def test_a_call_names_its_function_its_keys_and_its_arguments(
    fake: FakeRedis, link: Link
) -> None:
    fake.replies["FCALL"] = bulk("done")
    assert await link.call("hold", ["k1", "k2"], [b"\0", 7, "x"]) == b"done"
    assert fake.words("FCALL") == [
        [f"{LIBRARY_NAME}_hold".encode(), b"2", b"k1", b"k2", b"\0", b"7", b"x"]
    ]


async def test_calls_share_a_connection_until_it_ends(fake: FakeRedis, link: Link) -> None:
    await link.connect()
    before = fake.accepted
    await call(link)
    await call(link)
    assert fake.accepted == before
    fake.cut()
    with contextlib.suppress(OutcomeUnknownError):
        await call(link)  # It may not have noticed yet.
    await call(link)
    assert fake.accepted == before + 1


async def test_who_loads_the_library_at_the_same_time_is_no_obstacle(
    fake: FakeRedis, link: Link
) -> None:
    fake.replies |= {
        "FCALL": lambda _: bulk("done") if fake.words("FUNCTION") else MISSING,
        "FUNCTION": error(f"ERR Library '{LIBRARY_NAME}' already exists"),
    }
    assert await call(link) == b"done"
    assert fake.words("FUNCTION") == [[b"LOAD", LIBRARY.encode()]]


async def test_who_is_master_now_is_asked_instead(fake: FakeRedis, link: Link) -> None:
    async with FakeRedis(FCALL=bulk("there")) as second:
        fake.replies["FCALL"] = error(f"MOVED 1 {second.address}")
        assert await call(link) == b"there"
        assert len(fake.words("FCALL")) == len(second.words("FCALL")) == 1
        assert await call(link) == b"there"
        assert len(fake.words("FCALL")) == 1


# --- what was not executed -------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "ASK 1 10.0.0.1:1",
        "TRYAGAIN Multiple keys request during rehashing of slot",
        "CLUSTERDOWN The cluster is down",
        "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
        "LOADING Redis is loading the dataset in memory",
        "BUSY Redis is busy running a script.",
        "OOM command not allowed when used memory > 'maxmemory'.",
        "MISCONF Redis is configured to save RDB snapshots, but it can't persist to disk.",
        "NOREPLICAS Not enough good replicas to write.",
        "NOAUTH Authentication required.",
        "WRONGTYPE straks:{0}:feed is a string",
        "MOVED 1",
    ],
)
async def test_a_refused_call_was_not_executed_and_is_not_sent_again(
    fake: FakeRedis, link: Link, text: str
) -> None:
    fake.replies["FCALL"] = error(text)
    with pytest.raises(LogUnavailableError, match=f"Redis refuses: {text.split()[0]}"):
        await call(link)
    assert len(fake.words("FCALL")) == 1
    fake.replies["FCALL"] = bulk("done")
    assert await call(link) == b"done"


async def test_a_feed_of_another_kind_is_a_real_refusal(server: RedisServer, real: Link) -> None:
    with server.client() as client:
        client.set(feed_key(0), "x")
    with pytest.raises(LogUnavailableError, match="WRONGTYPE"):
        await real.call("append", [feed_key(0)], ["", 1, b"\x90"])


@pytest.mark.parametrize(
    ("load", "said"),
    [
        (error("READONLY You can't write against a read only replica."), "READONLY"),
        (error("NOPERM this user has no permissions to run the 'function|load' command"), "NOPERM"),
        (b"+OK\r\n", "not found"),  # It says so, and forgets.
    ],
)
async def test_a_library_that_cannot_be_loaded_is_told(
    fake: FakeRedis, link: Link, load: bytes, said: str
) -> None:
    fake.replies |= {"FCALL": MISSING, "FUNCTION": load}
    with pytest.raises(LogUnavailableError, match=said):
        await call(link)
    assert len(fake.words("FCALL")) <= 3


async def test_two_who_each_send_to_the_other_are_left(fake: FakeRedis, link: Link) -> None:
    async with FakeRedis(FCALL=error(f"MOVED 1 {fake.address}")) as second:
        fake.replies["FCALL"] = error(f"MOVED 1 {second.address}")
        with pytest.raises(LogUnavailableError, match="MOVED"):
            await call(link)
        assert len(fake.words("FCALL")) + len(second.words("FCALL")) == 3


@pytest.mark.parametrize("reply", [None, b"$9\r\nhalf", HANG_UP, info("slave"), error("ERR max")])
async def test_without_a_connection_nothing_is_executed(fake: FakeRedis, reply: Reply) -> None:
    link = await link_to(fake.url, deadline=0.1)
    fake.replies["INFO"] = reply
    with pytest.raises(LogUnavailableError):
        await call(link)
    with pytest.raises(LogUnavailableError):
        await link.connect()
    assert fake.words("FCALL") == []
    await fake.until(lambda: not fake.connections)


# --- what may have been executed -------------------------------------------------------------


@pytest.mark.parametrize("calls_before", [0, 1])
@pytest.mark.parametrize("reply", [HANG_UP, b"$9\r\nhalf" + HANG_UP, b"\0", b"*1\r\n" + HANG_UP])
async def test_a_connection_that_breaks_behind_the_call_leaves_it_unknown(
    fake: FakeRedis, link: Link, reply: bytes, calls_before: int
) -> None:
    await call_often(link, fake, calls_before)
    fake.replies["FCALL"] = reply
    with pytest.raises(OutcomeUnknownError):
        await call(link)
    assert len(fake.words("FCALL")) == calls_before + 1


@pytest.mark.parametrize("calls_before", [0, 1])
async def test_a_reply_that_is_late_is_not_that_of_the_next_call(
    fake: FakeRedis, calls_before: int
) -> None:
    link = await link_to(fake.url, deadline=0.2)
    await call_often(link, fake, calls_before)
    fake.replies["FCALL"] = b"$5\r\nfir"
    with pytest.raises(OutcomeUnknownError, match="in time"):
        await call(link)
    fake.say(b"st\r\n")
    fake.replies["FCALL"] = bulk("next")
    assert await call(link) == b"next"
    assert len(fake.words("FCALL")) == calls_before + 2
    link.close()


async def test_every_call_has_the_whole_time(fake: FakeRedis) -> None:
    link = await link_to(fake.url, deadline=2.0)
    await call_often(link, fake, 1)
    fake.replies["FCALL"] = None
    for calls in range(2, 5):
        calling = asyncio.create_task(call(link))
        await fake.heard_of("FCALL", calls)
        # The last reply comes when the time of the first call is over, but not its own.
        asyncio.get_running_loop().call_later(0.8, fake.say, bulk("in time"))
        assert await calling == b"in time"
    link.close()


@pytest.mark.parametrize("calls_before", [0, 1])
async def test_the_reply_of_a_call_that_was_given_up_is_not_that_of_the_next(
    fake: FakeRedis, link: Link, calls_before: int
) -> None:
    await call_often(link, fake, calls_before)
    fake.replies["FCALL"] = None
    given_up = asyncio.create_task(call(link))
    await fake.heard_of("FCALL", calls_before + 1)
    given_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await given_up
    fake.say(bulk("first"))
    fake.replies["FCALL"] = bulk("next")
    assert await call(link) == b"next"


async def test_a_server_that_stops_after_it_refused_once_leaves_nothing_unknown(
    fake: FakeRedis, link: Link
) -> None:
    fake.replies["FCALL"] = lambda _: MISSING
    fake.replies["FUNCTION"] = lambda _: fake.replies.update(FCALL=HANG_UP) or b"+OK\r\n"
    with pytest.raises(OutcomeUnknownError):
        await call(link)  # The second time it may have been.
    async with FakeRedis(INFO=HANG_UP) as second:
        fake.replies["FCALL"] = error(f"MOVED 1 {second.address}")
        with pytest.raises(LogUnavailableError):
            await call(link)  # It was refused, and nobody else was asked.


async def test_what_is_stored_and_cannot_be_published_was_executed(server: RedisServer) -> None:
    with server.client() as client:
        client.execute_command("ACL SETUSER mute on >pw ~* resetchannels +@all")
        try:
            link = await link_to(server.url.replace("://", "://mute:pw@"))
            reply = await link.call(
                "append",
                [feed_key(0), "straks:{0}:s", "straks:{0}:l"],
                ["", 1, APPEND_ONE, "straks:{0}:wake"],
            )
            link.close()
        finally:
            client.acl_deluser("mute")
        assert msgpack.unpackb(reply) == [[0, 1, 1, 0, 1, ""]]
        assert client.exists("straks:{0}:l")
