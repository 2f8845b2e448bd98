"""What is particular to the log in Redis."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import msgpack
import pytest

from bench.ports import free_port
from straks.errors import StartError
from straks.log.log import (
    Appended,
    BadItemError,
    LogUnavailableError,
    OutcomeUnknownError,
)
from straks.log.redis import RedisLog
from straks.log.redis.keys import META, NODES, channel_keys
from straks.log.redis.moving import RedisMoving
from tests.support.logs import append, item
from tests.support.redis_server import RedisServer, redis_server
from tests.support.stopping import stopped

A = channel_keys("conversation:a")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def server(shared: RedisServer) -> RedisServer:
    shared.empty()
    return shared


@pytest.fixture
async def log(server: RedisServer) -> AsyncIterator[RedisLog]:
    opened = await RedisLog.open(server.url, node="one")
    yield opened
    await opened.close()


# --- starting --------------------------------------------------------------------------------


async def refusal(url: str, node: str = "one", deadline: float = 30.0) -> str:
    with pytest.raises(StartError) as caught:
        await RedisLog.open(url, node=node, deadline=deadline)
    message = str(caught.value)
    assert message.endswith(".")
    assert "\n" not in message
    return message


async def test_an_absent_redis_is_named_without_its_password() -> None:
    message = await refusal("redis://user:geheim@127.0.0.1:1/0")
    assert "Redis at redis://127.0.0.1:1/0 cannot be used" in message
    assert "geheim" not in message


async def test_a_wrong_address_is_named() -> None:
    assert "must begin with redis://" in await refusal("http://127.0.0.1:6379")


async def test_a_wrong_password_is_named(tmp_path: Path, server: RedisServer) -> None:
    with server.client() as client:
        client.acl_setuser("straks", enabled=True, passwords=["+right"], categories=["+@all"])
    url = server.url.replace("://", "://straks:wrong@")
    assert "refuses this user or password" in await refusal(url)


async def test_a_user_that_may_not_load_functions_is_told_so(server: RedisServer) -> None:
    with server.client() as client:
        client.acl_setuser(
            "poor", enabled=True, passwords=["+p"], categories=["+@all"], commands=["-function"]
        )
    url = server.url.replace("://", "://poor:p@")
    assert "refuses this user" in await refusal(url)


async def test_a_redis_that_does_not_answer_is_named(server: RedisServer) -> None:
    with stopped(server.pid):
        assert "does not answer" in await refusal(server.url, deadline=1.0)


async def test_an_old_redis_is_refused() -> None:
    """There is no old one to start here: this one says that it is."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        text = b"# Server\r\nredis_version:6.2.14\r\nrole:master\r\n"
        try:
            while line := await reader.readline():
                for _ in range(2 * int(line[1:])):
                    await reader.readline()
                writer.write(b"$%d\r\n%s\r\n" % (len(text), text))
                await writer.drain()
        except ConnectionError:
            pass  # the other side needs no more
        finally:
            writer.close()

    old = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with old:
        port = old.sockets[0].getsockname()[1]
        message = await refusal(f"redis://127.0.0.1:{port}/0")
    assert "is version 6.2.14; 7.0 or newer is needed" in message


async def test_a_cluster_that_was_not_made_yet_is_refused(tmp_path: Path) -> None:
    # Without a port of its own the cluster's bus is at port + 10000, which may not exist.
    bus = str(free_port())
    with redis_server(tmp_path, cluster_enabled="yes", cluster_port=bus) as server:
        assert "serves no slots" in await refusal(server.url)


async def test_a_replica_is_refused(tmp_path: Path, server: RedisServer) -> None:
    with redis_server(tmp_path, replicaof=f"127.0.0.1 {server.port}") as replica:
        assert "is a replica" in await refusal(replica.url)


async def test_data_of_a_newer_version_is_refused(server: RedisServer) -> None:
    with server.client() as client:
        client.hset(META, "version", "2")
    assert "newer version of Straks" in await refusal(server.url)


async def test_another_number_of_partitions_is_refused(server: RedisServer) -> None:
    with server.client() as client:
        client.hset(META, "partitions", "8")
    assert "8 partitions" in await refusal(server.url)


