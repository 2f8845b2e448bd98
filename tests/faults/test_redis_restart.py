"""Redis is killed and started again: what it lost is told to everybody, the rest is there."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fault_load import fault_test, load, rounds
from tests.support.nodes import Nodes
from tests.support.postgres_server import PostgresServer
from tests.support.redis_server import RedisServer, redis_server
from tests.support.talk import Frame
from tests.support.two_sides import TwoSides, two_sides

DOWN = 0.7
"""Seconds without Redis."""

pytestmark = fault_test(240)


@pytest.fixture(scope="module")
def nodes(folder: Path, durable_redis: RedisServer, records: str) -> Iterator[Nodes]:
    with Nodes(folder, redis=durable_redis.url, database=records) as nodes:
        yield nodes


async def test_what_is_written_before_it_is_acknowledged_survives(
    nodes: Nodes, durable_redis: RedisServer
) -> None:
    async with load(nodes, "Redis killed", visitors=[[0], [1]], agent=[1]) as running:
        for _ in rounds(4):
            await running.flow(running.random.randrange(100, 300))
            await running.in_motion()
            durable_redis.kill()
            await asyncio.sleep(DOWN)
            await asyncio.to_thread(durable_redis.start)
            running.mark()


async def test_an_orderly_restart_loses_nothing(nodes: Nodes, durable_redis: RedisServer) -> None:
    async with load(nodes, "Redis restarted", visitors=[[0], [1]], agent=[1]) as running:
        for _ in rounds(2):
            await running.flow(150)
            await asyncio.to_thread(durable_redis.stop)
            await asyncio.to_thread(durable_redis.start)
            running.mark()


# --- appendfsync everysec: a power cut takes what was acknowledged last ------------------------


class ForgetfulRedis:
    """A Redis that loses what it was told after a moment, as the disk of a dead machine does."""

    def __init__(self, server: RedisServer) -> None:
        self.server = server
        self._there = server.directory / "appendonlydir"
        self._kept = server.directory / "kept"

    def remember(self) -> None:
        """Choose the moment: all that is acknowledged by now is kept."""
        with self.server.client() as client:
            # While it waits for the disk, it answers before it writes.
            while client.info("persistence")["aof_buffer_length"]:
                time.sleep(0.01)
        shutil.rmtree(self._kept, ignore_errors=True)
        shutil.copytree(self._there, self._kept)

    def lose(self) -> None:
        """Die, and start again with what was there then."""
        self.server.kill()
        shutil.rmtree(self._there)
        shutil.copytree(self._kept, self._there)
        self.server.start()


@pytest.fixture
def forgetful(tmp_path: Path) -> Iterator[ForgetfulRedis]:
    with redis_server(tmp_path, appendfsync="everysec") as server:
        yield ForgetfulRedis(server)


@pytest.fixture
def its_nodes(
    tmp_path: Path, forgetful: ForgetfulRedis, postgres: PostgresServer
) -> Iterator[Nodes]:
    records = postgres.create("forgetful")
    with Nodes(tmp_path, redis=forgetful.server.url, database=records) as nodes:
        yield nodes


async def lose(talk: TwoSides, forgetful: ForgetfulRedis) -> tuple[list[Frame], list[Frame]]:
    """Say something, and let Redis lose the end of it; give what is kept and what is lost."""
    kept = await talk.say(talk.visitor, 3)
    await asyncio.to_thread(forgetful.remember)
    lost = [*await talk.say(talk.visitor, 2), *await talk.say(talk.agent, 1)]
    await talk.both_show(await talk.log(0))
    await asyncio.to_thread(forgetful.lose)
    return kept, lost


async def test_who_stayed_is_told_at_once_what_was_lost(
    its_nodes: Nodes, forgetful: ForgetfulRedis
) -> None:
    async with two_sides(its_nodes) as talk:
        _, lost = await lose(talk, forgetful)
        # Nothing is published after the loss: nobody needs to say something for others to learn it.
        await talk.both_show(await talk.log(1))
        assert len(talk.visitor.shown) == lost[0]["offset"] - 1
        assert talk.visitor.resets == talk.agent.resets == 1
        # What was lost is stored again under its old key.
        again = [await talk.publish(talk.visitor, reply["key"]) for reply in lost[:2]]
        assert not any(reply["duplicate"] for reply in again)
        await talk.both_show(await talk.log(1))
        assert talk.visitor.resets == talk.agent.resets == 1


async def test_who_comes_back_is_told_also_when_the_log_has_grown_again(
    its_nodes: Nodes, forgetful: ForgetfulRedis
) -> None:
    async with two_sides(its_nodes) as talk:
        kept, lost = await lose(talk, forgetful)
        for grown in range(len(lost) + 2):
            for number in (0, 1):
                for position in lost:
                    found = await talk.come_back(number, position)
                    assert not found["recovered"], (grown, number, position)
                assert (await talk.come_back(number, kept[-1]))["recovered"]
            await talk.say(talk.agent, 1)
        await talk.both_show(await talk.log(0))
