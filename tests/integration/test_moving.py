"""Everything moves from SQLite to Redis and PostgreSQL, and back."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from straks.log.sqlite import SQLiteLog
from straks.moving.leaving import CONSUMERS
from tests.support.http import http
from tests.support.logs import append, item
from tests.support.postgres_server import PostgresServer
from tests.support.redis_server import RedisServer
from tests.support.server import ServerError, ServerProcess, run_straks
from tests.support.talk import Talker, new_key

SHOP = "http://localhost:8081"
EMAIL, PASSWORD = "bo@chat.example", "correct horse"


@pytest.fixture
def small(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server that its owner will outgrow."""
    (tmp_path / "small").mkdir()
    with ServerProcess(tmp_path / "small") as server:
        yield server


def large(tmp_path: Path, redis: RedisServer, postgres: PostgresServer) -> ServerProcess:
    redis.empty()
    database = postgres.create("moving")
    (tmp_path / "large").mkdir(exist_ok=True)
    return ServerProcess(tmp_path / "large", redis=redis.url, database=database)


def again(tmp_path: Path) -> ServerProcess:
    (tmp_path / "again").mkdir()
    return ServerProcess(tmp_path / "again")


def straks(server: ServerProcess, command: str, file: Path) -> subprocess.CompletedProcess[str]:
    names = {"data", "redis", "database"} & server.settings.keys()
    return run_straks(command, str(file), **{name: server.settings[name] for name in names})


def move(server: ServerProcess, command: str, file: Path) -> str:
    done = straks(server, command, file)
    assert done.returncode == 0, done.stderr
    return done.stdout


def refused(server: ServerProcess, command: str, file: Path) -> str:
    done = straks(server, command, file)
    assert done.returncode == 1, done
    return done.stderr.splitlines()[-1]


class Visitor:
    """Somebody who has written, and remembers what."""

    def __init__(self) -> None:
        self.token: str | None = None
        self.channel = ""
        self.key = new_key()
        self.second_key = new_key()
        self.entries: list[Any] = []

    async def write(self, server: ServerProcess) -> None:
        async with Talker(server.socket_url, origin=SHOP, token=self.token) as talker:
            self.token = talker.token
            data = {"text": "Do you have the lamp in green?", "lang": "en"}
            opened = await talker.ask("open", key=self.key, data=data)
            self.channel = opened["channel"]
            await talker.ask("subscribe", channel=self.channel)
            said = await talker.publish(
                self.channel, "message", {"text": "Hallå? 🙂"}, key=self.second_key
            )
            assert said["type"] == "published", said
            await talker.say("read", channel=self.channel, offset=said["offset"])
            await talker.ask("subscribe", channel=self.channel)
        self.entries = await self.seen(server)

    async def seen(self, server: ServerProcess) -> list[Any]:
        async with Talker(server.socket_url, origin=SHOP, token=self.token) as talker:
            page = await talker.ask("subscribe", channel=self.channel)
            assert page["type"] == "subscribed", page
            entries: list[Any] = page["entries"]
            return entries

    async def finds_all(self, server: ServerProcess) -> None:
        """See that it goes on as if nothing had happened."""
        seen = await self.seen(server)
        assert seen[: len(self.entries)] == self.entries
        async with Talker(server.socket_url, origin=SHOP, token=self.token) as talker:
            await talker.ask("subscribe", channel=self.channel)
            old = await talker.publish(
                self.channel, "message", {"text": "Hallå? 🙂"}, key=self.second_key
            )
            assert old["duplicate"] is True, old
            assert old["offset"] in [entry["offset"] for entry in self.entries]
            new = await talker.publish(self.channel, "message", {"text": "And in blue?"})
            assert new["offset"] > seen[-1]["offset"]
        self.entries = await self.seen(server)


async def agent_finds(server: ServerProcess, channel: str) -> None:
    """Sign in with the old password; the conversation is in the inbox, with its last message."""
    with http(base_url=server.url) as browser:
        server.sign_in(browser, EMAIL, PASSWORD)
        async with asyncio.timeout(20):
            while True:
                listed = browser.get("/v1/inbox/default?state=open").raise_for_status().json()
                shown = [json.dumps(each) for each in listed["conversations"]]
                ident = channel.partition(":")[2]
                if any(ident in each and "And in blue?" in each for each in shown):
                    return
                await asyncio.sleep(0.05)


@pytest.fixture
async def written(tmp_path: Path) -> ServerProcess:
    """A server that does not run, with one entry."""
    server = ServerProcess(tmp_path / "written")
    log = await SQLiteLog.open(server.data)
    await append(log, item(data=b'{"text":"A lamp, please."}'))
    await log.close()
    return server


@pytest.fixture
def export(tmp_path: Path, written: ServerProcess) -> Path:
    """What it exported."""
    file = tmp_path / "written.jsonl"
    move(written, "export", file)
    return file


async def test_a_shop_moves_to_redis_and_postgresql_and_back(
    tmp_path: Path, small: ServerProcess, redis: RedisServer, postgres: PostgresServer
) -> None:
    small.add_agent(EMAIL, "Bo", PASSWORD)
    visitor = Visitor()
    await visitor.write(small)
    small.kill()  # Consumers have not seen everything.

    there, back = tmp_path / "there.jsonl", tmp_path / "back.jsonl"
    assert "It holds secrets too" in move(small, "export", there)
    assert stat.S_IMODE(there.stat().st_mode) == 0o600
    big = large(tmp_path, redis, postgres)
    assert "Everything is there, and the same" in move(big, "import", there)
    with big:
        await visitor.finds_all(big)
        await agent_finds(big, visitor.channel)
        big.stop()

    move(big, "export", back)
    home = again(tmp_path)
    move(home, "import", back)
    with home:
        await visitor.finds_all(home)
        await agent_finds(home, visitor.channel)
        assert not (home.data / ".import").exists()


