"""The records are away: people go on talking, and the lists catch up."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fault_load import MINUTE, SHOP, fault_test, load, rounds
from tests.support.nodes import UNLIMITED, Nodes
from tests.support.postgres_server import PostgresServer, postgres_server
from tests.support.redis_server import RedisServer
from tests.support.talk import Talker, new_key

pytestmark = fault_test(120)


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


@pytest.fixture
def nodes(
    tmp_path: Path, durable_redis: RedisServer, own_postgres: PostgresServer
) -> Iterator[Nodes]:
    durable_redis.empty()
    with Nodes(tmp_path, redis=durable_redis.url, database=own_postgres.url) as nodes:
        yield nodes


async def test_the_chat_goes_on_and_the_inbox_catches_up(
    nodes: Nodes, own_postgres: PostgresServer
) -> None:
    async with load(nodes, "PostgreSQL away", visitors=[[0], [1]], agent=[1]) as running:
        for number in rounds(2):
            await running.flow(200)
            await asyncio.to_thread((own_postgres.stop, own_postgres.kill)[number % 2])
            await running.flow(200)  # acknowledged while it is away
            await asyncio.sleep(MINUTE)
            await asyncio.to_thread(own_postgres.start)
            running.mark()


async def test_what_needs_the_records_is_refused_for_now(
    nodes: Nodes, own_postgres: PostgresServer
) -> None:
    own_postgres.kill()
    reply = await nodes.get("/v1/inbox/default?state=open")
    assert reply.status_code == 503
    async with asyncio.timeout(30):  # a result is shared for a second
        while (ready := await nodes.get("/readyz")).json()["status"] != "degraded":
            assert ready.status_code == 200
            await asyncio.sleep(0.05)
    assert ready.status_code == 200
    async with Talker(nodes[0].socket_url, origin=SHOP) as visitor:
        opened = await visitor.ask("open", key=new_key(), data={"text": "hello"})
        assert opened["type"] == "opened"
    own_postgres.start()
    async with asyncio.timeout(30):
        while (await nodes.get("/v1/inbox/default?state=open")).status_code != 200:
            await asyncio.sleep(0.05)


async def test_the_archive_catches_up(
    tmp_path: Path, durable_redis: RedisServer, own_postgres: PostgresServer
) -> None:
    durable_redis.empty()
    settings = {**UNLIMITED, "archive_seconds": "2"}
    with Nodes(
        tmp_path, redis=durable_redis.url, database=own_postgres.url, settings=settings
    ) as nodes:
        async with Talker(nodes[0].socket_url, origin=SHOP) as visitor:
            token, data = visitor.token, {"text": "hello"}
            channel = (await visitor.ask("open", key=new_key(), data=data))["channel"]
            await visitor.ask("subscribe", channel=channel)  # What is followed stays.
            own_postgres.kill()
            said = await visitor.publish(channel, "message", {"text": "still here"})
            assert said["type"] == "published"
        async with asyncio.timeout(30):
            while not any("the archive: " in node.tail() for node in nodes):
                await asyncio.sleep(0.05)
        keys = f"straks:*{channel}:state"
        assert durable_redis.client().keys(keys)
        own_postgres.start()
        async with asyncio.timeout(30):
            while durable_redis.client().keys(keys):
                await asyncio.sleep(0.05)

        own_postgres.kill()
        async with Talker(nodes[1].socket_url, origin=SHOP, token=token) as visitor:
            refused = await visitor.ask("subscribe", channel=channel)
            assert refused["code"] == "unavailable"
            own_postgres.start()
            async with asyncio.timeout(30):
                while (page := await visitor.ask("subscribe", channel=channel))["type"] == "error":
                    await asyncio.sleep(0.1)
        texts = [entry["data"].get("text") for entry in page["entries"]]
        assert [text for text in texts if text] == ["hello", "still here"]


async def test_records_that_hang_hold_nobody_up(nodes: Nodes, own_postgres: PostgresServer) -> None:
    async with load(nodes, "PostgreSQL hangs", visitors=[[0], [1]], agent=[1]) as running:
        for _ in rounds(1):
            await running.flow(200)
            own_postgres.pause()
            try:
                await running.flow(200)
                reply = await nodes.get("/v1/inbox/default?state=open")
                assert reply.status_code == 503
            finally:
                own_postgres.resume()
            running.mark()
