"""What is acknowledged is on the disk, whatever then happens to the process."""

from __future__ import annotations

import asyncio
import random
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil
import pytest

from straks.log.commit import GroupCommit
from straks.log.log import Appended, AppendResult, LogError
from straks.log.redis import RedisLog
from straks_client import connect
from tests.support.appender import BROKEN
from tests.support.logs import RedisPlace, SQLitePlace, append, item
from tests.support.redis_server import RedisServer, redis_server
from tests.support.server import START_TIME, ServerProcess
from tests.support.tracing import SystemCall, parse_trace, strace

ROOT = Path(__file__).parents[2]
APPENDER = [sys.executable, "-m", "tests.support.appender"]


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    with redis_server(tmp_path, appendfsync="always") as server:
        yield server


def run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=50, check=False
    )


def acknowledgements(calls: Sequence[SystemCall], word: str = "ack ") -> list[SystemCall]:
    """Find what tells that something is stored, over a pipe or a socket."""
    sent = {"write", "writev", "sendto", "sendmsg"}
    return [call for call in calls if call.name in sent and word in call.arguments]


def unforced(calls: Sequence[SystemCall]) -> list[SystemCall]:
    """Find acknowledgements that began before what was written to the log was on the disk."""
    found: list[SystemCall] = []
    for ack in acknowledgements(calls):
        before = [c for c in calls if c.ended < ack.started and c.path.endswith("/log.db-wal")]
        writes = [c.ended for c in before if c.name == "pwrite64"]
        syncs = [c for c in before if c.name in {"fdatasync", "fsync"} and c.result == 0]
        if not writes or not any(sync.started > writes[-1] for sync in syncs):
            found.append(ack)
    return found


# --- the order of system calls ---------------------------------------------------------------