async def test_what_is_in_the_archive_moves_too(
    tmp_path: Path, redis: RedisServer, postgres: PostgresServer
) -> None:
    big = large(tmp_path, redis, postgres)
    big.settings["archive_seconds"] = "1"
    visitor = Visitor()
    with big:
        await visitor.write(big)
        async with asyncio.timeout(30):
            while redis.client().keys(f"straks:*{visitor.channel}:state"):
                await asyncio.sleep(0.05)
        big.stop()
    file = tmp_path / "archived.jsonl"
    move(big, "export", file)
    home = again(tmp_path)
    move(home, "import", file)
    with home:
        await visitor.finds_all(home)


async def test_consumers_are_all_that_the_feed_has(small: ServerProcess) -> None:
    await Visitor().write(small)
    small.stop()
    with sqlite3.connect(small.data / "log.db") as log:
        moved = {name for (name,) in log.execute("SELECT consumer FROM cursors")}
    assert {"inbox"} < moved
    assert moved <= {*CONSUMERS, ""}  # That of nobody is written to see whether one can.


def test_a_server_that_runs_is_not_moved(
    tmp_path: Path,
    small: ServerProcess,
    export: Path,
    redis: RedisServer,
    postgres: PostgresServer,
) -> None:
    file = tmp_path / "export.jsonl"
    assert "Another server is running" in refused(small, "export", file)
    assert "Another server is running" in refused(small, "import", export)
    with large(tmp_path, redis, postgres) as big:
        # Also from another machine, whose directory is its own.
        database = big.settings["database"]
        other = ServerProcess(tmp_path / "other", redis=redis.url, database=database)
        other.data.mkdir(parents=True)
        (other.data / "node").write_text("other")
        assert "stop every server first" in refused(other, "export", file)
        assert "stop every server first" in refused(other, "import", export)
    assert not file.exists()


async def test_what_is_not_empty_is_not_imported_into(
    tmp_path: Path, small: ServerProcess, redis: RedisServer, postgres: PostgresServer
) -> None:
    await Visitor().write(small)
    small.add_agent(EMAIL, "Bo", PASSWORD)
    small.stop()
    file = tmp_path / "export.jsonl"
    move(small, "export", file)
    assert "holds conversations; import into an empty one" in refused(small, "import", file)
    assert "is there already" in refused(small, "export", file)
    small.restart()  # It still works.

    big = large(tmp_path, redis, postgres)
    run_straks("migrate", database=big.settings["database"], data=big.settings["data"])
    added = run_straks(
        *("agent", "add", "cy@chat.example", "--name", "Cy", "--password-stdin"),
        stdin="long enough",
        database=big.settings["database"],
        data=big.settings["data"],
    )
    assert added.returncode == 0, added
    assert "import into an empty database" in refused(big, "import", file)
    big.settings["database"] = postgres.create("moving_too")
    redis.client().xadd("straks:{3}:feed", {"c": "conversation:x", "o": 1}, id="0-1")
    assert "import into an empty one" in refused(big, "import", file)


async def test_an_import_that_was_interrupted_is_not_served_and_can_be_repeated(
    tmp_path: Path, small: ServerProcess, redis: RedisServer, postgres: PostgresServer
) -> None:
    visitor = Visitor()
    await visitor.write(small)
    small.stop()
    file = tmp_path / "export.jsonl"
    move(small, "export", file)
    big = large(tmp_path, redis, postgres)
    redis.client().hset("straks:{0}:meta", mapping={"version": 1, "partitions": 16, "arriving": 1})
    redis.client().xadd("straks:{3}:feed", {"c": "conversation:x", "o": 1}, id="0-1")
    redis.client().hset("straks:{3}:conversation:x:state", "o", 1)

    with pytest.raises(ServerError, match="an import that was interrupted"):
        big.start()
    move(big, "import", file)
    with big:
        await visitor.finds_all(big)


def test_a_file_that_is_not_whole_changes_nothing(tmp_path: Path, export: Path) -> None:
    export.write_bytes(export.read_bytes()[:-10])
    server = again(tmp_path)

    assert "copy it again" in refused(server, "import", export)
    assert not server.data.exists()


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    server = again(tmp_path)
    assert "No server has ever run on" in refused(server, "export", tmp_path / "export.jsonl")
    assert "cannot be read" in refused(server, "import", tmp_path / "export.jsonl")
    assert not server.data.exists()


def test_an_export_that_cannot_be_written_leaves_nothing(
    tmp_path: Path, written: ServerProcess
) -> None:
    directory = tmp_path / "no such directory"
    assert "cannot be written" in refused(written, "export", directory / "export.jsonl")
    assert not directory.exists()


@pytest.mark.parametrize("gone", [1, 2])
async def test_a_log_that_has_lost_an_entry_is_not_exported(tmp_path: Path, gone: int) -> None:
    server = ServerProcess(tmp_path / "lost")
    log = await SQLiteLog.open(server.data)
    await append(log, *(item() for _ in range(3)))
    await log.close()
    with sqlite3.connect(server.data / "log.db") as connection:
        connection.execute("DELETE FROM entries WHERE offset = ?", (gone,))
    connection.close()
    file = tmp_path / "export.jsonl"
    assert "The log has lost entries of conversation:a after" in refused(server, "export", file)
    assert not file.exists()
