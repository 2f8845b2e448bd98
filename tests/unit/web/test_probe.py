"""The proof that the log works, over the real log."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from straks.accounts import permissions
from straks.clock import ManualClock
from straks.conversation.errors import RefusedError
from straks.conversation.service import ConversationService
from straks.log.commit import GroupCommit
from straks.log.sqlite import SQLiteLog
from straks.web.probe import LogProbe


@pytest.fixture
async def parts(
    tmp_path: Path, clock: ManualClock
) -> AsyncIterator[tuple[SQLiteLog, GroupCommit, LogProbe]]:
    log = await SQLiteLog.open(tmp_path)
    commit = GroupCommit(log)
    service = ConversationService(log, commit, permissions, secret=b"s" * 32, clock=clock)
    writer = asyncio.create_task(commit.run())
    yield log, commit, LogProbe(log, service)
    writer.cancel()
    await asyncio.wait([writer])
    await log.close()


async def test_many_probes_leave_one_entry(
    parts: tuple[SQLiteLog, GroupCommit, LogProbe],
) -> None:
    log, _commit, probe = parts
    for _ in range(5):
        await probe.check()
    assert (await log.tail("app:health")).position.offset == 1


async def test_a_log_that_takes_nothing_fails_the_probe(
    parts: tuple[SQLiteLog, GroupCommit, LogProbe],
) -> None:
    _log, commit, probe = parts
    await probe.check()
    await commit.drain()
    with pytest.raises(RefusedError):
        await probe.check()
