"""What is particular to the embedded log."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from straks.errors import StartError
from straks.log.log import Append, LogBrokenError, LogUnavailableError
from straks.log.sqlite import SQLiteLog
from tests.support.logs import append, item

FILE = "log.db"


async def test_a_second_server_is_refused(tmp_path: Path) -> None:
    log = await SQLiteLog.open(tmp_path)
    with pytest.raises(StartError, match="Another server"):
        await SQLiteLog.open(tmp_path)
    await log.close()
    await (await SQLiteLog.open(tmp_path)).close()


async def test_data_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    await (await SQLiteLog.open(tmp_path)).close()
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute("PRAGMA user_version = 2")
    connection.close()
    for _ in range(2):  # the lock is free again
        with pytest.raises(StartError, match="newer version of Straks"):
            await SQLiteLog.open(tmp_path)


@pytest.mark.parametrize(
    "content", [b"not a database at all" * 500, b"SQLite format 3\0" + b"\xff" * 8176]
)
async def test_a_damaged_file_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(StartError, match=r"log\.db is damaged"):
        await SQLiteLog.open(tmp_path)


async def test_the_file_of_something_else_is_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute("CREATE TABLE photos (id INTEGER)")
    connection.close()
    with pytest.raises(StartError, match="not a log of Straks"):
        await SQLiteLog.open(tmp_path)


async def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises(StartError, match=r"log\.db cannot be used"):
        await SQLiteLog.open(tmp_path)


async def test_an_empty_file_becomes_a_log(tmp_path: Path) -> None:
    (tmp_path / FILE).touch()
    await (await SQLiteLog.open(tmp_path)).close()


async def test_what_memory_believes_wrongly_is_forgotten(tmp_path: Path) -> None:
    log = await SQLiteLog.open(tmp_path)
    try:
        await append(log, item(), item("conversation:b"))
        with sqlite3.connect(tmp_path / FILE) as other:  # as nobody should
            other.execute(
                "INSERT INTO entries SELECT 3, channel, 2, 0, 'x', at, sender, name, 'used', kind,"
                " data FROM entries WHERE position = 1"
            )
        other.close()
        with pytest.raises(LogUnavailableError):
            await log.append([item()])
        first, again = await append(log, item(), item(key="used"))
        assert (first.offset, again.offset) == (3, 2)
    finally:
        await log.close()


async def test_a_batch_waits_for_another_writer_and_then_gives_up(tmp_path: Path) -> None:
    log = await SQLiteLog.open(tmp_path)
    other = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    try:
        await log._write_thread.run(
            log._write_thread.connection.execute, "PRAGMA busy_timeout = 20"
        )
        other.execute("BEGIN IMMEDIATE")
        heard: list[Any] = []
        log.listen(heard.extend)
        log.mark("conversation:a", "agent:1", 1)
        with pytest.raises(LogUnavailableError):
            await log.append([item()])
        other.execute("ROLLBACK")
        assert heard == []
        (entry,) = await append(log, item())
        assert entry.offset == 1
        assert (await log.tail("conversation:a")).read == {"agent:1": 1}
    finally:
        other.close()
        await log.close()


async def test_a_damaged_page_breaks_the_log(tmp_path: Path) -> None:
    log = await SQLiteLog.open(tmp_path)
    await append(log, *(item() for _ in range(64)))
    await log.close()
    path = tmp_path / FILE
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    with pytest.raises(StartError, match="damaged"):
        await SQLiteLog.open(tmp_path)


async def test_a_broken_log_stays_broken(tmp_path: Path) -> None:
    log = await SQLiteLog.open(tmp_path)
    try:
        await append(log, item())
        await log._write_thread.run(log._write_thread.connection.execute, "PRAGMA query_only = ON")
        for _ in range(2):
            with pytest.raises(LogBrokenError):
                await log.append([item()])
    finally:
        await log.close()


async def test_checkpoints_keep_the_write_ahead_log_short(tmp_path: Path) -> None:
    log = await SQLiteLog.open(tmp_path)
    try:
        for _ in range(40):
            await append(log, *(item(data=b"x" * 1000) for _ in range(64)))
        async with asyncio.timeout(20):
            while log._writer.since_checkpoint:
                if log._writer.since_checkpoint < 1_000:  # too few since one that came early
                    await append(log, *(item(data=b"x" * 1000) for _ in range(64)))
                else:
                    await asyncio.sleep(0.02)
        size = (tmp_path / "log.db-wal").stat().st_size
        for _ in range(5):
            await append(log, *(item(data=b"x" * 1000) for _ in range(64)))
        assert (tmp_path / "log.db-wal").stat().st_size == size  # begins at its start again
    finally:
        await log.close()
    assert not (tmp_path / "log.db-wal").exists()


async def test_a_batch_is_one_statement(tmp_path: Path) -> None:
    """Between two statements a busy event loop keeps the writer waiting."""
    log = await SQLiteLog.open(tmp_path)
    statements: list[str] = []
    try:
        await append(log, item())
        await log._write_thread.set_trace_callback(statements.append)
        batch: list[Append] = [item() for _ in range(100)]
        await append(log, *batch)
        assert [statement.split()[0] for statement in statements] == ["WITH"]
        await log._write_thread.set_trace_callback(lambda _: None)
    finally:
        await log.close()