def test_the_log_is_forced_to_disk_before_each_acknowledgement(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    calls_seen = "trace=write,pwrite64,fdatasync,fsync"
    done = run([*strace(trace, "-e", calls_seen), *APPENDER, str(tmp_path / "data"), "0", "20"])
    assert done.returncode == 0, done.stderr
    calls = parse_trace(trace.read_text().splitlines())
    acks = acknowledgements(calls)
    assert len(acks) == 20
    assert unforced(calls) == []
    # One after the other: each has a write and a sync of its own since the one before.
    for earlier, later in zip(acks, acks[1:], strict=False):
        between = {c.name for c in calls if earlier.ended < c.started and c.ended < later.started}
        assert between >= {"pwrite64", "fdatasync"}


def test_an_acknowledgement_before_the_disk_would_be_seen() -> None:
    trace = """\
1 pwrite64(8</d/log.db-wal>, "x", 1, 0) = 1
1 fdatasync(8</d/log.db-wal> <unfinished ...>
2 write(1</out>, "ack 0\\n", 6) = 6
1 <... fdatasync resumed>) = 0
2 write(1</out>, "ack 1\\n", 6) = 6
1 pwrite64(8</d/log.db-wal>, "x", 1, 1) = 1
2 write(1</out>, "ack 2\\n", 6) = 6
1 fdatasync(8</d/log.db-wal>) = -1 EIO (Input/output error)
2 write(1</out>, "ack 3\\n", 6) = 6
"""
    calls = parse_trace(trace.splitlines())
    found = [ack.arguments for ack in unforced(calls)]
    assert [each[3:8] for each in found] == ["ack 0", "ack 2", "ack 3"]


class TracedServer(ServerProcess):
    """The real server under strace."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.trace = folder / "trace"

    @property
    def command(self) -> list[str]:
        seen = "trace=write,writev,sendto,sendmsg,pwrite64,fdatasync,fsync"
        return [*strace(self.trace, "-s", "5000", "-e", seen), *super().command]

    def _send(self, number: signal.Signals, timeout: float = START_TIME) -> int:
        assert self.process is not None
        if self.process.poll() is None:
            for server in psutil.Process(self.process.pid).children():
                server.send_signal(number)
        return self.process.wait(timeout)


async def test_the_servers_frames_leave_after_their_entry_is_on_the_disk(tmp_path: Path) -> None:
    texts = [f"unmistakable text number {number}" for number in range(6)]
    with TracedServer(tmp_path) as server:
        async with connect(server.socket_url) as visitor:
            opened = await visitor.open(texts[0])
            for text in texts[1:]:
                await visitor.publish(opened.channel, "message", {"text": text})
        assert await server.stop_async() == 0
        calls = parse_trace(server.trace.read_text().splitlines())
    acks = acknowledgements(calls, r"\"type\":\"opened\"")
    acks += acknowledgements(calls, r"\"type\":\"published\"")
    assert len(acks) == len(texts)
    for ack, text in zip(acks, texts, strict=True):
        log = [call for call in calls if call.path.endswith("/log.db-wal")]
        write = next(c for c in log if c.name == "pwrite64" and text in c.arguments)
        sync = next(c for c in log if c.name == "fdatasync" and c.started > write.ended)
        assert sync.result == 0
        assert sync.ended < ack.started


# --- a disk that fails -----------------------------------------------------------------------


async def stored(directory: Path) -> list[int]:
    async with SQLitePlace(directory).opened() as log:
        return [int(entry.key) for entry in (await log.read("conversation:a", limit=9999)).entries]


async def test_a_failed_sync_ends_the_process_and_is_not_acknowledged(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert run([*APPENDER, str(data), "0", "1"]).stdout == "ack 0\n"
    options = ["-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO:when=5+"]
    done = run([*strace(tmp_path / "trace", *options), *APPENDER, str(data), "1", "50"])
    assert done.returncode == BROKEN, done.stderr
    *acked, last = done.stdout.splitlines()
    assert acked == [f"ack {n}" for n in range(1, len(acked) + 1)]
    assert last == f"refused {len(acked) + 1}"
    # The one that failed may be there after all: who sends it again finds out.
    assert (await stored(data))[: len(acked) + 1] == list(range(len(acked) + 1))
    again = run([*APPENDER, str(data), str(len(acked) + 1), "2"])
    assert again.stdout.split() == ["ack", f"{len(acked) + 1}", "ack", f"{len(acked) + 2}"]
    assert await stored(data) == list(range(len(acked) + 3))


async def test_a_full_disk_refuses_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert run([*APPENDER, str(data), "0", "1"]).stdout == "ack 0\n"
    options = ["-e", "trace=pwrite64", "-e", "inject=pwrite64:error=ENOSPC:when=12..18"]
    done = run([*strace(tmp_path / "trace", *options), *APPENDER, str(data), "1", "20"])
    assert done.returncode == 0, done.stderr
    words = dict(line.split()[::-1] for line in done.stdout.splitlines())
    assert len(words) == 20
    assert "refused" in words.values()
    assert words["20"] == "ack"
    acked = [int(number) for number, word in words.items() if word == "ack"]
    assert await stored(data) == [0, *acked]


# --- a process that is killed ----------------------------------------------------------------


async def test_a_killed_process_loses_nothing_that_it_acknowledged(tmp_path: Path) -> None:
    chance = random.Random(7)
    acked: list[int] = []
    for _ in range(6):
        first = acked[-1] + 1 if acked else 0
        process = subprocess.Popen(
            [*APPENDER, str(tmp_path), str(first), "1000000"], cwd=ROOT, stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        with process.stdout as output:
            soon = chance.randrange(50, 200)
            acked += [int(output.readline().split()[1]) for _ in range(soon)]
            process.send_signal(signal.SIGKILL)
            rest = output.read().splitlines()
            # The pipe's last line may have been cut off in the middle.
            acked += [int(line.split()[1]) for line in rest if line.startswith(b"ack ")]
        process.wait()
        there = await stored(tmp_path)
        assert there[: len(acked)] == acked
        assert len(there) - len(acked) <= 1  # the one in flight
    assert acked == list(range(len(acked)))


async def test_a_killed_redis_loses_nothing_that_was_acknowledged(redis: RedisServer) -> None:
    log = await RedisLog.open(redis.url, node="node", deadline=30.0)
    heard: list[str] = []
    log.listen(lambda entries: heard.extend(entry.key for entry in entries))
    commit = GroupCommit(log, deadline=100.0)
    writer = asyncio.create_task(commit.run())
    acked: list[str] = []
    refused: list[str] = []

    def submit(number: int) -> None:
        key = f"{number:05d}"

        def done(result: AppendResult | LogError) -> None:
            (acked if isinstance(result, Appended) else refused).append(key)

        commit.submit(item(f"conversation:{number % 7}", key=key), done)

    try:
        for number in range(3000):
            submit(number)
            if number % 10 == 0:
                await asyncio.sleep(0)
            if number % 700 == 300:
                redis.kill()
                submit(number + 100_000)
                await asyncio.to_thread(redis.start)
        await commit.drain()
        await writer
        keys = []
        for channel in range(7):
            page = await log.read(f"conversation:{channel}", limit=5000)
            found = [entry.key for entry in page.entries]
            assert len(found) == len(set(found))
            assert found == [key for key in heard if key in found]
            keys += found
        assert sorted(keys) == sorted(acked)
        assert sorted(heard) == sorted(acked)
        assert len(acked) + len(refused) == 3004
        assert len(acked) > 100
    finally:
        await log.close()


async def test_what_redis_did_after_the_time_out_is_found_out(redis: RedisServer) -> None:
    log = await RedisLog.open(redis.url, node="node", deadline=2.0)
    heard: list[str] = []
    log.listen(lambda entries: heard.extend(entry.key for entry in entries))
    commit = GroupCommit(log, deadline=100.0)
    writer = asyncio.create_task(commit.run())
    results: list[AppendResult | LogError] = []
    try:
        await append(log, item(key="0"))
        stop(redis)
        commit.submit(item(key="1"), results.append)
        commit.submit(item(key="0"), results.append)
        commit.submit(item(key="2"), results.append)
        async with asyncio.timeout(20):
            while not log._lanes[0].unsettled:  # the first attempt has timed out
                await asyncio.sleep(0.01)
        resume(redis)
        await commit.drain()
        await writer
        outcome = [
            (r.entry.key, r.entry.offset, r.duplicate) for r in results if isinstance(r, Appended)
        ]
        assert outcome == [("1", 2, False), ("0", 1, True), ("2", 3, False)]
        assert heard == ["0", "1", "2"]
        items = [found for p in range(log.partitions) for found in await log.feed(p, 0, 99)]
        assert [found.entry.key for found in items] == ["0", "1", "2"]
    finally:
        await log.close()


def stop(redis: RedisServer) -> None:
    subprocess.run(["kill", "-STOP", str(redis.pid)], check=True)


def resume(redis: RedisServer) -> None:
    subprocess.run(["kill", "-CONT", str(redis.pid)], check=True)


async def test_the_function_library_is_loaded_again_when_redis_lost_it(redis: RedisServer) -> None:
    async with RedisPlace(redis).opened() as log:
        await append(log, item())
        with redis.client() as client:
            client.function_flush()
        (entry,) = await append(log, item())
        assert entry.offset == 2