async def test_an_operator_is_warned_of_what_may_be_lost(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with redis_server(tmp_path, appendonly="no") as server, caplog.at_level(logging.WARNING):
        await (await RedisLog.open(server.url, node="one")).close()
    assert "appendonly" in caplog.text


async def test_a_redis_that_may_throw_conversations_away_is_refused(server: RedisServer) -> None:
    with server.client() as client:
        client.config_set("maxmemory", "100mb")
        client.config_set("maxmemory-policy", "allkeys-lru")
        try:
            assert "set maxmemory-policy to noeviction" in await refusal(server.url)
        finally:
            client.config_set("maxmemory-policy", "noeviction")
            client.config_set("maxmemory", "0")


async def test_a_redis_without_sharded_publishing_is_refused(tmp_path: Path) -> None:
    rest = tmp_path / "rest.conf"
    rest.write_text("rename-command SSUBSCRIBE away\n")
    with redis_server(tmp_path, include=str(rest)) as server:
        assert "no sharded pub/sub" in await refusal(server.url)


async def test_servers_with_other_records_are_kept_out(server: RedisServer) -> None:
    first = await RedisLog.open(server.url, node="one", owner="a")
    try:
        with pytest.raises(StartError, match="belongs to servers with other records"):
            await RedisLog.open(server.url, node="two", owner="b")
        await (await RedisLog.open(server.url, node="two", owner="a")).close()
    finally:
        await first.close()


@pytest.mark.parametrize(
    ("setting", "warned"), [("always", False), ("everysec", True), ("no", True)]
)
async def test_an_operator_is_warned_of_writes_that_are_late(
    server: RedisServer, caplog: pytest.LogCaptureFixture, setting: str, warned: bool
) -> None:
    with server.client() as client:
        client.config_set("appendfsync", setting)
        try:
            with caplog.at_level(logging.WARNING):
                await (await RedisLog.open(server.url, node="one")).close()
        finally:
            client.config_set("appendfsync", "everysec")
    assert (f"set appendfsync to always (it is {setting})" in caplog.text) is warned
    assert bool(caplog.records) is warned


async def test_a_redis_that_hides_its_settings_is_used_all_the_same(
    server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    with server.client() as client:
        client.execute_command("ACL SETUSER shy on >pw ~* &* +@all -config")
        try:
            url = server.url.replace("redis://", "redis://shy:pw@")
            with caplog.at_level(logging.INFO, logger="straks"):
                await (await RedisLog.open(url, node="one")).close()
        finally:
            client.acl_deluser("shy")
    assert "does not show when it writes" in caplog.text
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


# --- failures --------------------------------------------------------------------------------


async def test_a_channel_that_is_something_else_fails_alone(
    server: RedisServer, log: RedisLog
) -> None:
    keys = [channel_keys(f"conversation:{n}") for n in range(3)]
    with server.client() as client:
        client.set(keys[0].log, "x")
        client.set(keys[1].state, "x")
    results = await log.append([item(f"conversation:{n}") for n in (0, 1, 2)])
    assert [type(result) for result in results] == [BadItemError, BadItemError, Appended]
    with server.client() as client:
        assert not client.exists(keys[0].state, keys[1].log)
        assert client.exists(keys[2].log, keys[2].state) == 2


async def test_a_feed_that_is_something_else_stores_nothing(
    server: RedisServer, log: RedisLog
) -> None:
    with server.client() as client:
        client.set(f"straks:{{{A.partition}}}:feed", "x")
    with pytest.raises(LogUnavailableError, match="feed is a string"):
        await log.append([item()])
    with server.client() as client:
        assert not client.exists(A.log, A.state)


async def test_a_log_that_is_ahead_of_its_state_is_not_overwritten(
    server: RedisServer, log: RedisLog
) -> None:
    await append(log, item(), item())
    with server.client() as client:
        client.delete(A.state)
    (result,) = await log.append([item()])
    assert isinstance(result, BadItemError)
    assert len((await log.read("conversation:a", limit=9)).entries) == 2


async def test_a_redis_without_memory_stores_nothing(server: RedisServer, log: RedisLog) -> None:
    await append(log, item())
    with server.client() as client:
        client.config_set("maxmemory", "1mb")
        try:
            with pytest.raises(LogUnavailableError, match="maxmemory"):
                await log.append([item()])
        finally:
            client.config_set("maxmemory", "0")
    (entry,) = await append(log, item())
    assert entry.offset == 2


async def test_a_redis_that_became_a_replica_stores_nothing(
    server: RedisServer, log: RedisLog
) -> None:
    with server.client() as client:
        client.replicaof("127.0.0.1", "1")
        try:
            with pytest.raises(LogUnavailableError):
                await log.append([item()])
        finally:
            client.replicaof("NO", "ONE")
    await append(log, item())


async def test_a_redis_that_is_gone_is_unavailable_and_one_that_is_back_serves(
    tmp_path: Path,
) -> None:
    with redis_server(tmp_path, appendfsync="always") as server:
        log = await RedisLog.open(server.url, node="one", deadline=30.0)
        try:
            await append(log, item(key="1"))
            server.kill()
            with pytest.raises((LogUnavailableError, OutcomeUnknownError)):
                await log.append([item()])
            with pytest.raises(LogUnavailableError):  # nothing can be sent now
                await log.append([item()])
            with pytest.raises(LogUnavailableError):
                await log.read("conversation:a", limit=1)
            server.start()
            _, again = await append(log, item(), item(key="1"))
            assert again.offset == 1
        finally:
            await log.close()


# --- what others see -------------------------------------------------------------------------


async def test_entries_are_published_with_the_id_of_the_one_before(
    server: RedisServer, log: RedisLog
) -> None:
    with server.client() as client, client.pubsub() as bus:
        bus.ssubscribe(A.live)
        assert bus.get_sharded_message(timeout=5) is not None  # subscribed
        first, second = await append(log, item(at=5), item(at=7, advances=True))
        messages = [bus.get_sharded_message(timeout=5) for _ in range(2)]
    found = [
        msgpack.unpackb(message["data"][17:], raw=True)
        for message in messages
        if message is not None
    ]
    assert [each[:4] for each in found] == [[b"", 1, 5, 0], [first.id.encode(), 2, 7, 2]]
    assert msgpack.unpackb(found[1][4])[0] == second.id


def test_a_conversation_and_its_desk_share_a_partition() -> None:
    partitions = set()
    for number in range(200):
        conversation = channel_keys(f"conversation:{number:x}")
        desk = channel_keys(f"desk:{number:x}")
        assert conversation.partition == desk.partition
        tag = f"{{{conversation.partition}}}"
        assert all(tag in key for key in conversation[1:])
        partitions.add(conversation.partition)
    assert partitions == set(range(16))


async def test_the_feed_does_not_grow_once_it_is_read(server: RedisServer, log: RedisLog) -> None:
    feed = f"straks:{{{A.partition}}}:feed"
    for round_ in range(1, 21):
        await append(log, *(item() for _ in range(50)))
        await log.move_cursor("only", A.partition, round_ * 50)
    with server.client() as client:
        assert client.xlen(feed) <= 200


async def test_memory_of_a_conversation_is_bounded(server: RedisServer, log: RedisLog) -> None:
    """DESIGN §8: at most 5 KB for ten entries with state and keys."""
    like_real_ones: dict[str, Any] = {"data": b"x" * 120, "sender": "visitor:" + "0" * 22}
    keys = channel_keys(f"conversation:{'0' * 22}")
    with server.client() as client:
        client.config_set("stream-node-max-bytes", "1024")
        for n in range(10):
            await append(log, item(f"conversation:{'0' * 22}", id=f"{n:022}", **like_real_ones))
        client.config_set("stream-node-max-bytes", "4096")
        used = sum(client.memory_usage(key) or 0 for key in (keys.log, keys.state))
    assert used <= 5 * 1024


async def test_a_feed_goes_on_behind_entries_that_are_gone(
    log: RedisLog, server: RedisServer
) -> None:
    entries = await append(log, *(item("app:a") for _ in range(9)))
    partition = log.partition_of("app:a")
    with server.client() as client:
        client.xtrim(channel_keys("app:a").log, maxlen=1, approximate=False)
    other = await RedisLog.open(server.url, node="two")  # It has read nothing.
    try:
        (found,) = await other.feed(partition, 0, 2)
        assert found.entry.id == entries[-1].id
        assert await other.feed(partition, found.position, 2) == ()
    finally:
        await other.close()


async def test_nothing_is_filled_that_a_server_has_begun_to_use(server: RedisServer) -> None:
    async with RedisMoving.open(server.url) as moving:
        log = await RedisLog.open(server.url, node="one")  # After it was seen that nobody does.
        with server.client() as client:
            while not client.zcard(NODES):
                await asyncio.sleep(0.01)
        with pytest.raises(StartError, match="stop every server first"):
            await moving.begin()
        assert await moving.unfinished() is None
        await log.close()
        assert await moving.begin() == await moving.unfinished()
