"""Questions that may be asked twice, on a connection that many share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from straks.log.log import LogUnavailableError
from straks.log.redis.address import parse
from straks.log.redis.master import Master
from straks.log.redis.reader import Reader
from straks.log.redis.topology import Topology
from tests.support.fake_redis import HANG_UP, FakeRedis, Reply, array, bulk, error, info
from tests.support.redis_server import RedisServer

pytestmark = pytest.mark.usefixtures("uncomplaining")

MANY = 100
AT_ONCE = 32
"""Questions at a time."""


async def reader_of(url: str, deadline: float = 5.0) -> Reader:
    topology = await Topology.find(parse(url), deadline=5.0)
    return Reader(Master(topology, 0, deadline=deadline, changed=lambda: None), deadline=deadline)


@pytest.fixture
async def reader(fake: FakeRedis) -> AsyncIterator[Reader]:
    made = await reader_of(fake.url)
    yield made
    made.close()


def echo(command: list[bytes]) -> bytes:
    return bulk(command[1])


async def get(reader: Reader, key: Any = "a") -> Any:
    (reply,) = await reader.ask(("GET", key))
    return reply


# --- asking ----------------------------------------------------------------------------------


async def test_many_who_ask_at_once_share_a_connection_and_get_their_own(
    server: RedisServer,
) -> None:
    reader = await reader_of(server.url)
    with server.client() as client:
        client.mset({f"key{n}": n for n in range(MANY)})
        before = client.info("stats")["total_connections_received"]
        asked = (reader.ask(("GET", f"key{n}"), ("STRLEN", f"key{n}")) for n in range(MANY))
        replies = await asyncio.gather(*asked)
        assert client.info("stats")["total_connections_received"] == before + 1
    assert replies == [[b"%d" % n, len(str(n))] for n in range(MANY)]
    reader.close()


async def test_who_has_to_wait_for_room_has_all_its_time(fake: FakeRedis) -> None:
    """Those who wait behind others that are never answered are, on the next connection."""
    reader = await reader_of(fake.url, deadline=0.3)
    silent = fake.accepted + 1
    fake.replies["GET"] = lambda command: None if fake.accepted == silent else echo(command)
    asked = [asyncio.create_task(get(reader, n)) for n in range(AT_ONCE + 20)]
    await fake.heard_of("GET", AT_ONCE)
    replies = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(replies[0], LogUnavailableError)
    for n, reply in enumerate(replies[1:AT_ONCE], 1):
        # Who has some time left when the connection is given up may ask once more.
        assert reply == b"%d" % n or isinstance(reply, LogUnavailableError)
    assert replies[AT_ONCE:] == [b"%d" % n for n in range(AT_ONCE, AT_ONCE + 20)]
    reader.close()


async def test_nothing_is_asked_of_nobody(fake: FakeRedis, reader: Reader) -> None:
    assert await reader.ask() == []


# --- asking again ----------------------------------------------------------------------------


@pytest.mark.parametrize("reply", [HANG_UP, b"$9\r\nhalf" + HANG_UP, b"\0"])
async def test_what_breaks_is_asked_once_more(
    fake: FakeRedis, reader: Reader, reply: bytes
) -> None:
    def answer(command: list[bytes]) -> bytes:
        return reply if len(fake.words("GET")) == 1 else echo(command)

    fake.replies["GET"] = answer
    assert await get(reader) == b"a"
    assert len(fake.words("GET")) == 2


async def test_what_breaks_twice_is_unavailable(fake: FakeRedis, reader: Reader) -> None:
    fake.replies["GET"] = HANG_UP
    with pytest.raises(LogUnavailableError, match="broke"):
        await get(reader)
    assert len(fake.words("GET")) == 2


async def test_all_that_waited_when_it_broke_are_answered(fake: FakeRedis, reader: Reader) -> None:
    fake.replies["GET"] = None
    asked = [asyncio.create_task(get(reader, n)) for n in range(10)]
    await fake.heard_of("GET", 10)
    before = fake.accepted
    fake.replies["GET"] = echo
    fake.cut()
    assert await asyncio.gather(*asked) == [b"%d" % n for n in range(10)]
    assert fake.accepted == before + 1


async def test_who_is_master_now_is_asked_at_once(fake: FakeRedis, reader: Reader) -> None:
    async with FakeRedis(GET=echo) as second:
        fake.replies["GET"] = error(f"MOVED 1 {second.address}")
        assert await get(reader) == b"a"
        assert await get(reader) == b"a"
        assert len(fake.words("GET")) == 1


async def test_one_refusal_among_many_replies_is_enough(fake: FakeRedis, reader: Reader) -> None:
    fake.replies |= {"GET": echo, "HGET": error("WRONGTYPE Operation against a key")}
    with pytest.raises(LogUnavailableError, match="Redis refuses: WRONGTYPE"):
        await reader.ask(("GET", "a"), ("HGET", "b", "c"), ("GET", "d"))
    assert await get(reader) == b"a"


@pytest.mark.parametrize(
    "text",
    [
        "LOADING Redis is loading the dataset in memory",
        "ASK 1 10.0.0.1:1",
        "CLUSTERDOWN The cluster is down",
        "MASTERDOWN Link with MASTER is down",
        "NOPERM this user has no permissions",
        "MOVED nowhere",
    ],
)
async def test_a_refusal_is_unavailable_and_the_next_question_is_new(
    fake: FakeRedis, reader: Reader, text: str
) -> None:
    fake.replies["GET"] = error(text)
    with pytest.raises(LogUnavailableError, match="Redis refuses"):
        await get(reader)
    assert len(fake.words("GET")) == 1
    fake.replies["GET"] = echo
    assert await get(reader) == b"a"


async def test_two_who_each_send_to_the_other_are_left(fake: FakeRedis, reader: Reader) -> None:
    async with FakeRedis(GET=error(f"MOVED 1 {fake.address}")) as second:
        fake.replies["GET"] = error(f"MOVED 1 {second.address}")
        with pytest.raises(LogUnavailableError, match="MOVED"):
            await get(reader)


# --- time ------------------------------------------------------------------------------------


@pytest.mark.parametrize("reply", [None, b"$9\r\nhalf", array("b", "c")[:-4]])
async def test_what_is_not_answered_in_time_is_unavailable(fake: FakeRedis, reply: Reply) -> None:
    reader = await reader_of(fake.url, deadline=0.1)
    fake.replies["GET"] = reply
    with pytest.raises(LogUnavailableError, match="in time"):
        await get(reader)
    fake.say(b"late\r\n:1\r\n:2\r\n")
    fake.replies["GET"] = echo
    assert await get(reader) == b"a"
    reader.close()


async def test_who_was_not_answered_in_time_ends_no_later_connection(fake: FakeRedis) -> None:
    reader = await reader_of(fake.url, deadline=2.0)
    fake.replies["GET"] = None
    first = asyncio.create_task(get(reader, 1))
    await fake.heard_of("GET", 1)
    await asyncio.sleep(1.0)
    second = asyncio.create_task(get(reader, 2))
    with pytest.raises(LogUnavailableError):
        await first
    await fake.heard_of("GET", 3)  # The second again, on another connection.
    third = asyncio.create_task(get(reader, 3))
    with pytest.raises(LogUnavailableError):
        await second
    fake.say(b":2\r\n:3\r\n")
    assert await third == 3
    assert [int(words[0]) for words in fake.words("GET")] == [1, 2, 2, 3]
    reader.close()


async def test_who_gives_up_does_not_shift_the_replies_of_the_others(
    fake: FakeRedis, reader: Reader
) -> None:
    fake.replies["GET"] = None
    asked = [asyncio.create_task(get(reader, n)) for n in range(3)]
    await fake.heard_of("GET", 3)
    asked[1].cancel()
    await asyncio.sleep(0)
    fake.say(b":0\r\n:1\r\n:2\r\n")
    assert [await asked[0], await asked[2]] == [0, 2]


async def test_without_a_connection_there_is_no_reply(fake: FakeRedis) -> None:
    reader = await reader_of(fake.url, deadline=0.2)
    for reply in (HANG_UP, info("slave"), None):
        fake.replies["INFO"] = reply
        with pytest.raises(LogUnavailableError):
            await get(reader)
    fake.replies |= {"INFO": info(), "GET": echo}
    assert await get(reader) == b"a"
    reader.close()


# --- saying ----------------------------------------------------------------------------------


async def test_what_is_said_goes_before_the_next_question(fake: FakeRedis, reader: Reader) -> None:
    reader.say(("SPUBLISH", "a", 1))
    reader.say(("SPUBLISH", "a", 2))
    await get(reader)
    reader.say(("SPUBLISH", "a", 3))
    await get(reader)
    heard = [command[-1] for command in fake.heard if command[0] in {b"SPUBLISH", b"GET"}]
    assert heard == [b"1", b"2", b"a", b"3", b"a"]


async def test_what_is_said_to_nobody_waits_in_order_and_the_oldest_goes(
    fake: FakeRedis, reader: Reader
) -> None:
    for n in range(1500):
        reader.say(("SPUBLISH", "a", n))
    await get(reader)
    await get(reader)
    assert [int(words[1]) for words in fake.words("SPUBLISH")] == list(range(500, 1500))


async def test_what_is_refused_of_what_was_said_is_nobodys(fake: FakeRedis, reader: Reader) -> None:
    fake.replies |= {"SPUBLISH": error("NOPERM no"), "GET": echo}
    await get(reader)
    reader.say(("SPUBLISH", "a", 1))
    assert await get(reader) == b"a"
