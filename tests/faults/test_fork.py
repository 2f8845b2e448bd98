"""A log that lost its tail and grew again is not taken for the one that a subscriber saw."""

from __future__ import annotations

import shutil
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path

import pytest

from straks.log.resume import resume
from straks_protocol import Position
from tests.support.logs import FeedLog, LogPlace, RedisPlace, SQLitePlace, append, item
from tests.support.redis_server import RedisServer
from tests.support.server import ServerProcess
from tests.support.talk import Talker, new_key

CHANNEL = "conversation:a"
KEPT = 5


class Backups(ABC):
    """A place that can go back to how it was, as after a restore or a failover."""

    place: LogPlace

    @abstractmethod
    def save(self) -> None:
        """Remember everything as it is; the log is closed."""

    @abstractmethod
    def restore(self) -> None:
        """Go back; the log is closed."""


class SQLiteBackups(Backups):
    """Copies of the directory."""

    def __init__(self, directory: Path) -> None:
        self.place = SQLitePlace(directory / "data")
        self._data, self._copy = directory / "data", directory / "copy"

    def save(self) -> None:
        shutil.copytree(self._data, self._copy)

    def restore(self) -> None:
        shutil.rmtree(self._data)
        shutil.copytree(self._copy, self._data)


class RedisBackups(Backups):
    """Copies of all keys, which is what a replica holds that had not received the rest."""

    def __init__(self, server: RedisServer) -> None:
        self.place = RedisPlace(server)
        self._server = server
        self._copy: dict[bytes, bytes] = {}

    def save(self) -> None:
        with self._server.client() as client:
            self._copy = {key: client.dump(key) for key in client.scan_iter()}

    def restore(self) -> None:
        with self._server.client() as client:
            client.flushall()
            for key, value in self._copy.items():
                client.restore(key, 0, value)


@pytest.fixture(params=["sqlite", "redis"])
def backups(request: pytest.FixtureRequest, tmp_path: Path) -> Backups:
    if request.param == "sqlite":
        return SQLiteBackups(tmp_path)
    server: RedisServer = request.getfixturevalue("redis")
    server.empty()
    return RedisBackups(server)


async def fork(backups: Backups, lost: int, grown: int) -> list[Position]:
    """Let a log lose its tail and grow again; return the positions that a subscriber had seen."""
    async with backups.place.opened() as log:
        seen = await append(log, *(item(CHANNEL) for _ in range(KEPT)))
    backups.save()
    async with backups.place.opened() as log:
        seen += await append(log, *(item(CHANNEL) for _ in range(lost)))
    backups.restore()
    async with backups.place.opened() as log:
        await append(log, *(item(CHANNEL) for _ in range(grown)))
    return [Position(offset=entry.offset, id=entry.id) for entry in seen]


async def ids(log: FeedLog) -> list[str]:
    return [entry.id for entry in (await log.read(CHANNEL, limit=100)).entries]


@pytest.mark.parametrize("grown", [1, 2, 3])
@pytest.mark.parametrize("lost", [1, 2, 3])
async def test_who_saw_the_lost_tail_is_told(backups: Backups, lost: int, grown: int) -> None:
    seen = await fork(backups, lost, grown)
    async with backups.place.opened() as log:
        there = await ids(log)
        assert len(there) == KEPT + grown
        for position in seen[KEPT:]:
            found = await resume(log, CHANNEL, position, 100)
            assert not found.recovered
            assert [entry.id for entry in found.entries] == there
            assert found.position == Position(offset=KEPT + grown, id=there[-1])


@pytest.mark.parametrize("grown", [1, 3])
@pytest.mark.parametrize("lost", [1, 3])
async def test_who_did_not_see_the_lost_tail_goes_on(
    backups: Backups, lost: int, grown: int
) -> None:
    seen = await fork(backups, lost, grown)
    async with backups.place.opened() as log:
        there = await ids(log)
        for position in seen[:KEPT]:
            found = await resume(log, CHANNEL, position, 100)
            assert found.recovered
            assert [entry.id for entry in found.entries] == there[position.offset :]


async def test_what_was_lost_can_be_published_again_with_its_key(backups: Backups) -> None:
    async with backups.place.opened() as log:
        await append(log, item(CHANNEL))
    backups.save()
    mine = item(CHANNEL, key="mine")
    async with backups.place.opened() as log:
        await append(log, mine)
    backups.restore()
    async with backups.place.opened() as log:
        await append(log, item(CHANNEL))
        (again,) = await append(log, item(CHANNEL, key="mine"))
        assert again.offset == 3
        assert await ids(log) == [*(await ids(log))[:2], again.id]


async def test_the_feed_of_a_forked_log_goes_on(backups: Backups) -> None:
    await fork(backups, 3, 2)
    async with backups.place.opened() as log:
        parts = [await log.feed(partition, 0, 100) for partition in range(log.partitions)]
        (part,) = [part for part in parts if part]
        assert [found.entry.id for found in part] == await ids(log)


# --- over real sockets -----------------------------------------------------------------------


@pytest.fixture
def server(backups: Backups, tmp_path: Path) -> Iterator[ServerProcess]:
    place = backups.place
    url = place.server.url if isinstance(place, RedisPlace) else None
    with ServerProcess(tmp_path, redis=url) as process:
        yield process


async def say(visitor: Talker, channel: str, count: int) -> list[dict[str, object]]:
    """Publish messages; give their positions."""
    positions = []
    for _ in range(count):
        reply = await visitor.publish(channel, "message", {"text": "hello"})
        positions.append({"offset": reply["offset"], "id": reply["entry_id"]})
    return positions


@pytest.mark.parametrize(("lost", "grown"), [(1, 3), (2, 2), (3, 1)])
async def test_a_client_that_saw_the_lost_tail_is_told(
    backups: Backups, server: ServerProcess, lost: int, grown: int
) -> None:
    async with Talker(server.socket_url) as visitor:
        opened = await visitor.ask("open", key=new_key(), data={"text": "hello"})
        channel, token = opened["channel"], visitor.token
        kept = await say(visitor, channel, 3)
    await server.stop_async()
    backups.save()
    await server.start_async()
    async with Talker(server.socket_url, token=token) as visitor:
        seen = await say(visitor, channel, lost)
    await server.stop_async()
    backups.restore()
    await server.start_async()
    async with Talker(server.socket_url, token=token) as visitor:
        await say(visitor, channel, grown)
        for position in seen:
            found = await visitor.ask("subscribe", channel=channel, after=position)
            assert found["type"] == "subscribed"
            assert not found["recovered"]
            there = {(entry["offset"], entry["id"]) for entry in found["entries"]}
            assert (position["offset"], position["id"]) not in there
            await visitor.ask("unsubscribe", channel=channel)
        found = await visitor.ask("subscribe", channel=channel, after=kept[0])
        assert found["recovered"]
