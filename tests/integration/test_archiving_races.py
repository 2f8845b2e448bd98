"""Two servers write, repeat and read while conversations leave Redis, and nobody can tell."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from straks.archive.store import RecordsArchive
from straks.log.lanes import LaneCommit
from straks.log.log import Append, Appended, Conflict
from straks.log.redis import RedisLog
from straks.records.archive import ArchiveRecords
from straks.records.database import Database
from tests.support.logs import item
from tests.support.redis_cluster import RedisCluster
from tests.support.redis_server import RedisServer

IDENTS = "abcd"
LONG_AFTER = 2_000_000_000_000
ENTRIES = 40


@pytest.fixture(params=["redis", "cluster"])
async def logs(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[list[RedisLog]]:
    """Those of two servers that share all they keep."""
    where: RedisServer | RedisCluster = request.getfixturevalue(request.param)
    where.empty()
    database = await Database.open(tmp_path / "records.db")
    opened = [
        await RedisLog.open(where.url, node=node, archive=RecordsArchive(ArchiveRecords(database)))
        for node in ("one", "two")
    ]
    yield opened
    for log in opened:
        await log.close()
    await database.close()


class Mover:
    """Moves all conversations to the archive all the time, from either server in turn."""

    def __init__(self, logs: list[RedisLog]) -> None:
        self._logs = logs
        self._ended = False
        self._passed = asyncio.Event()
        self.moved = 0

    async def run(self) -> None:
        while not self._ended:
            for ident in IDENTS:
                for log in self._logs:
                    assert log.archiving is not None
                    self.moved += await log.archiving.take(f"conversation:{ident}", LONG_AFTER)
            self._passed.set()
            self._passed = asyncio.Event()

    async def another_pass(self) -> None:
        await self._passed.wait()

    def end(self) -> None:
        self._ended = True


class Writer:
    """Appends to one channel over either server, again until it is stored, and some twice."""

    def __init__(
        self, logs: list[RedisLog], commits: list[LaneCommit], mover: Mover, channel: str, seed: int
    ) -> None:
        self._logs = logs
        self._commits = commits
        self._mover = mover
        self._random = random.Random(seed)
        self.channel = channel
        self.sent: list[tuple[Append, int]] = []
        """What was appended, and at which offset."""

    async def run(self) -> None:
        for number in range(ENTRIES):
            opens = number == 0 and self.channel.startswith("conversation")
            each = item(
                self.channel,
                data=b'{"text":"%d"}' % number,
                expect=0 if opens else None,
                advances=opens,
            )
            self.sent.append((each, await self._until_stored(each)))
            if self._random.random() < 0.3:
                again, offset = self._random.choice(self.sent)
                assert await self._until_stored(again) == offset
            if self._random.random() < 0.3:
                await self._mover.another_pass()

    async def _until_stored(self, each: Append) -> int:
        while True:
            ended = asyncio.get_running_loop().create_future()
            self._random.choice(self._commits).submit(each, ended.set_result)
            result = await ended
            if isinstance(result, Appended):
                return result.entry.offset
            assert result == Conflict(0)
            await self._random.choice(self._logs).read(self.channel, after=0, limit=1)


@pytest.mark.parametrize("seed", range(3))
async def test_nothing_is_lost_doubled_or_out_of_order(logs: list[RedisLog], seed: int) -> None:
    mover = Mover(logs)
    channels = [f"{kind}:{ident}" for ident in IDENTS for kind in ("conversation", "desk")]
    commits = [LaneCommit(log) for log in logs]
    writers = [
        Writer(logs, commits, mover, channel, seed * 100 + number)
        for number, channel in enumerate(channels)
    ]
    async with asyncio.TaskGroup() as running:
        for run in (mover.run, *(commit.run for commit in commits)):
            running.create_task(run())
        async with asyncio.TaskGroup() as writing:
            for writer in writers:
                writing.create_task(writer.run())
        mover.end()
        for commit in commits:
            await commit.drain()

    assert mover.moved > len(IDENTS)
    for writer in writers:
        page = await logs[seed % 2].read(writer.channel, after=0, limit=1_000)
        assert [entry.offset for entry in page.entries] == list(range(1, ENTRIES + 1))
        assert [(entry.key, entry.offset) for entry in page.entries] == [
            (each.key, offset) for each, offset in writer.sent
        ]
