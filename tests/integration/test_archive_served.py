"""A visitor comes back to a conversation that has left Redis, and cannot tell."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.postgres_server import PostgresServer
from tests.support.redis_server import RedisServer
from tests.support.server import ServerProcess
from tests.support.talk import Frame, Talker, new_key

SHOP = "http://localhost:8081"


@pytest.fixture
def chat(tmp_path: Path, redis: RedisServer, postgres: PostgresServer) -> Iterator[ServerProcess]:
    redis.empty()
    database = postgres.create("archive")
    with ServerProcess(tmp_path, redis=redis.url, database=database, archive_seconds="1") as server:
        yield server


async def has_left(redis: RedisServer, channel: str) -> None:
    client = redis.client()
    async with asyncio.timeout(30):
        while client.keys(f"straks:*{channel}:state"):
            await asyncio.sleep(0.05)


async def answered(visitor: Talker, channel: str, count: int) -> Frame:
    """Subscribe when so many messages have their answer."""
    async with asyncio.timeout(60):
        while True:
            page = await visitor.ask("subscribe", channel=channel)
            if [entry["kind"] for entry in page["entries"]].count("answer") == count:
                return page
            await asyncio.sleep(0.05)


async def test_it_is_all_there_and_goes_on(chat: ServerProcess, redis: RedisServer) -> None:
    key, data = new_key(), {"text": "Do you have it in green?", "lang": "en"}
    async with Talker(chat.socket_url, origin=SHOP) as visitor:
        token = visitor.token
        channel = (await visitor.ask("open", key=key, data=data))["channel"]
        await visitor.ask("subscribe", channel=channel)
        said_key = new_key()
        said = await visitor.publish(channel, "message", {"text": "Hello?"}, key=said_key)
        await visitor.say("read", channel=channel, offset=said["offset"])
        before = await answered(visitor, channel, 2)
    await has_left(redis, channel)

    async with Talker(chat.socket_url, origin=SHOP, token=token) as visitor:
        # What was sent before it was cut off is sent again: first of all, without a subscription.
        again = await visitor.publish(channel, "message", {"text": "Hello?"}, key=said_key)
        assert (again["offset"], again["duplicate"]) == (said["offset"], True)
    await has_left(redis, channel)
    async with Talker(chat.socket_url, origin=SHOP, token=token) as visitor:
        opened = await visitor.ask("open", key=key, data=data)
        assert opened["channel"] == channel
        assert opened["offset"] == 1
    await has_left(redis, channel)
    async with Talker(chat.socket_url, origin=SHOP, token=token) as visitor:
        back = await visitor.ask("subscribe", channel=channel, after=before["position"])
        assert (back["recovered"], back["entries"]) == (True, [])
        new = await visitor.publish(channel, "message", {"text": "Still there?"})
        assert new["offset"] == back["position"]["offset"] + 1
        page = await visitor.ask("history", channel=channel, before=new["offset"] + 1)
        assert page["entries"][: len(before["entries"])] == before["entries"]


async def test_it_leaves_while_the_server_runs_and_after_a_kill(
    chat: ServerProcess, redis: RedisServer
) -> None:
    async with Talker(chat.socket_url, origin=SHOP) as visitor:
        token = visitor.token
        data = {"text": "Hello?", "lang": "en"}
        opened = await visitor.ask("open", key=new_key(), data=data)
    chat.restart()
    await has_left(redis, opened["channel"])
    async with Talker(chat.socket_url, origin=SHOP, token=token) as visitor:
        page = await visitor.ask("subscribe", channel=opened["channel"])
        assert page["entries"][0]["data"] == data
